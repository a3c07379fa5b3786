from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Unpack

import httpx
import jwt
import pytest
from cryptography import x509

from sandbox import google_tokens, world
from sandbox.dataplane.cloud_logging import LogEntries
from tests.sandbox.dataplane.rig import ACCOUNT, UNIQUE_ID, Options, Rig

AGENT = world.APIGEE_SERVICE_AGENT
CREATOR = "roles/iam.serviceAccountTokenCreator"
BASE = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"


def grant(rig: Rig, role: str = CREATOR, member: str = AGENT) -> None:
    name = f"projects/{world.PROJECT_ID}/serviceAccounts/{ACCOUNT}"
    body = {"serviceAccountId": name, "role": role, "member": f"serviceAccount:{member}"}
    rig.insert("gcp:serviceaccount/iAMMember:IAMMember", f"{name}/{role}/{member}", body)


def enable(rig: Rig, service: str = "iamcredentials.googleapis.com") -> None:
    body = {"project": world.PROJECT_ID, "service": service}
    rig.insert("gcp:projects/service:Service", f"{world.PROJECT_ID}/{service}", body)


def generate(
    rig: Rig, caller: str | None = AGENT, account: str = ACCOUNT, **options: Unpack[Options]
) -> httpx.Response:
    headers = {}
    if caller is not None:
        headers["authorization"] = f"Bearer {google_tokens.mint_access_token(rig.cloud, caller)}"
    if not options:
        options = {"json": {"audience": world.EXCHANGE_AUDIENCE}}
    options["headers"] = headers
    return rig.request("POST", f"{BASE}/{account}:generateIdToken", **options)


def refusal(response: httpx.Response) -> tuple[int, str]:
    error = response.json()["error"]
    assert error["code"] == response.status_code
    return response.status_code, error["status"]


@pytest.fixture
def granted(rig: Rig) -> Rig:
    rig.account()
    grant(rig)
    enable(rig)
    return rig


def test_an_agent_with_the_role_gets_an_id_token_that_googles_keys_verify(granted: Rig) -> None:
    token = generate(granted).json()["token"]
    discovery = "https://accounts.google.com/.well-known/openid-configuration"
    jwks_uri = granted.request("GET", discovery).json()["jwks_uri"]
    [key] = granted.request("GET", jwks_uri).json()["keys"]
    claims = jwt.decode(token, jwt.PyJWK(key), audience=world.EXCHANGE_AUDIENCE)
    assert claims["iss"] == "https://accounts.google.com"
    assert claims["sub"] == claims["azp"] == UNIQUE_ID
    assert claims["exp"] - claims["iat"] == 3600
    assert "email" not in claims


def test_the_email_is_told_when_asked_for(granted: Rig) -> None:
    asked = {"audience": "x", "includeEmail": True}
    claims = jwt.decode(
        generate(granted, json=asked).json()["token"], options={"verify_signature": False}
    )
    assert claims["email"] == ACCOUNT
    assert claims["email_verified"] is True


def test_without_the_role_the_agent_is_refused(rig: Rig) -> None:
    rig.account()
    enable(rig)
    assert refusal(generate(rig)) == (403, "PERMISSION_DENIED")
    grant(rig, member="someone@else.example")
    grant(rig, role="roles/viewer")
    assert refusal(generate(rig)) == (403, "PERMISSION_DENIED")


def test_without_the_api_the_agent_is_refused_and_told_which(rig: Rig) -> None:
    rig.account()
    grant(rig)
    answer = generate(rig)
    assert refusal(answer) == (403, "PERMISSION_DENIED")
    [info] = answer.json()["error"]["details"]
    assert info["reason"] == "SERVICE_DISABLED"
    assert info["metadata"]["service"] == "iamcredentials.googleapis.com"


def test_no_token_or_a_forged_or_expired_one_is_unauthenticated(granted: Rig) -> None:
    assert refusal(generate(granted, caller=None)) == (401, "UNAUTHENTICATED")
    id_token = google_tokens.mint_id_token(granted.cloud, ACCOUNT, "x", False)
    now = int(granted.cloud.clock.now())
    forged = granted.cloud.entra_key.sign({"sub": AGENT, "exp": now + 60})
    old = google_tokens.mint_access_token(granted.cloud, AGENT)
    assert google_tokens.principal_of(granted.cloud, old) == AGENT
    for token in (id_token, f"ya29.c.{id_token}", f"ya29.c.{forged}", "ya29.c.", ""):
        assert google_tokens.principal_of(granted.cloud, token) is None
    granted.cloud.clock.advance(3601)
    assert google_tokens.principal_of(granted.cloud, old) is None


def test_an_account_that_is_gone_is_not_found(granted: Rig) -> None:
    name = f"projects/{world.PROJECT_ID}/serviceAccounts/{ACCOUNT}"
    granted.cloud.store.remove(
        "gcp:serviceaccount/account:Account", name, granted.cloud.clock.now()
    )
    assert refusal(generate(granted)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"audience": 1}',
        b'{"audience": ""}',
        b'{"audience":"x","extra":1}',
        b'{"audience":"x","includeEmail":"yes"}',
        b"[" * 100_000,
    ],
)
def test_a_malformed_body_is_an_invalid_argument(granted: Rig, body: bytes) -> None:
    assert refusal(generate(granted, content=body)) == (400, "INVALID_ARGUMENT")


SCOPE = "https://www.googleapis.com/auth/logging.write"


def generate_access(
    rig: Rig, caller: str = AGENT, changes: Mapping[str, object] | None = None
) -> httpx.Response:
    return rig.request(
        "POST",
        f"{BASE}/{ACCOUNT}:generateAccessToken",
        headers={"authorization": f"Bearer {google_tokens.mint_access_token(rig.cloud, caller)}"},
        json={"scope": [SCOPE], **(changes or {})},
    )


def test_an_access_token_is_the_accounts_for_the_scopes_and_as_long_as_asked_for(
    granted: Rig,
) -> None:
    answer = generate_access(granted, changes={"lifetime": "600s"}).json()
    now = granted.cloud.clock.now()
    token = google_tokens.read_access_token(granted.cloud, answer["accessToken"])
    assert token == google_tokens.AccessToken(ACCOUNT, frozenset({SCOPE}))
    expires = datetime.fromisoformat(answer["expireTime"]).timestamp()
    assert 590 < expires - now <= 600
    granted.cloud.clock.advance(601)
    assert google_tokens.read_access_token(granted.cloud, answer["accessToken"]) is None


def test_an_access_token_lives_an_hour_when_nothing_is_asked_for(granted: Rig) -> None:
    told = datetime.fromisoformat(generate_access(granted).json()["expireTime"]).timestamp()
    assert 3590 < told - granted.cloud.clock.now() <= 3600


@pytest.mark.parametrize(
    "body",
    [
        {"scope": []},
        {"scope": SCOPE},
        {"scope": ["logging"]},
        {"scope": [1]},
        {"lifetime": "3601s"},
        {"lifetime": "0s"},
        {"lifetime": "600"},
        {"lifetime": 600},
        {"delegates": ["projects/-/serviceAccounts/a@b.c"]},
        {"audience": "x"},
    ],
)
def test_a_malformed_request_for_an_access_token_is_an_invalid_argument(
    granted: Rig, body: dict[str, object]
) -> None:
    assert refusal(generate_access(granted, changes=body)) == (400, "INVALID_ARGUMENT")


def test_a_role_for_id_tokens_alone_mints_no_access_token(rig: Rig) -> None:
    rig.account()
    enable(rig)
    grant(rig, role="roles/iam.serviceAccountOpenIdTokenCreator")
    assert generate(rig).status_code == 200
    assert refusal(generate_access(rig)) == (403, "PERMISSION_DENIED")


def test_an_owner_of_the_project_mints_no_token(rig: Rig) -> None:
    rig.account()
    enable(rig)
    for answer in (generate(rig, world.DEPLOYER_ACCOUNT), generate_access(rig, "deployer")):
        assert refusal(answer) == (403, "PERMISSION_DENIED")


def test_iam_is_asked_at_every_request(granted: Rig) -> None:
    name = f"projects/{world.PROJECT_ID}/serviceAccounts/{ACCOUNT}"
    member = f"{name}/{CREATOR}/{AGENT}"
    assert generate(granted).status_code == generate_access(granted).status_code == 200
    now = granted.cloud.clock.now()
    granted.cloud.store.remove("gcp:serviceaccount/iAMMember:IAMMember", member, now)
    for answer in (generate(granted), generate_access(granted)):
        assert refusal(answer) == (403, "PERMISSION_DENIED")


def test_a_disabled_account_gets_no_token(granted: Rig) -> None:
    name = f"projects/{world.PROJECT_ID}/serviceAccounts/{ACCOUNT}"
    account = "gcp:serviceaccount/account:Account"
    found = granted.cloud.store.get(account, name)
    assert found is not None
    now = granted.cloud.clock.now()
    granted.cloud.store.replace(account, name, {**found.body, "disabled": True}, now)
    for answer in (generate(granted), generate_access(granted)):
        assert refusal(answer) == (400, "FAILED_PRECONDITION")


def test_an_account_may_be_named_by_its_unique_id(granted: Rig) -> None:
    claims = jwt.decode(
        generate(granted, account=UNIQUE_ID).json()["token"], options={"verify_signature": False}
    )
    assert claims["sub"] == UNIQUE_ID


def test_a_token_of_another_scope_is_insufficient(granted: Rig) -> None:
    token = google_tokens.mint_access_token(granted.cloud, AGENT, [SCOPE])
    answer = granted.request(
        "POST",
        f"{BASE}/{ACCOUNT}:generateIdToken",
        headers={"authorization": f"Bearer {token}"},
        json={"audience": "x"},
    )
    assert refusal(answer) == (403, "PERMISSION_DENIED")
    [info] = answer.json()["error"]["details"]
    assert info["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    for scope in ("cloud-platform", "iam"):
        token = google_tokens.mint_access_token(
            granted.cloud, AGENT, [f"https://www.googleapis.com/auth/{scope}"]
        )
        answer = granted.request(
            "POST",
            f"{BASE}/{ACCOUNT}:generateIdToken",
            headers={"authorization": f"Bearer {token}"},
            json={"audience": "x"},
        )
        assert answer.status_code == 200


def test_the_key_set_is_served_as_certificates_too(rig: Rig) -> None:
    [[key_id, text]] = (
        rig.request("GET", "https://www.googleapis.com/oauth2/v1/certs").json().items()
    )
    [key] = rig.request("GET", "https://www.googleapis.com/oauth2/v3/certs").json()["keys"]
    certified = x509.load_pem_x509_certificate(text.encode()).public_key()
    assert (key_id, certified) == (key["kid"], jwt.PyJWK(key).key)


@pytest.mark.parametrize(
    "url",
    [
        f"{BASE}/{ACCOUNT}:signJwt",
        f"{BASE}/{ACCOUNT}:signBlob",
        "https://logging.googleapis.com/v2/entries:copy",
        "https://www.googleapis.com/other",
    ],
)
def test_a_method_that_is_not_served_is_refused_by_name(rig: Rig, url: str) -> None:
    answer = rig.request("POST", url)
    assert refusal(answer) == (501, "UNIMPLEMENTED")
    assert f"doesn't serve POST {url}" in answer.json()["error"]["message"]


LOG = f"projects/{world.PROJECT_ID}/logs/azure-key-vault"


def write(rig: Rig, body: object = None, log: str = LOG) -> httpx.Response:
    token = google_tokens.mint_access_token(rig.cloud, ACCOUNT)
    entries = {"entries": [{"logName": log, "jsonPayload": {"requestId": "r-1"}}]}
    return rig.request(
        "POST",
        "https://logging.googleapis.com/v2/entries:write",
        headers={"authorization": f"Bearer {token}"},
        json=entries if body is None else body,
    )


def allow_writer(rig: Rig) -> None:
    body = {
        "project": world.PROJECT_ID,
        "role": "roles/logging.logWriter",
        "member": f"serviceAccount:{ACCOUNT}",
    }
    rig.insert("gcp:projects/iAMMember:IAMMember", "log-writer", body)


def test_a_log_line_is_kept_only_with_the_api_and_the_role(rig: Rig) -> None:
    entries = LogEntries(rig.cloud.store)
    assert refusal(write(rig)) == (403, "PERMISSION_DENIED")
    enable(rig, "logging.googleapis.com")
    assert refusal(write(rig)) == (403, "PERMISSION_DENIED")
    assert entries.entries() == []
    allow_writer(rig)
    assert write(rig).json() == {}
    [entry] = entries.entries(LOG)
    assert entry["jsonPayload"] == {"requestId": "r-1"}
    assert entries.entries(f"{LOG}-other") == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"entries": []},
        {"entries": [1]},
        {"entries": [{"logName": "projects/other/logs/x", "jsonPayload": {}}]},
        {"entries": [{"logName": LOG}]},
        {"entries": [{"logName": LOG, "jsonPayload": {}, "resource": {"type": "api"}}]},
        {"entries": [{"logName": LOG, "jsonPayload": {}, "textPayload": "both"}]},
    ],
)
def test_a_malformed_entry_is_refused_and_nothing_kept(rig: Rig, body: object) -> None:
    enable(rig, "logging.googleapis.com")
    allow_writer(rig)
    assert refusal(write(rig, body)) == (400, "INVALID_ARGUMENT")
