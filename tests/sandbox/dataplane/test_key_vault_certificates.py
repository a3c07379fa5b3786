"""Certificates, and the key and the secret that each has."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from sandbox.vault_keys import PrivateKey
from tests.sandbox.dataplane.rig import HOST, Rig
from tests.sandbox.dataplane.test_key_vault import ADMINISTRATOR, put, refusal

PEM = "application/x-pem-file"
PKCS12 = "application/x-pkcs12"
CERTIFICATE_USER = "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba"


@pytest.fixture
def officer(rig: Rig) -> Rig:
    """A vault whose reader may do everything."""
    rig.vault()
    rig.assign(ADMINISTRATOR)
    return rig


def policy(content_type: str = PEM, **key_props: object) -> dict[str, Any]:
    return {
        "key_props": {"kty": "EC", **key_props},
        "secret_props": {"contentType": content_type},
        "x509_props": {
            "subject": "cn=backend.example.com",
            "sans": {"dns_names": ["backend.example.com"]},
        },
        "issuer": {"name": "Self"},
    }


def create(rig: Rig, name: str = "tls", **body: object) -> httpx.Response:
    return rig.vault_call("POST", f"/certificates/{name}/create", json={"policy": policy(), **body})


def get(rig: Rig, path: str) -> dict[str, Any]:
    answer = rig.vault_call("GET", path)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def x509_of(bundle: dict[str, Any]) -> x509.Certificate:
    return x509.load_der_x509_certificate(base64.b64decode(bundle["cer"]))


def file(
    password: bytes | None = None,
    key: PrivateKey | None = None,
    public: rsa.RSAPublicKey | None = None,
    pem: bool = False,
    without_key: bool = False,
) -> bytes:
    """A file that nobody here made by the policy's rules: PKCS#12, or PEM."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "imported.example.com")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public or key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    encryption = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    if pem:
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
        )
        text = certificate.public_bytes(serialization.Encoding.PEM)
        return text if without_key else private + text
    held = None if without_key else key
    return pkcs12.serialize_key_and_certificates(None, held, certificate, None, encryption)


def import_(rig: Rig, content: bytes, **body: object) -> httpx.Response:
    value = base64.b64encode(content).decode()
    return rig.vault_call("POST", "/certificates/tls/import", json={"value": value, **body})


def test_a_certificate_is_issued_once_its_state_is_asked_for(officer: Rig) -> None:
    begun = create(officer, tags={"a": "b"})
    assert begun.status_code == 202
    pending = begun.json()
    assert pending["status"] == "inProgress"
    assert begun.headers["location"].startswith(f"https://{HOST}/certificates/tls/pending?")
    done = get(officer, "/certificates/tls/pending")
    assert (done["status"], done["target"]) == ("completed", f"https://{HOST}/certificates/tls")
    assert done["request_id"] == pending["request_id"]
    request = x509.load_der_x509_csr(base64.b64decode(done["csr"]))
    assert request.is_signature_valid
    bundle = get(officer, "/certificates/tls/")
    assert bundle["tags"] == {"a": "b"}
    assert request.public_key() == x509_of(bundle).public_key()


def test_a_certificate_has_a_key_and_a_secret_of_its_name_and_version(officer: Rig) -> None:
    create(officer)
    bundle = get(officer, "/certificates/tls")
    version = bundle["id"].rsplit("/", 1)[1]
    assert bundle["kid"] == f"https://{HOST}/keys/tls/{version}"
    assert bundle["sid"] == f"https://{HOST}/secrets/tls/{version}"
    key, secret = get(officer, "/keys/tls"), get(officer, "/secrets/tls")
    assert (key["key"]["kid"], key["managed"]) == (bundle["kid"], True)
    assert (secret["id"], secret["kid"], secret["managed"]) == (bundle["sid"], bundle["kid"], True)
    for each in (key, secret):
        assert each["attributes"]["exp"] == bundle["attributes"]["exp"]
    der = base64.b64decode(bundle["cer"])
    thumbprint = base64.urlsafe_b64encode(hashlib.sha1(der).digest()).rstrip(b"=").decode()  # noqa: S324 - x5t's
    assert bundle["x5t"] == thumbprint
    certificate = x509_of(bundle)
    assert certificate.subject.rfc4514_string() == "CN=backend.example.com"
    assert int(certificate.not_valid_after_utc.timestamp()) == bundle["attributes"]["exp"]
    certificate.verify_directly_issued_by(certificate)


def test_a_pem_secret_is_the_key_and_the_certificate(officer: Rig) -> None:
    create(officer)
    secret = get(officer, "/secrets/tls")
    assert secret["contentType"] == PEM
    key = serialization.load_pem_private_key(secret["value"].encode(), None)
    certificate = x509.load_pem_x509_certificate(secret["value"].encode())
    assert key.public_key() == certificate.public_key()
    assert certificate == x509_of(get(officer, "/certificates/tls"))


def test_a_pkcs12_secret_is_one_too_and_comes_as_pem_where_asked(officer: Rig) -> None:
    create(officer, policy=policy(PKCS12))
    secret = get(officer, "/secrets/tls")
    assert secret["contentType"] == PKCS12
    key, certificate, _ = pkcs12.load_key_and_certificates(base64.b64decode(secret["value"]), None)
    assert key is not None
    assert certificate is not None
    assert key.public_key() == certificate.public_key()
    pem = get(officer, f"/secrets/tls?outContentType={PEM}")
    assert pem["contentType"] == PEM
    assert x509.load_pem_x509_certificate(pem["value"].encode()) == certificate
    refused = officer.vault_call("GET", "/secrets/tls?outContentType=text/plain")
    assert refusal(refused) == (400, "BadParameter", None)


@pytest.mark.parametrize("content_type", [PEM, PKCS12])
def test_a_key_that_is_not_exportable_is_not_in_the_secret(officer: Rig, content_type: str) -> None:
    create(officer, policy=policy(content_type, exportable=False))
    value = get(officer, "/secrets/tls")["value"]
    if content_type == PEM:
        assert "PRIVATE KEY" not in value
        assert "CERTIFICATE" in value
    else:
        assert pkcs12.load_key_and_certificates(base64.b64decode(value), None)[0] is None
    digest = base64.urlsafe_b64encode(b"x" * 32).decode()
    body = {"alg": "ES256", "value": digest}
    assert officer.vault_call("POST", "/keys/tls/sign", json=body).status_code == 200


def test_the_key_does_what_the_certificates_usages_say(officer: Rig) -> None:
    asked = policy(kty="RSA")
    asked["x509_props"]["key_usage"] = ["digitalSignature"]
    create(officer, policy=asked)
    assert get(officer, "/keys/tls")["key"]["key_ops"] == ["sign", "verify"]
    create(officer, "other", policy=policy(kty="RSA"))
    operations = get(officer, "/keys/other")["key"]["key_ops"]
    assert operations == ["sign", "verify", "wrapKey", "unwrapKey"]


def test_the_policy_has_key_vaults_defaults(officer: Rig) -> None:
    asked = policy()
    del asked["key_props"], asked["secret_props"]
    create(officer, policy=asked)
    kept = get(officer, "/certificates/tls/policy")
    assert kept["id"] == f"https://{HOST}/certificates/tls/policy"
    assert kept["key_props"] == {
        "exportable": True,
        "kty": "RSA",
        "key_size": 2048,
        "reuse_key": False,
    }
    assert kept["secret_props"] == {"contentType": PKCS12}
    assert kept["x509_props"]["validity_months"] == 12
    assert kept["x509_props"]["key_usage"] == ["digitalSignature", "keyEncipherment"]


def test_a_next_version_needs_no_policy_and_the_old_one_stays(officer: Rig) -> None:
    create(officer)
    first = get(officer, "/certificates/tls")
    assert create(officer, policy=None).status_code == 202
    second = get(officer, "/certificates/tls")
    assert second["kid"] != first["kid"]
    version = first["id"].rsplit("/", 1)[1]
    assert get(officer, f"/certificates/tls/{version}")["cer"] == first["cer"]
    listed = get(officer, "/certificates/tls/versions")["value"]
    assert {item["id"] for item in listed} == {first["id"], second["id"]}
    [item] = get(officer, "/certificates")["value"]
    assert (item["id"], item["x5t"]) == (f"https://{HOST}/certificates/tls", second["x5t"])


@pytest.mark.parametrize(
    "props",
    [
        {"subject": "", "sans": {}},
        {"subject": "backend.example.com"},
        {"key_usage": ["everything"]},
        {"key_usage": [["digitalSignature"]]},
        {"sans": {"dns_names": 7}},
        {"ekus": ["serverAuth"]},
        {"validity_months": 0},
        {"validity_months": 5_000},
        {"sans": {"dns_names": [7]}},
        {"sans": {"dns_names": ["café.example.com"]}},
    ],
)
def test_a_policy_that_makes_no_certificate_is_a_bad_parameter(
    officer: Rig, props: dict[str, Any]
) -> None:
    asked = policy()
    asked["x509_props"] |= props
    assert refusal(create(officer, policy=asked)) == (400, "BadParameter", None)
    for path in ("/certificates/tls", "/keys/tls", "/secrets/tls"):
        assert refusal(officer.vault_call("GET", path))[0] == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": {"name": "Unknown"}},
        {"issuer": {"name": "DigiCert"}},
        {"issuer": None},
        {"key_props": {"kty": "RSA-HSM"}},
        {"key_props": {"kty": "RSA", "reuse_key": True}},
        {"x509_props": {"sans": {"uris": ["https://example.com"]}}},
    ],
)
def test_what_the_sandbox_does_not_issue_is_refused_by_name(
    officer: Rig, changes: dict[str, Any]
) -> None:
    answer = create(officer, policy={**policy(), **changes})
    assert refusal(answer) == (501, "NotImplemented", None)


@pytest.mark.parametrize("password", [None, b"canary-password"])
def test_a_pkcs12_file_is_imported(officer: Rig, password: bytes | None) -> None:
    more = {} if password is None else {"pwd": password.decode()}
    bundle = import_(officer, file(password), **more).json()
    assert x509_of(bundle).serial_number == 7
    assert bundle["policy"]["issuer"] == {"name": "Unknown"}
    assert bundle["policy"]["key_props"]["crv"] == "P-256"
    secret = get(officer, "/secrets/tls")
    key, certificate, _ = pkcs12.load_key_and_certificates(base64.b64decode(secret["value"]), None)
    assert key is not None
    assert certificate == x509_of(bundle)
    assert refusal(officer.vault_call("GET", "/certificates/tls/pending"))[0] == 404


def test_an_imported_certificates_next_version_names_no_issuer_and_is_refused_by_name(
    officer: Rig,
) -> None:
    bundle = import_(officer, file()).json()
    assert refusal(create(officer, policy=None)) == (501, "NotImplemented", None)
    assert get(officer, "/certificates/tls") == bundle


def test_a_pem_file_is_imported(officer: Rig) -> None:
    content = file(pem=True)
    as_pem = {"policy": {"secret_props": {"contentType": PEM}}}
    bundle = import_(officer, content, **as_pem).json()
    body = {"value": content.decode(), **as_pem}
    again = officer.vault_call("POST", "/certificates/tls/import", json=body).json()
    assert again["cer"] == bundle["cer"]
    value = get(officer, "/secrets/tls")["value"]
    assert x509.load_pem_x509_certificate(value.encode()) == x509_of(bundle)


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (b"", {}),
        (b"garbage", {}),
        (file(b"canary-password"), {"pwd": "wrong"}),
        (file(b"canary-password"), {}),
        (file(without_key=True), {}),
        (file(pem=True), {}),
        (file(), {"policy": {"secret_props": {"contentType": PEM}}}),
        (file(), {"policy": {"secret_props": {"contentType": "text/plain"}}}),
        (file(pem=True, without_key=True), {"policy": {"secret_props": {"contentType": PEM}}}),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            {"policy": {"secret_props": {"contentType": PEM}}},
        ),
        (file(key=ec.generate_private_key(ec.SECP256K1())), {}),
        (file(key=rsa.generate_private_key(65537, 1024)), {}),  # noqa: S505 - what must be refused
        (file(public=rsa.generate_private_key(65537, 2048).public_key(), pem=True), {}),
    ],
)
def test_a_file_that_holds_no_certificate_with_its_key_is_a_bad_parameter(
    officer: Rig, content: bytes, body: dict[str, Any]
) -> None:
    assert refusal(import_(officer, content, **body)) == (400, "BadParameter", None)
    assert refusal(officer.vault_call("GET", "/secrets/tls"))[0] == 404


def test_a_certificates_key_and_secret_change_only_with_it(officer: Rig) -> None:
    create(officer)
    for method, path, noun in (
        ("DELETE", "/secrets/tls", "Secret"),
        ("PUT", "/secrets/tls", "Secret"),
        ("PATCH", "/secrets/tls/", "Secret"),
        ("DELETE", "/keys/tls", "Key"),
        ("PATCH", "/keys/tls/", "Key"),
        ("POST", "/keys/tls/create", "Key"),
        ("POST", "/keys/tls/rotate", "Key"),
    ):
        answer = officer.vault_call(method, path, json={"value": "canary", "kty": "EC"})
        assert refusal(answer) == (403, "Forbidden", f"{noun}ManagedByKeyVault"), path


@pytest.mark.parametrize("kind", ["key", "secret"])
def test_a_certificate_does_not_take_the_name_of_a_live_key_or_secret(
    officer: Rig, kind: str
) -> None:
    if kind == "key":
        officer.vault_call("POST", "/keys/TLS/create", json={"kty": "EC"})
    else:
        put(officer, "TLS")
    kept = get(officer, f"/{kind}s/tls")
    for answer in (create(officer), import_(officer, file())):
        assert refusal(answer) == (409, "Conflict", None)
        assert f"A {kind} with the name TLS" in answer.json()["error"]["message"]
    assert get(officer, f"/{kind}s/tls") == kept
    assert refusal(officer.vault_call("GET", "/certificates/tls"))[0] == 404


def test_a_deleted_certificate_takes_key_and_secret_along_and_brings_them_back(
    officer: Rig,
) -> None:
    create(officer)
    bundle = get(officer, "/certificates/tls")
    deleted = officer.vault_call("DELETE", "/certificates/tls").json()
    assert deleted["recoveryId"] == f"https://{HOST}/deletedcertificates/tls"
    for kind in ("certificates", "keys", "secrets"):
        assert refusal(officer.vault_call("GET", f"/{kind}/tls"))[0] == 404
    for kind in ("keys", "secrets"):
        assert get(officer, f"/deleted{kind}/tls")["managed"] is True
        for method, path in (("DELETE", ""), ("POST", "/recover")):
            answer = officer.vault_call(method, f"/deleted{kind}/tls{path}")
            assert refusal(answer)[2] == f"{kind.capitalize()[:-1]}ManagedByKeyVault"
    for method, path, body in (
        ("POST", "/certificates/tls/create", {"policy": policy()}),
        ("PUT", "/secrets/tls", {"value": "canary"}),
        ("POST", "/keys/tls/create", {"kty": "EC"}),
    ):
        answer = officer.vault_call(method, path, json=body)
        assert refusal(answer) == (409, "Conflict", "ObjectIsDeletedButRecoverable")
    recovered = officer.vault_call("POST", "/deletedcertificates/tls/recover").json()
    assert recovered == bundle
    assert get(officer, "/secrets/tls")["id"] == bundle["sid"]
    officer.vault_call("DELETE", "/certificates/tls")
    assert officer.vault_call("DELETE", "/deletedcertificates/tls").status_code == 204
    put(officer, "tls")


def test_a_certificate_user_reads_the_certificate_and_its_secret(rig: Rig) -> None:
    rig.vault()
    admin = rig.assign(ADMINISTRATOR)
    create(rig)
    rig.cloud.store.remove("azure-native:authorization:RoleAssignment", admin, 0)
    rig.assign(CERTIFICATE_USER)
    for path in ("/certificates/tls", "/secrets/tls", "/keys/tls"):
        get(rig, path)
    assert refusal(create(rig)) == (403, "Forbidden", "ForbiddenByRbac")


def test_a_disabled_certificates_secret_is_disabled(officer: Rig) -> None:
    create(officer, attributes={"enabled": False})
    assert get(officer, "/certificates/tls")["attributes"]["enabled"] is False
    answer = officer.vault_call("GET", "/secrets/tls")
    assert refusal(answer) == (403, "Forbidden", "SecretDisabled")
