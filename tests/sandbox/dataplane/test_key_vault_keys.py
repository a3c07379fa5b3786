"""Keys: what they are, what they sign and wrap, and when they don't."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.sandbox.dataplane.rig import HOST, Rig
from tests.sandbox.dataplane.test_key_vault import ADMINISTRATOR, put, refusal

CRYPTO_USER = "12338af0-0e69-4776-bea7-57ae8d297424"
DIGEST = {size: hashlib.new(f"sha{size}", b"canary").digest() for size in (256, 384, 512)}
DAY = 86_400


@pytest.fixture
def officer(rig: Rig) -> Rig:
    """A premium vault whose reader may do everything."""
    rig.vault(sku={"family": "A", "name": "premium"})
    rig.assign(ADMINISTRATOR)
    return rig


def b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def make(rig: Rig, name: str = "k", **body: object) -> dict[str, Any]:
    answer = rig.vault_call("POST", f"/keys/{name}/create", json={"kty": "EC", **body})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def use(rig: Rig, operation: str, name: str = "k", **body: object) -> httpx.Response:
    return rig.vault_call("POST", f"/keys/{name}//{operation}", json=body)


def sign(rig: Rig, algorithm: str = "ES256") -> httpx.Response:
    return use(rig, "sign", alg=algorithm, value=b64(DIGEST[int(algorithm[2:])]))


@pytest.mark.parametrize(
    ("body", "key", "operations"),
    [
        ({"kty": "EC"}, {"kty": "EC", "crv": "P-256"}, ["sign", "verify"]),
        ({"crv": "P-384"}, {"kty": "EC", "crv": "P-384"}, ["sign", "verify"]),
        ({"crv": "P-521", "key_ops": ["sign"]}, {"kty": "EC", "crv": "P-521"}, ["sign"]),
        ({"kty": "EC-HSM"}, {"kty": "EC-HSM", "crv": "P-256"}, ["sign", "verify"]),
        (
            {"kty": "RSA"},
            {"kty": "RSA", "e": "AQAB"},
            ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"],
        ),
        ({"kty": "RSA", "key_size": 3072, "key_ops": []}, {"kty": "RSA", "e": "AQAB"}, []),
    ],
)
def test_a_key_is_what_was_asked_for_and_shows_no_private_half(
    officer: Rig, body: dict[str, Any], key: dict[str, Any], operations: list[str]
) -> None:
    made = make(officer, **body)
    assert key.items() <= made["key"].items()
    assert made["key"]["key_ops"] == operations
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(made["key"])
    assert officer.vault_call("GET", "/keys/k").json() == made
    if "key_size" in body:
        assert len(octets(made["key"]["n"])) * 8 == body["key_size"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kty": None},
        {"kty": "oct"},
        {"kty": "RSA", "key_size": 1024},
        {"kty": "RSA", "key_size": "2048"},
        {"kty": "RSA", "key_size": False},
        {"kty": "RSA", "crv": "P-256"},
        {"kty": "EC", "crv": "P-256K"},
        {"kty": "EC", "key_size": 256},
        {"kty": "EC", "key_ops": ["wrapKey"]},
        {"kty": "EC", "key_ops": "sign"},
        {"kty": "EC", "attributes": {"exp": "soon"}},
        {"kty": "EC", "tags": {"t": "x" * 257}},
    ],
)
def test_a_key_that_key_vault_does_not_make_is_a_bad_parameter(
    officer: Rig, body: dict[str, Any]
) -> None:
    answer = officer.vault_call("POST", "/keys/k/create", json=body)
    assert refusal(answer) == (400, "BadParameter", None)
    assert refusal(officer.vault_call("GET", "/keys/k")) == (404, "KeyNotFound", None)


@pytest.mark.parametrize(
    "more", [{"release_policy": {"data": "e30"}}, {"attributes": {"exportable": True}}]
)
def test_a_key_that_could_leave_the_vault_is_refused_by_name(
    officer: Rig, more: dict[str, Any]
) -> None:
    answer = officer.vault_call("POST", "/keys/k/create", json={"kty": "RSA-HSM", **more})
    assert refusal(answer) == (501, "NotImplemented", None)


def test_a_hardware_key_needs_a_premium_vault(rig: Rig) -> None:
    rig.vault(sku={"family": "A", "name": "standard"})
    rig.assign(ADMINISTRATOR)
    answer = rig.vault_call("POST", "/keys/k/create", json={"kty": "EC-HSM"})
    assert refusal(answer) == (400, "BadParameter", None)


@pytest.mark.parametrize(
    ("algorithm", "curve"), [("ES256", "P-256"), ("ES384", "P-384"), ("ES512", "P-521")]
)
def test_an_ec_key_signs_as_rfc_7518_says(officer: Rig, algorithm: str, curve: str) -> None:
    made = make(officer, crv=curve)
    digest = DIGEST[int(algorithm[2:])]
    signed = sign(officer, algorithm).json()
    assert signed["kid"] == made["key"]["kid"]
    signature = octets(signed["value"])
    half = len(signature) // 2
    numbers = [int.from_bytes(part, "big") for part in (signature[:half], signature[half:])]
    public = ECAlgorithm.from_jwk(made["key"])
    assert isinstance(public, ec.EllipticCurvePublicKey)
    kind = {256: hashes.SHA256(), 384: hashes.SHA384(), 512: hashes.SHA512()}[int(algorithm[2:])]
    public.verify(utils.encode_dss_signature(*numbers), digest, ec.ECDSA(utils.Prehashed(kind)))


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_an_rsa_key_signs_as_rfc_7518_says(officer: Rig, algorithm: str) -> None:
    made = make(officer, kty="RSA")
    size = int(algorithm[2:])
    kind = {256: hashes.SHA256(), 384: hashes.SHA384(), 512: hashes.SHA512()}[size]
    public = RSAAlgorithm.from_jwk(made["key"])
    assert isinstance(public, rsa.RSAPublicKey)
    scheme = padding.PSS(padding.MGF1(kind), size // 8) if algorithm[0] == "P" else None
    signature = octets(sign(officer, algorithm).json()["value"])
    public.verify(signature, DIGEST[size], scheme or padding.PKCS1v15(), utils.Prehashed(kind))


@pytest.mark.parametrize(
    ("kty", "algorithm"), [("EC", "ES256"), ("RSA", "RS256"), ("RSA", "PS512")]
)
def test_a_signature_is_verified_and_any_other_is_not(
    officer: Rig, kty: str, algorithm: str
) -> None:
    make(officer, kty=kty)
    digest = DIGEST[int(algorithm[2:])]
    value = sign(officer, algorithm).json()["value"]
    other = bytes([digest[0] ^ 1]) + digest[1:]
    forged = octets(value)[:-1] + bytes([octets(value)[-1] ^ 1])
    for given, signature, valid in (
        (digest, value, True),
        (other, value, False),
        (digest, b64(forged), False),
        (digest, b64(b"short"), False),
    ):
        answer = use(officer, "verify", alg=algorithm, digest=b64(given), value=signature)
        assert answer.json() == {"value": valid}


@pytest.mark.parametrize("algorithm", ["RSA-OAEP", "RSA-OAEP-256"])
def test_what_a_key_wraps_it_unwraps_by_the_same_algorithm_only(
    officer: Rig, algorithm: str
) -> None:
    make(officer, kty="RSA")
    wrapped = use(officer, "wrapkey", alg=algorithm, value=b64(b"canary")).json()["value"]
    assert octets(wrapped) != b"canary"
    unwrapped = use(officer, "unwrapkey", alg=algorithm, value=wrapped).json()
    assert octets(unwrapped["value"]) == b"canary"
    other = {"RSA-OAEP", "RSA-OAEP-256"} - {algorithm}
    answer = use(officer, "unwrapkey", alg=other.pop(), value=wrapped)
    assert refusal(answer) == (400, "BadParameter", None)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("sign", {}),
        ("sign", {"alg": "ES256"}),
        ("sign", {"alg": "ES256", "value": b64(b"short")}),
        ("sign", {"alg": "ES256", "value": "%%%"}),
        ("sign", {"alg": "ES256K", "value": b64(DIGEST[256])}),
        ("sign", {"alg": "ES384", "value": b64(DIGEST[384])}),
        ("sign", {"alg": "RS256", "value": b64(DIGEST[256])}),
        ("sign", {"alg": "none", "value": b64(DIGEST[256])}),
        ("verify", {"alg": "ES256", "value": b64(b"x" * 64)}),
    ],
)
def test_what_does_not_fit_the_key_is_a_bad_parameter(
    officer: Rig, operation: str, body: dict[str, str]
) -> None:
    make(officer)
    assert refusal(use(officer, operation, **body)) == (400, "BadParameter", None)


def test_too_long_a_value_is_not_wrapped(officer: Rig) -> None:
    make(officer, kty="RSA")
    answer = use(officer, "wrapkey", alg="RSA-OAEP-256", value=b64(b"x" * 191))
    assert refusal(answer) == (400, "BadParameter", None)
    answer = use(officer, "wrapkey", alg="RSA1_5", value=b64(b"x"))
    assert refusal(answer) == (400, "BadParameter", None)


def everything(rig: Rig) -> dict[str, httpx.Response]:
    """Each use of an RSA key, with values that fit it."""
    digest = b64(DIGEST[256])
    return {
        "sign": use(rig, "sign", alg="RS256", value=digest),
        "verify": use(rig, "verify", alg="RS256", digest=digest, value=digest),
        "wrapKey": use(rig, "wrapkey", alg="RSA-OAEP", value=digest),
        "unwrapKey": use(rig, "unwrapkey", alg="RSA-OAEP", value=digest),
    }


def test_a_key_does_only_what_its_operations_say(officer: Rig) -> None:
    for allowed in ("sign", "verify", "wrapKey", "unwrapKey"):
        make(officer, kty="RSA", key_ops=[allowed])
        for operation, answer in everything(officer).items():
            if operation == allowed:
                assert answer.status_code != 403
                continue
            assert refusal(answer) == (403, "Forbidden", "KeyOperationForbidden")
            message = answer.json()["error"]["message"]
            assert message == f"Operation {operation} is not permitted on this key."
    officer.vault_call("PATCH", "/keys/k/", json={"key_ops": ["sign"]})
    assert everything(officer)["sign"].status_code == 200


def test_a_disabled_key_does_nothing_and_can_be_looked_at(officer: Rig) -> None:
    make(officer, kty="RSA")
    officer.vault_call("PATCH", "/keys/k/", json={"attributes": {"enabled": False}})
    for operation, answer in everything(officer).items():
        assert refusal(answer) == (403, "Forbidden", "KeyDisabled")
        message = answer.json()["error"]["message"]
        assert message == f"Operation {operation} is not allowed on a disabled key."
    assert officer.vault_call("GET", "/keys/k").json()["attributes"]["enabled"] is False


@pytest.mark.parametrize(
    ("attributes", "inner"), [({"exp": -1}, "KeyExpired"), ({"nbf": 3600}, "KeyNotYetValid")]
)
def test_a_key_outside_its_dates_only_verifies_and_unwraps(
    officer: Rig, attributes: dict[str, int], inner: str
) -> None:
    now = int(officer.cloud.clock.now())
    dates = {name: now + seconds for name, seconds in attributes.items()}
    make(officer, kty="RSA", attributes=dates)
    for operation, answer in everything(officer).items():
        if operation in ("verify", "unwrapKey"):
            assert answer.status_code != 403
        else:
            assert refusal(answer) == (403, "Forbidden", inner)


def test_a_keys_dates_go_by_the_sandboxs_clock(officer: Rig) -> None:
    now = int(officer.cloud.clock.now())
    make(officer, attributes={"nbf": now + DAY, "exp": now + 2 * DAY})
    assert refusal(sign(officer))[2] == "KeyNotYetValid"
    officer.cloud.clock.advance(DAY + 60)
    assert sign(officer).status_code == 200
    officer.cloud.clock.advance(DAY)
    assert refusal(sign(officer))[2] == "KeyExpired"


def test_a_new_version_signs_and_the_old_one_still_does(officer: Rig) -> None:
    first, second = make(officer)["key"]["kid"], make(officer)["key"]["kid"]
    assert sign(officer).json()["kid"] == second
    version = first.rsplit("/", 1)[1]
    body = {"alg": "ES256", "value": b64(DIGEST[256])}
    assert officer.vault_call("POST", f"/keys/k/{version}/sign", json=body).json()["kid"] == first
    assert officer.vault_call("GET", f"/keys/k/{version}").json()["key"]["kid"] == first
    listed = officer.vault_call("GET", "/keys/k/versions").json()["value"]
    assert {item["kid"] for item in listed} == {first, second}
    [item] = officer.vault_call("GET", "/keys").json()["value"]
    assert item["kid"] == f"https://{HOST}/keys/k"
    assert "key" not in item


def test_an_update_changes_attributes_and_tags_and_no_material(officer: Rig) -> None:
    made = make(officer, tags={"a": "b"})
    changed = officer.vault_call("PATCH", "/keys/k/", json={"attributes": {"exp": 2**32}}).json()
    assert changed["attributes"]["exp"] == 2**32
    assert (changed["tags"], changed["key"]) == ({"a": "b"}, made["key"])


def test_rotating_makes_a_version_of_the_same_type(officer: Rig) -> None:
    first = make(officer, crv="P-384", tags={"a": "b"})
    second = officer.vault_call("POST", "/keys/k/rotate", json={}).json()
    assert second["key"]["crv"] == "P-384"
    assert second["tags"] == {"a": "b"}
    assert "exp" not in second["attributes"]
    assert second["key"]["x"] != first["key"]["x"]
    policy = officer.vault_call("GET", "/keys/k/rotationpolicy").json()
    assert policy == {
        "id": f"https://{HOST}/keys/k/rotationpolicy",
        "lifetimeActions": [
            {"trigger": {"timeBeforeExpiry": "P30D"}, "action": {"type": "Notify"}}
        ],
        "attributes": {},
    }


def test_a_deleted_key_is_kept_and_recovered_with_its_material(officer: Rig) -> None:
    made = make(officer)
    deleted = officer.vault_call("DELETE", "/keys/k").json()
    assert deleted["recoveryId"] == f"https://{HOST}/deletedkeys/k"
    assert deleted["key"] == made["key"]
    assert refusal(sign(officer)) == (404, "KeyNotFound", None)
    answer = officer.vault_call("POST", "/keys/k/create", json={"kty": "EC"})
    assert refusal(answer) == (409, "Conflict", "ObjectIsDeletedButRecoverable")
    assert officer.vault_call("POST", "/deletedkeys/k/recover").json()["key"] == made["key"]
    assert sign(officer).status_code == 200
    officer.vault_call("DELETE", "/keys/k")
    assert officer.vault_call("DELETE", "/deletedkeys/k").status_code == 204
    assert make(officer)["key"]["x"] != made["key"]["x"]


def test_a_key_and_a_secret_of_one_name_are_two_things(officer: Rig) -> None:
    make(officer, "orders")
    put(officer, "orders")
    officer.vault_call("DELETE", "/keys/orders")
    assert officer.vault_call("GET", "/secrets/orders").status_code == 200


def test_a_crypto_user_uses_keys_and_makes_none(rig: Rig) -> None:
    rig.vault()
    rig.assign(CRYPTO_USER)
    answer = rig.vault_call("POST", "/keys/k/create", json={"kty": "EC"})
    assert refusal(answer) == (403, "Forbidden", "ForbiddenByRbac")
    for operation in ("sign", "verify", "wrapkey", "unwrapkey"):
        assert refusal(use(rig, operation)) == (404, "KeyNotFound", None)


def test_no_private_half_is_in_an_audit_row(officer: Rig) -> None:
    officer.diagnostics(category="AuditEvent")
    made = make(officer)
    sign(officer)
    create, used = officer.audit_rows()
    assert (create["OperationName"], used["OperationName"]) == ("KeyCreate", "KeySign")
    assert create["Id"] == used["Id"] == made["key"]["kid"]
    assert used["KeyProperties"] == create["KeyProperties"]
    assert (used["KeyProperties"]["type"], used["KeyProperties"]["curve"]) == ("EC", "P-256")
    assert "PRIVATE KEY" not in repr(officer.audit_rows())
