from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import certifi
import pytest

from sandbox import world
from sandbox.dataplane.key_vault.requests import API_VERSIONS
from tests.sandbox.dataplane.rig import (
    CLIENT_ID,
    HOST,
    PRINCIPAL_ID,
    SECRETS_OFFICER,
    SECRETS_USER,
    Rig,
)
from tests.sandbox.dataplane.test_key_vault import ADMINISTRATOR

CRYPTO_OFFICER = "14b46e9e-c2b7-41b4-b07b-48a6ebf60603"
CLIENT = Path(__file__).with_name("official_client.py")


def run(rig: Rig, *steps: str, bundle: str | None = None, **changes: str) -> list[Any]:
    """What azure-identity and azure-keyvault-*, unmodified, met at each step."""
    asked = {
        "tenant": world.TENANT_ID,
        "client": CLIENT_ID,
        "assertion": rig.assertion(),
        "vault": f"https://{HOST}",
        "steps": steps,
        **changes,
    }
    done = subprocess.run(
        [sys.executable, str(CLIENT)],
        input=json.dumps(asked),
        env={
            "HTTPS_PROXY": rig.proxy.url,
            "REQUESTS_CA_BUNDLE": bundle or str(rig.authority.certificate),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_azures_own_clients_work_with_a_proxy_and_a_ca_bundle_alone(trusted: Rig) -> None:
    trusted.assign(SECRETS_OFFICER)
    met = run(trusted, "set_and_get", "versions", "listing", "missing", "disable")
    assert met[:3] == [
        ["canary-1", True, {"a": "b"}],
        ["canary-1", "canary-2", 2],
        ["more-0", "more-1", "more-2", "orders"],
    ]
    assert met[3]["type"] == "ResourceNotFoundError"
    assert (met[4]["status"], met[4]["inner"]) == (403, "SecretDisabled")
    exchanges = [(c.host, c.path.rsplit("/", 1)[1]) for c in trusted.cloud.journal.after(0)]
    assert exchanges.count(("login.microsoftonline.com", "token")) == 1


def test_azures_own_client_deletes_recovers_and_purges_secrets(trusted: Rig) -> None:
    trusted.assign(SECRETS_OFFICER)
    recovered, purged, blocked = run(
        trusted, "delete_and_recover", "delete_and_purge", "set_deleted"
    )
    assert recovered == ["passing", 90, ["passing"], "canary-1"]
    assert purged == "canary-2"
    assert (blocked["status"], blocked["inner"]) == (409, "ObjectIsDeletedButRecoverable")


def test_azures_own_clients_use_keys_that_never_leave_the_vault(trusted: Rig) -> None:
    trusted.assign(CRYPTO_OFFICER)
    lives, signed, wrapped, disabled, unserved = run(
        trusted, "keys_lives", "sign_and_verify", "wrap_and_unwrap", "sign_disabled", "unserved"
    )
    assert lives == [True, ["life"], ["Notify"], ["life"], False]
    algorithms = [f"{family}{size}" for family in ("RS", "PS", "ES") for size in (256, 384, 512)]
    assert signed == dict.fromkeys(algorithms, True)
    assert wrapped == {"RSA-OAEP": "canary", "RSA-OAEP-256": "canary"}
    assert (disabled["status"], disabled["inner"]) == (403, "KeyDisabled")
    assert (unserved["status"], "decrypt" in unserved["message"]) == (501, True)


def test_azures_own_client_leaves_all_to_the_vault_where_it_may_not_get_the_key(rig: Rig) -> None:
    rig.account()
    rig.identity()
    rig.credential()
    permissions = {"keys": ["create", "sign", "verify", "wrapKey", "unwrapKey"]}
    policy = {"objectId": PRINCIPAL_ID, "permissions": permissions}
    rig.vault(enableRbacAuthorization=False, accessPolicies=[policy])
    made = rig.vault_call("POST", "/keys/rsa/create", json={"kty": "RSA"})
    assert made.status_code == 200
    [met] = run(rig, "all_by_the_vault")
    assert met == [True, False, "canary"]
    paths = [call.path.rsplit("/", 1)[1] for call in rig.cloud.journal.after(0)]
    assert {"sign", "verify", "wrapkey", "unwrapkey"} <= set(paths)


def test_azures_own_clients_issue_import_and_delete_certificates(trusted: Rig) -> None:
    trusted.assign(ADMINISTRATOR)
    issued, lives = run(trusted, "issue_certificate", "certificates_lives")
    assert issued == [
        *(True, True, "application/x-pem-file", 2),
        ["sign", "verify", "wrapKey", "unwrapKey"],
        *("Self", ["tls"], 1, "completed", True),
    ]
    assert lives == [["tls"], True]


def test_azures_own_clients_ask_for_the_api_versions_that_are_served(trusted: Rig) -> None:
    trusted.assign(ADMINISTRATOR)
    trusted.diagnostics(category="AuditEvent")
    run(trusted, "set_and_get", "keys_lives", "issue_certificate")
    rows = trusted.audit_rows()
    assert {row["HttpStatusCode"] for row in rows} <= {200, 202, 204, 401}
    asked = {row["OperationVersion"] for row in rows}
    assert asked == set(API_VERSIONS)


def test_azures_own_clients_see_the_refusals(trusted: Rig) -> None:
    trusted.assign(SECRETS_USER)
    unallowed, unheard = run(trusted, "set_and_get", "missing")
    assert (unallowed["status"], unallowed["inner"]) == (403, "ForbiddenByRbac")
    assert unheard["status"] == 404


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"client": world.WRITER_CLIENT_ID}, "AADSTS700213"),
        ({"client": "88888888-8888-4888-8888-888888888888"}, "AADSTS700016"),
        ({"assertion": "garbage"}, "AADSTS50027"),
        ({"vault": "https://missing.vault.azure.net"}, "502"),
    ],
)
def test_azures_own_clients_report_what_went_wrong(
    trusted: Rig, changes: dict[str, str], message: str
) -> None:
    [met] = run(trusted, "get", **changes)
    assert message in met["message"]


def test_a_client_that_does_not_trust_the_ca_gets_nothing(trusted: Rig) -> None:
    [met] = run(trusted, "get", bundle=certifi.where())
    assert "CERTIFICATE_VERIFY_FAILED" in met["message"]
