from __future__ import annotations

import base64
import hmac
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox import delays, world
from sandbox.store import NotFound
from tests.sandbox.dataplane.rig import CLIENT_ID, IDENTITY, PRINCIPAL_ID, TOKEN_URL, Rig, unsigned

CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"


def refusal(response: httpx.Response) -> tuple[int, str, int]:
    body = response.json()
    code = body["error_codes"][0]
    assert set(body) >= {"error", "error_description", "timestamp", "trace_id", "correlation_id"}
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert body["trace_id"] in body["error_description"]
    return response.status_code, body["error"], code


def test_a_trusted_assertion_buys_a_vault_token_for_the_identity(trusted: Rig) -> None:
    body = trusted.exchange().json()
    claims = jwt.decode(
        body["access_token"],
        trusted.cloud.entra_key.public_key,
        ["RS256"],
        audience="https://vault.azure.net",
        issuer=f"https://sts.windows.net/{world.TENANT_ID}/",
    )
    assert body["token_type"] == "Bearer"
    assert (claims["oid"], claims["appid"], claims["tid"]) == (
        PRINCIPAL_ID,
        CLIENT_ID,
        world.TENANT_ID,
    )
    assert claims["xms_mirid"] == IDENTITY.replace("resourceGroups", "resourcegroups")
    assert (claims["idtyp"], claims["ver"], claims["sub"]) == ("app", "1.0", PRINCIPAL_ID)
    assert body["expires_in"] == 86_399
    assert claims["exp"] - claims["iat"] == body["expires_in"] + 300


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"grant_type": None}, (400, "invalid_request", 900144)),
        ({"grant_type": "password"}, (400, "unsupported_grant_type", 70003)),
        ({"client_id": None}, (400, "invalid_request", 900144)),
        ({"scope": " "}, (400, "invalid_request", 900144)),
        ({"scope": None}, (400, "invalid_request", 900144)),
        ({"client_id": "unknown"}, (400, "unauthorized_client", 700016)),
        ({"scope": "https://vault.azure.net"}, (400, "invalid_scope", 1002012)),
        ({"scope": "openid profile"}, (400, "invalid_scope", 1002012)),
        ({"scope": "https://vault.azure.net/.default openid"}, (400, "invalid_scope", 70011)),
        ({"scope": "vault/.default"}, (400, "invalid_scope", 70011)),
        (
            {"scope": "https://vault.azure.net/.default api://b/.default"},
            (400, "invalid_scope", 700022),
        ),
        ({"scope": "https://other.example/.default"}, (400, "invalid_resource", 500011)),
        ({"scope": "https://vault.azure.net//.default"}, (400, "invalid_resource", 500011)),
        ({"scope": f"{CLIENT_ID}/.default"}, (400, "invalid_resource", 500011)),
        ({"client_assertion": None}, (401, "invalid_client", 7000216)),
        ({"client_assertion": ""}, (401, "invalid_client", 7000216)),
        ({"client_assertion_type": None}, (400, "invalid_request", 900144)),
        ({"client_assertion_type": "jwt-bearer"}, (400, "invalid_request", 90011)),
        ({"client_secret": "canary-secret"}, (401, "invalid_client", 7000215)),
        ({"client_assertion": "garbage"}, (400, "invalid_request", 50027)),
        ({"client_assertion": "a.b.c"}, (400, "invalid_request", 50027)),
        ({"client_assertion": "x" * 20_000}, (400, "invalid_request", 50027)),
    ],
)
def test_a_request_with_one_fault_gets_the_documented_refusal(
    trusted: Rig, changes: dict[str, str | None], expected: tuple[int, str, int]
) -> None:
    assert refusal(trusted.exchange(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "https://evil.example"}, 700211),
        ({"sub": "100000000000000000043"}, 700213),
        ({"iss": "HTTPS://accounts.google.com"}, 700211),
        ({"aud": "api://other"}, 700212),
        ({"aud": world.EXCHANGE_AUDIENCE.lower()}, 700212),
    ],
)
def test_issuer_subject_and_audience_must_each_be_the_credentials(
    trusted: Rig, changes: dict[str, Any], code: int
) -> None:
    assertion = trusted.cloud.google_key.sign(trusted.google_claims(**changes))
    answer = trusted.exchange(client_assertion=assertion)
    assert refusal(answer) == (401, "invalid_client", code)


@pytest.mark.parametrize("name", ["iss", "sub", "aud"])
@pytest.mark.parametrize("nothing", [None, ""])
def test_a_claim_that_is_compared_must_be_there(
    trusted: Rig, name: str, nothing: str | None
) -> None:
    claims = {**trusted.google_claims(**{name: None}), **({name: ""} if nothing == "" else {})}
    answer = trusted.exchange(client_assertion=trusted.cloud.google_key.sign(claims))
    assert refusal(answer) == (400, "invalid_request", 90014)
    assert f"'{name}'" in answer.json()["error_description"]


def test_several_audiences_are_malformed_and_one_in_a_list_is_not(trusted: Rig) -> None:
    sign = trusted.cloud.google_key.sign
    two = sign(trusted.google_claims(aud=[world.EXCHANGE_AUDIENCE, "api://other"]))
    assert refusal(trusted.exchange(client_assertion=two)) == (400, "invalid_request", 50027)
    one = sign(trusted.google_claims(aud=[world.EXCHANGE_AUDIENCE]))
    assert trusted.exchange(client_assertion=one).status_code == 200


def test_a_subject_that_differs_by_case_is_named_as_such(rig: Rig) -> None:
    rig.identity()
    rig.account()
    rig.credential(subject="Workload")
    assertion = rig.cloud.google_key.sign(rig.google_claims(sub="workload"))
    assert refusal(rig.exchange(client_assertion=assertion))[2] == 7002138


@pytest.mark.parametrize(
    ("times", "code"),
    [
        ({"iat": -7200, "exp": -301}, 700024),
        ({"iat": 301, "exp": 3600}, 700024),
        ({"nbf": 301, "exp": 3600}, 700024),
        ({"exp": None}, 700024),
        ({"iat": None, "exp": -301}, 700024),
    ],
)
def test_an_assertion_counts_only_within_its_times(
    trusted: Rig, times: dict[str, int | None], code: int
) -> None:
    # Ten seconds of slack, so that a slow machine doesn't move a time across its bound.
    now = int(trusted.cloud.clock.now())
    slack = {"exp": -10, "iat": 10, "nbf": 10}
    changes = {n: None if t is None else now + t + slack[n] for n, t in times.items()}
    assertion = trusted.cloud.google_key.sign(trusted.google_claims(**changes))
    assert refusal(trusted.exchange(client_assertion=assertion))[2] == code


def test_an_assertion_expires_by_the_sandboxs_clock(trusted: Rig) -> None:
    assertion = trusted.assertion()
    assert trusted.exchange(client_assertion=assertion).status_code == 200
    trusted.cloud.clock.advance(3600 + 301)
    assert refusal(trusted.exchange(client_assertion=assertion))[2] == 700024


def test_times_that_no_calendar_holds_are_refused_not_crashed_on(trusted: Rig) -> None:
    for wild in (1e300, float("nan"), float("inf"), 10**400):
        claims = trusted.google_claims(nbf=wild)
        assertion = trusted.cloud.google_key.sign(claims)
        assert refusal(trusted.exchange(client_assertion=assertion))[2] == 700024


STRANGER = rsa.generate_private_key(65537, 2048)


def with_headers(rig: Rig) -> dict[str, str]:
    """Assertions that differ from a right one by their header, by what is wrong."""
    claims, key = rig.google_claims(), rig.cloud.google_key
    kid = {"kid": key.key_id}
    return {
        "other key": jwt.encode(claims, STRANGER, "RS256", kid),
        "unknown key id": jwt.encode(claims, STRANGER, "RS256", {"kid": "unknown"}),
        "no key id": jwt.encode(claims, STRANGER, "RS256"),
        "other type": jwt.encode(claims, STRANGER, "RS256", {**kid, "typ": "at+jwt"}),
        "longer digest": jwt.encode(claims, key._private, "RS512", kid),
        "alg none": unsigned({"alg": "none", **kid}, claims) + ".",
        "entra's own key": rig.cloud.entra_key.sign(claims),
    }


def forged(rig: Rig, kind: str) -> str:
    claims, key = rig.google_claims(), rig.cloud.google_key
    if kind == "changed claims":
        head, _, signature = key.sign(rig.google_claims(sub="1")).split(".")
        return f"{head}.{unsigned({}, claims).split('.')[1]}.{signature}"
    if kind != "hmac with the public key":
        return with_headers(rig)[kind]
    public = key.public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    # PyJWT refuses to make this one: HMAC with the public key as the secret.
    message = unsigned({"alg": "HS256", "kid": key.key_id}, claims)
    digest = hmac.digest(public, message.encode(), "sha256")
    return f"{message}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("other key", (401, "invalid_client", 700027)),
        ("changed claims", (401, "invalid_client", 700027)),
        ("unknown key id", (401, "invalid_client", 7000272)),
        ("entra's own key", (401, "invalid_client", 7000272)),
        ("no key id", (401, "invalid_client", 5002723)),
        ("other type", (400, "invalid_request", 5002727)),
        ("longer digest", (401, "invalid_client", 700027)),
        ("alg none", (401, "invalid_client", 5002738)),
        ("hmac with the public key", (401, "invalid_client", 5002738)),
    ],
)
def test_a_forged_assertion_buys_nothing(
    trusted: Rig, kind: str, expected: tuple[int, str, int]
) -> None:
    assert refusal(trusted.exchange(client_assertion=forged(trusted, kind))) == expected


def test_an_issuer_whose_keys_cannot_be_read_is_said_to_be_unreachable(rig: Rig) -> None:
    rig.identity()
    rig.credential(issuer="https://idp.example.com")
    claims = rig.google_claims(iss="https://idp.example.com")
    answer = rig.exchange(client_assertion=rig.cloud.google_key.sign(claims))
    assert refusal(answer) == (400, "invalid_request", 90061)


def test_a_new_credential_takes_its_time_and_a_deleted_one_too(rig: Rig) -> None:
    rig.account()
    rig.identity()
    credential = rig.credential(age=0)
    assert refusal(rig.exchange()) == (401, "invalid_client", 70021)
    rig.cloud.clock.advance(delays.FEDERATED_CREDENTIAL)
    assert rig.exchange().status_code == 200
    rig.cloud.store.remove(CREDENTIAL, credential, rig.cloud.clock.now())
    assert rig.exchange().status_code == 200
    rig.cloud.clock.advance(delays.FEDERATED_CREDENTIAL + 1)
    assert refusal(rig.exchange())[2] == 70021


def test_another_identitys_credential_is_of_no_use(trusted: Rig) -> None:
    answer = trusted.exchange(client_id=world.WRITER_CLIENT_ID)
    assert refusal(answer)[2] == 700213


def test_a_deleted_identity_is_unknown_at_once(trusted: Rig) -> None:
    now = trusted.cloud.clock.now()
    type_ = "azure-native:managedidentity:UserAssignedIdentity"
    trusted.cloud.store.remove(type_, IDENTITY, now)
    with pytest.raises(NotFound):
        trusted.cloud.store.remove(type_, IDENTITY, now)
    assert refusal(trusted.exchange())[2] == 700016


@pytest.mark.parametrize(
    ("tenant", "code"),
    [
        ("99999999-9999-4999-8999-999999999999", 90002),
        ("contoso.onmicrosoft.com", 90002),
        ("nowhere", 900023),
    ],
)
def test_an_unknown_tenant_is_refused_by_every_endpoint(
    trusted: Rig, tenant: str, code: int
) -> None:
    other = f"https://login.microsoftonline.com/{tenant}"
    for method, path in (
        ("POST", "/oauth2/v2.0/token"),
        ("GET", "/v2.0/.well-known/openid-configuration"),
        ("GET", "/discovery/v2.0/keys"),
    ):
        answer = trusted.request(method, other + path)
        assert refusal(answer) == (400, "invalid_request", code)


def test_no_tenants_token_is_had_from_all_of_them(trusted: Rig) -> None:
    other = "https://login.microsoftonline.com/common"
    answer = trusted.request("POST", f"{other}/oauth2/v2.0/token")
    assert refusal(answer) == (400, "invalid_request", 9001023)
    [key] = trusted.request("GET", f"{other}/discovery/v2.0/keys").json()["keys"]
    assert key["kid"] == trusted.cloud.entra_key.key_id


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/{world.TENANT_ID}/oauth2/token"),
        ("POST", f"/{world.TENANT_ID}/oauth2/v2.0/token/"),
        ("GET", f"/{world.TENANT_ID}/oauth2/v2.0/authorize"),
        ("POST", f"/{world.TENANT_ID}/oauth2/v2.0/devicecode"),
        ("GET", "/common/v2.0/.well-known/openid-configuration"),
        ("GET", "/"),
    ],
)
def test_what_entra_has_and_the_sandbox_has_not_is_refused_by_name(
    rig: Rig, method: str, path: str
) -> None:
    answer = rig.request(method, f"https://login.microsoftonline.com{path}")
    assert (answer.status_code, answer.json()["error"]) == (501, "not_implemented")
    assert f"doesn't serve {method} {path}." in answer.json()["error_description"]


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("body", "media", "code"),
    [
        (b'{"grant_type": "client_credentials"}', "application/json", 900144),
        (b"grant_type=client_credentials", "text/plain", 900144),
        (b"", FORM, 900144),
        (b"\xff\xfe=1", FORM, 9002313),
        (b"&".join(b"f%d=1" % n for n in range(200)), FORM, 9002313),
        (b"grant_type=a&grant_type=b", FORM, 9000411),
        (b"scope=a&scope=a", FORM, 9000411),
    ],
)
def test_what_is_no_form_of_single_fields_is_refused(
    rig: Rig, body: bytes, media: str, code: int
) -> None:
    answer = rig.request("POST", TOKEN_URL, content=body, headers={"content-type": media})
    assert refusal(answer) == (400, "invalid_request", code)


def test_a_secret_in_the_header_is_no_better_than_one_in_the_form(trusted: Rig) -> None:
    fields = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "scope": "api://a/x"}
    header = {"authorization": "Basic Y2FuYXJ5OmNhbmFyeQ=="}
    answer = trusted.request("POST", TOKEN_URL, data=fields, headers=header)
    assert refusal(answer) == (401, "invalid_client", 7000215)


def test_only_entras_own_hosts_are_an_instance(rig: Rig) -> None:
    url = "https://login.microsoftonline.com/common/discovery/instance?api-version=1.1"
    known = rig.request("GET", f"{url}&authorization_endpoint={TOKEN_URL}")
    assert "login.windows.net" in known.json()["metadata"][0]["aliases"]
    other = rig.request("GET", f"{url}&authorization_endpoint=https://login.example.com/x")
    assert refusal(other) == (400, "invalid_instance", 50049)


def test_an_identity_of_the_same_name_inherits_no_trust(trusted: Rig) -> None:
    type_ = "azure-native:managedidentity:UserAssignedIdentity"
    now = trusted.cloud.clock.now()
    [credential] = [c for c in trusted.cloud.store.all(CREDENTIAL) if c.id.startswith(IDENTITY)]
    trusted.cloud.store.remove(CREDENTIAL, credential.id, now)
    trusted.cloud.store.remove(type_, IDENTITY, now)
    body = {"name": "reader", "clientId": CLIENT_ID, "principalId": PRINCIPAL_ID}
    trusted.cloud.store.insert(type_, IDENTITY, body, now)
    assert refusal(trusted.exchange())[2] == 70021


def test_the_token_endpoint_takes_post_only(rig: Rig) -> None:
    assert refusal(rig.request("GET", TOKEN_URL)) == (405, "invalid_request", 900561)


def test_the_clients_own_request_id_comes_back(trusted: Rig) -> None:
    mine = "12345678-1234-4234-8234-123456789abc"
    answer = trusted.request(
        "POST", TOKEN_URL, headers={"client-request-id": mine}, data={"a": "b"}
    )
    assert answer.json()["correlation_id"] == mine


def test_the_published_key_verifies_the_tokens(trusted: Rig) -> None:
    base = f"https://login.microsoftonline.com/{world.TENANT_ID}"
    configuration = trusted.request("GET", f"{base}/v2.0/.well-known/openid-configuration").json()
    [key] = trusted.request("GET", configuration["jwks_uri"]).json()["keys"]
    token = trusted.exchange().json()["access_token"]
    assert jwt.get_unverified_header(token)["kid"] == key["kid"]
    jwt.decode(token, jwt.PyJWK(key), audience="https://vault.azure.net")
    assert configuration["token_endpoint"] == TOKEN_URL
