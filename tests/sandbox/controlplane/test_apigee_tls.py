"""Keystores, their aliases, references, and the target servers that name them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.controlplane import pem
from tests.sandbox.controlplane.rig import (
    ALIAS,
    ENVIRONMENT,
    KEYSTORE,
    ORGANIZATION,
    REFERENCE,
    TARGET_SERVER,
    Clouds,
    Deployed,
    Plain,
    Refused,
)

_ENV: Plain = {"envId": f"{ORGANIZATION}/environments/alpha"}
_PLACE: Plain = {"orgId": "sandbox-gateway", "environment": "alpha", "keystore": "keys"}
_REFERENCE: Plain = {**_ENV, "name": "r", "refers": "keys", "resourceType": "KeyStore"}
_SERVER: Plain = {**_ENV, "name": "t", "host": "backend.example.com", "port": 443}
_KEY = pem.new_key()


@pytest.fixture(autouse=True)
def keystore(clouds: Clouds) -> Deployed:
    clouds.gcp.create(ENVIRONMENT, {"orgId": ORGANIZATION, "name": "alpha", "type": "INTERMEDIATE"})
    return clouds.gcp.create(KEYSTORE, {**_ENV, "name": "keys"})


def _alias(**files: str) -> Plain:
    return {**_PLACE, "alias": "a", "cert": pem.certificate(_KEY), **files}


def test_alias_with_a_key_is_told_as_apigee_tells_it(clouds: Clouds, keystore: Deployed) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    cert = pem.certificate(_KEY, start=start, days=36_500)
    made = clouds.gcp.create(ALIAS, _alias(cert=cert, key=pem.key_file(_KEY)))
    assert made["type"] == "KEY_CERT"
    (info,) = made["certsInfos"]
    public_key = info.pop("publicKey")
    assert len(public_key) > 100
    assert info == {
        "basicConstraints": "CA:TRUE",
        "validFrom": str(int(start.timestamp() * 1000)),
        "expiryDate": str(int((start + timedelta(days=36_500)).timestamp() * 1000)),
        "isValid": "Yes",
        "issuer": "CN=backend.example.com",
        "subject": "CN=backend.example.com",
        "serialNumber": "4711",
        "sigAlgName": "SHA256withECDSA",
        "subjectAlternativeNames": ["backend.example.com"],
        "version": 3,
    }
    again = clouds.gcp.read(keystore)
    assert again is not None
    assert again["aliases"] == ["a"]


def test_alias_without_a_key_is_a_truststores(clouds: Clouds) -> None:
    both = pem.certificate(_KEY) + pem.certificate(pem.new_key(), "other.example.com")
    made = clouds.gcp.create(ALIAS, _alias(cert=both))
    assert (made["type"], len(made["certsInfos"])) == ("CERT", 2)


def test_expired_certificate_is_taken_and_told(clouds: Clouds) -> None:
    made = clouds.gcp.create(ALIAS, _alias(cert=pem.certificate(_KEY, days=30)))
    assert made["certsInfos"][0]["isValid"] == "Yes"
    clouds.cloud.clock.advance(31 * 86_400)
    again = clouds.gcp.read(made)
    assert again is not None
    assert again["certsInfos"][0]["isValid"] == "No"
    future = pem.certificate(_KEY, start=datetime.now(UTC) + timedelta(days=400))
    early = clouds.gcp.create(ALIAS, {**_alias(cert=future), "alias": "early"})
    assert early["certsInfos"][0]["isValid"] == "Not yet"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"cert": "no certificate"}, "certFile holds no PEM certificate"),
        ({"key": "no key"}, "keyFile holds no PEM private key"),
        ({"key": pem.key_file(pem.new_key())}, "is not that of the certificate"),
        ({"key": pem.key_file(_KEY, "canary-password")}, "keyFile holds no PEM private key"),
        (
            {"key": pem.key_file(_KEY, "canary-password"), "password": "canary-other"},
            "keyFile holds no PEM private key",
        ),
    ],
)
def test_files_are_checked_for_real(clouds: Clouds, files: dict[str, str], words: str) -> None:
    with pytest.raises(Refused, match=words) as refusal:
        clouds.gcp.create(ALIAS, _alias(**files))
    assert "canary" not in str(refusal.value)


def test_encrypted_key_is_read_with_its_password(clouds: Clouds) -> None:
    password = "canary-password"
    files = {"key": pem.key_file(_KEY, password), "password": password}
    assert clouds.gcp.create(ALIAS, _alias(**files))["type"] == "KEY_CERT"


def test_new_certificate_is_an_update_and_must_fit_the_key(clouds: Clouds) -> None:
    inputs = _alias(key=pem.key_file(_KEY))
    made = clouds.gcp.create(ALIAS, inputs)
    renewed = {**inputs, "cert": pem.certificate(_KEY, "renewed.example.com")}
    assert clouds.gcp.diff(made, renewed).replaced == set()
    clouds.gcp.update(made, renewed)
    assert made["certsInfos"][0]["subject"] == "CN=renewed.example.com"
    with pytest.raises(Refused, match="is not that of the certificate"):
        clouds.gcp.update(made, {**inputs, "cert": pem.certificate(pem.new_key())})


def test_update_sends_the_certificate_only_and_looks_at_no_password(clouds: Clouds) -> None:
    files = {"key": pem.key_file(_KEY, "canary-password"), "password": "canary-password"}
    inputs = _alias(**files)
    made = clouds.gcp.create(ALIAS, inputs)
    wrong = {**inputs, "password": "canary-wrong"}
    assert clouds.gcp.diff(made, wrong).replaced == set()
    clouds.gcp.update(made, wrong)
    assert made["type"] == "KEY_CERT"


def test_new_key_collides_because_the_create_comes_first(clouds: Clouds) -> None:
    made = clouds.gcp.create(ALIAS, _alias(key=pem.key_file(_KEY)))
    other = pem.new_key()
    changed = _alias(cert=pem.certificate(other), key=pem.key_file(other))
    difference = clouds.gcp.diff(made, changed)
    assert (difference.replaced, difference.deletes_first) == ({"key"}, False)
    with pytest.raises(Refused, match="Error 409"):
        clouds.gcp.create(ALIAS, changed)


def test_refresh_of_an_alias_that_is_gone_is_an_error(clouds: Clouds) -> None:
    made = clouds.gcp.create(ALIAS, _alias())
    clouds.gcp.delete(made)
    with pytest.raises(Refused, match="Error 404"):
        clouds.gcp.read(made)


def test_alias_needs_its_keystore(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="Error 404"):
        clouds.gcp.create(ALIAS, {**_alias(), "keystore": "none"})


@pytest.mark.parametrize("name", ["a/b", "", "x" * 256])
def test_keystores_name_is_checked(clouds: Clouds, name: str) -> None:
    with pytest.raises(Refused, match="must match"):
        clouds.gcp.create(KEYSTORE, {**_ENV, "name": name})


def test_reference_names_a_keystore_that_exists_and_can_be_pointed_elsewhere(
    clouds: Clouds,
) -> None:
    with pytest.raises(Refused, match="Error 404"):
        clouds.gcp.create(REFERENCE, {**_REFERENCE, "refers": "none"})
    made = clouds.gcp.create(REFERENCE, _REFERENCE)
    clouds.gcp.create(KEYSTORE, {**_ENV, "name": "renewed"})
    moved = {**_REFERENCE, "refers": "renewed"}
    assert clouds.gcp.diff(made, moved).replaced == set()
    clouds.gcp.update(made, moved)
    assert made["refers"] == "renewed"


@pytest.mark.parametrize("change", [{"resourceType": "Keystore"}, {"name": "a/b"}])
def test_reference_is_checked(clouds: Clouds, change: Plain) -> None:
    with pytest.raises(Refused, match="Error 400"):
        clouds.gcp.create(REFERENCE, {**_REFERENCE, **change})


def test_what_something_names_cannot_be_deleted(clouds: Clouds, keystore: Deployed) -> None:
    reference = clouds.gcp.create(REFERENCE, _REFERENCE)
    tls = {"enabled": True, "keyStore": "ref://r", "trustStore": "keys"}
    server = clouds.gcp.create(TARGET_SERVER, {**_SERVER, "sSlInfo": tls})
    with pytest.raises(Refused, match="is in use by"):
        clouds.gcp.delete(reference)
    with pytest.raises(Refused, match="is in use by"):
        clouds.gcp.delete(keystore)
    clouds.gcp.update(server, {**_SERVER, "sSlInfo": {**tls, "trustStore": "ref://r"}})
    with pytest.raises(Refused, match=r"is in use by .*references/r"):
        clouds.gcp.delete(keystore)
    for unused in (server, reference, keystore):
        clouds.gcp.delete(unused)


def test_aliases_go_with_their_keystore(clouds: Clouds, keystore: Deployed) -> None:
    clouds.gcp.create(ALIAS, _alias())
    clouds.gcp.delete(keystore)
    assert clouds.cloud.store.all(ALIAS) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"port": 0}, "is not between 1 and 65535"),
        ({"port": 65_536}, "is not between 1 and 65535"),
        ({"host": ""}, "needs a host"),
        ({"name": "a/b"}, "must match"),
        ({"protocol": "TCP"}, "expected protocol to be one of"),
        ({"sSlInfo": {"enabled": True, "keyStore": "ref://none"}}, "references/none not found"),
        ({"sSlInfo": {"enabled": True, "trustStore": "none"}}, "keystores/none not found"),
        ({"envId": f"{ORGANIZATION}/environments/none"}, "Error 404"),
    ],
)
def test_target_server_is_checked(clouds: Clouds, change: Plain, words: str) -> None:
    with pytest.raises(Refused, match=words):
        clouds.gcp.create(TARGET_SERVER, {**_SERVER, **change})


def test_target_server_is_on_and_http_unless_told_otherwise(clouds: Clouds) -> None:
    made = clouds.gcp.create(TARGET_SERVER, _SERVER)
    assert (made["isEnabled"], made["protocol"]) == (True, "HTTP")
    moved = {**_SERVER, "host": "other.example.com", "isEnabled": False}
    assert clouds.gcp.diff(made, moved).replaced == set()
    clouds.gcp.update(made, moved)
    assert (made["host"], made["isEnabled"], made["protocol"]) == (
        "other.example.com",
        False,
        "HTTP",
    )
    replaced = clouds.gcp.diff(made, {**moved, "protocol": "HTTP2"})
    assert (replaced.replaced, replaced.deletes_first) == ({"protocol"}, True)
