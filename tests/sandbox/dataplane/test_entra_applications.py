"""Applications as clients of Entra's token endpoint: what differs from managed identities."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import jwt
import pytest

from sandbox import delays, world
from tests.sandbox.dataplane.rig import CLIENT_ID, SECRETS_USER, UNIQUE_ID, Rig

APPLICATION = "azuread:index/application:Application"
PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
CREDENTIAL = (
    "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
)
APP_CLIENT_ID = "88888888-8888-4888-8888-888888888888"
APP_OBJECT_ID = "99999999-9999-4999-8999-999999999999"
APP_PRINCIPAL_ID = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"


def insert_application(rig: Rig, enabled: bool | None = True, trusts: float | None = 86_400) -> str:
    """An application; `enabled` None: without a principal, `trusts`: its credential's age."""
    now = rig.cloud.clock.now()
    body: dict[str, Any] = {"clientId": APP_CLIENT_ID, "objectId": APP_OBJECT_ID}
    body |= {"displayName": "reader"}
    rig.cloud.store.insert(APPLICATION, f"/applications/{APP_OBJECT_ID}", body, now - 86_400)
    if enabled is not None:
        principal = {"clientId": APP_CLIENT_ID, "objectId": APP_PRINCIPAL_ID}
        body = {**principal, "accountEnabled": enabled}
        rig.insert(PRINCIPAL, f"/servicePrincipals/{APP_PRINCIPAL_ID}", body)
    credential = f"{APP_OBJECT_ID}/federatedIdentityCredential/{uuid.uuid4()}"
    if trusts is not None:
        trust = {
            "applicationId": f"/applications/{APP_OBJECT_ID}",
            "issuer": world.GOOGLE_ISSUER,
            "subject": UNIQUE_ID,
            "audiences": [world.EXCHANGE_AUDIENCE],
        }
        rig.cloud.store.insert(CREDENTIAL, credential, trust, now - trusts)
    return credential


def refusal(rig: Rig) -> tuple[int, str, int]:
    answer = rig.exchange(client_id=APP_CLIENT_ID)
    body = answer.json()
    return answer.status_code, body["error"], body["error_codes"][0]


def test_a_trusted_assertion_buys_a_token_for_the_applications_principal(rig: Rig) -> None:
    rig.account()
    insert_application(rig)
    body = rig.exchange(client_id=APP_CLIENT_ID.upper()).json()
    claims = jwt.decode(
        body["access_token"],
        rig.cloud.entra_key.public_key,
        ["RS256"],
        audience="https://vault.azure.net",
    )
    assert (claims["oid"], claims["sub"]) == (APP_PRINCIPAL_ID, APP_PRINCIPAL_ID)
    assert claims["appid"] == APP_CLIENT_ID
    assert "xms_mirid" not in claims


def test_an_applications_token_lives_between_60_and_90_minutes(rig: Rig) -> None:
    rig.account()
    insert_application(rig)
    lives = {rig.exchange(client_id=APP_CLIENT_ID).json()["expires_in"] for _ in range(20)}
    assert all(3_599 <= life < 5_400 for life in lives)
    assert len(lives) > 1


@pytest.mark.parametrize(
    ("enabled", "expected"),
    [
        (None, (401, "invalid_client", 7000229)),
        (False, (400, "unauthorized_client", 7000112)),
    ],
)
def test_an_application_needs_an_enabled_principal(
    rig: Rig, enabled: bool | None, expected: tuple[int, str, int]
) -> None:
    rig.account()
    insert_application(rig, enabled)
    assert refusal(rig) == expected


def test_an_applications_credential_takes_its_time_and_a_deleted_one_too(rig: Rig) -> None:
    rig.account()
    credential = insert_application(rig, trusts=0)
    assert refusal(rig) == (401, "invalid_client", 70021)
    rig.cloud.clock.advance(delays.FEDERATED_CREDENTIAL)
    assert rig.exchange(client_id=APP_CLIENT_ID).status_code == 200
    rig.cloud.store.remove(CREDENTIAL, credential, rig.cloud.clock.now())
    assert rig.exchange(client_id=APP_CLIENT_ID).status_code == 200
    rig.cloud.clock.advance(delays.FEDERATED_CREDENTIAL + 1)
    assert refusal(rig) == (401, "invalid_client", 70021)


def test_one_clients_trust_is_not_anothers(trusted: Rig) -> None:
    insert_application(trusted, trusts=None)
    assert refusal(trusted)[2] == 70021
    assert trusted.exchange(client_id=CLIENT_ID).status_code == 200


def official_client(rig: Rig, client_id: str) -> dict[str, Any]:
    """What azure-identity, behind proxy and CA only, met when it asked for a token."""
    asked = {"tenant": world.TENANT_ID, "client": client_id, "assertion": rig.assertion()}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("entra_client.py"))],
        input=json.dumps(asked),
        env={
            "HTTPS_PROXY": rig.proxy.url,
            "REQUESTS_CA_BUNDLE": str(rig.authority.certificate),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("client_id", [APP_CLIENT_ID, CLIENT_ID])
def test_azures_own_client_gets_and_caches_a_token_for_either_kind(
    trusted: Rig, client_id: str
) -> None:
    insert_application(trusted)
    met = official_client(trusted, client_id)
    assert met["cached"]
    calls = [call.path for call in trusted.cloud.journal.after(0)]
    assert calls.count(f"/{world.TENANT_ID}/oauth2/v2.0/token") == 1
    read = trusted.vault_call("GET", "/secrets/orders", met["token"])
    assert read.status_code == 403
    principal = jwt.decode(met["token"], options={"verify_signature": False})["oid"]
    trusted.assign(SECRETS_USER, principal=principal)
    assert trusted.vault_call("GET", "/secrets/orders", met["token"]).status_code == 404


def test_azures_own_client_reports_a_disabled_application(trusted: Rig) -> None:
    insert_application(trusted, enabled=False)
    assert "AADSTS7000112" in official_client(trusted, APP_CLIENT_ID)["message"]
