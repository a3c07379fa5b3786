"""Runs Azure's own clients against whatever the environment points them at; prints what they met.

Reads one JSON object from stdin: tenant, client, assertion, vault (URL), and steps; each step is
the name of a function below. Run by tests in a process of its own, with a proxy and a CA bundle in
its environment and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError
from azure.identity import ClientAssertionCredential
from azure.keyvault.certificates import (
    CertificateClient,
    CertificatePolicy,
    KeyVaultCertificate,
)
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import (
    CryptographyClient,
    EncryptionAlgorithm,
    KeyWrapAlgorithm,
    SignatureAlgorithm,
)
from azure.keyvault.secrets import SecretClient

DIGEST = hashlib.sha256(b"canary").digest()


class Clients:
    """Azure's clients of one vault."""

    def __init__(self, vault: str, credential: Any) -> None:  # noqa: ANN401 - azure-core's protocols
        self.credential = credential
        self.secrets = SecretClient(vault, credential, retry_total=0)
        self.keys = KeyClient(vault, credential, retry_total=0)
        self.certificates = CertificateClient(vault, credential, retry_total=0)

    def cryptography(self, name: str) -> CryptographyClient:
        """A client that knows the key by its id alone."""
        return CryptographyClient(f"{self.keys.vault_url}/keys/{name}", self.credential)

    def close(self) -> None:
        for client in (self.secrets, self.keys, self.certificates):
            client.close()


def set_and_get(clients: Clients) -> object:
    client = clients.secrets
    made = client.set_secret("orders", "canary-1", content_type="text/plain", tags={"a": "b"})
    read = client.get_secret("orders")
    return [read.value, read.properties.version == made.properties.version, read.properties.tags]


def versions(clients: Clients) -> object:
    client = clients.secrets
    old = client.get_secret("orders").properties.version
    client.set_secret("orders", "canary-2")
    listed = list(client.list_properties_of_secret_versions("orders", max_page_size=1))
    return [client.get_secret("orders", old).value, client.get_secret("orders").value, len(listed)]


def listing(clients: Clients) -> object:
    for number in range(3):
        clients.secrets.set_secret(f"more-{number}", "canary")
    return sorted(str(p.name) for p in clients.secrets.list_properties_of_secrets(max_page_size=2))


def disable(clients: Clients) -> object:
    clients.secrets.update_secret_properties("orders", enabled=False)
    return clients.secrets.get_secret("orders").value


def get(clients: Clients) -> object:
    return clients.secrets.get_secret("orders").value


def missing(clients: Clients) -> object:
    return clients.secrets.get_secret("missing").value


def delete_and_recover(clients: Clients) -> object:
    client = clients.secrets
    client.set_secret("passing", "canary-1")
    deletion = client.begin_delete_secret("passing")
    deletion.wait()
    kept = client.get_deleted_secret("passing")
    listed = [deleted.name for deleted in client.list_deleted_secrets()]
    recovery = client.begin_recover_deleted_secret("passing")
    recovery.wait()
    span = (kept.scheduled_purge_date - kept.deleted_date).days  # type: ignore[operator] # both there
    return [deletion.result().name, span, listed, client.get_secret("passing").value]


def delete_and_purge(clients: Clients) -> object:
    client = clients.secrets
    client.begin_delete_secret("passing").wait()
    client.purge_deleted_secret("passing")
    return client.set_secret("passing", "canary-2").value


def set_deleted(clients: Clients) -> object:
    clients.secrets.set_secret("gone", "canary")
    clients.secrets.begin_delete_secret("gone").wait()
    return clients.secrets.set_secret("gone", "canary").value


def keys_lives(clients: Clients) -> object:
    client = clients.keys
    first = client.create_ec_key("life", curve="P-384", tags={"a": "b"})
    second = client.rotate_key("life")
    client.update_key_properties("life", enabled=False)
    listed = [key.version for key in client.list_properties_of_key_versions("life")]
    names = [key.name for key in client.list_properties_of_keys()]
    policy = client.get_key_rotation_policy("life")
    client.begin_delete_key("life").wait()
    deleted = [key.name for key in client.list_deleted_keys()]
    client.begin_recover_deleted_key("life").wait()
    enabled = client.get_key("life").properties.enabled
    client.begin_delete_key("life").wait()
    client.purge_deleted_key("life")
    return [
        sorted(listed) == sorted([first.properties.version, second.properties.version]),  # type: ignore[type-var] # both there
        names,
        [action.action for action in policy.lifetime_actions],
        deleted,
        enabled,
    ]


def sign_and_verify(clients: Clients) -> object:
    """The vault signs; the client verifies by itself, with the public half it has fetched."""
    clients.keys.create_rsa_key("rsa", size=2048)
    for curve in ("P-256", "P-384", "P-521"):
        clients.keys.create_ec_key(f"ec-{curve}", curve=curve)
    met = {}
    for algorithm in SignatureAlgorithm:
        if algorithm.value not in SIGNERS:
            continue
        name, size = SIGNERS[algorithm.value], algorithm.value[2:]
        digest = hashlib.new(f"sha{size}", b"canary").digest()
        client = clients.cryptography(name)
        signature = client.sign(algorithm, digest).signature
        met[algorithm.value] = client.verify(algorithm, digest, signature).is_valid
    return met


SIGNERS = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "rsa"),
    "ES256": "ec-P-256",
    "ES384": "ec-P-384",
    "ES512": "ec-P-521",
}


def wrap_and_unwrap(clients: Clients) -> object:
    """The client wraps by itself; only the vault can unwrap."""
    client = clients.cryptography("rsa")
    return {
        algorithm.value: client.unwrap_key(
            algorithm, client.wrap_key(algorithm, b"canary").encrypted_key
        ).key.decode()
        for algorithm in (KeyWrapAlgorithm.rsa_oaep, KeyWrapAlgorithm.rsa_oaep_256)
    }


def all_by_the_vault(clients: Clients) -> object:
    """A caller that may not get the key leaves all four operations to the vault."""
    client = clients.cryptography("rsa")
    signature = client.sign(SignatureAlgorithm.ps256, DIGEST).signature
    wrapped = client.wrap_key(KeyWrapAlgorithm.rsa_oaep_256, b"canary").encrypted_key
    return [
        client.verify(SignatureAlgorithm.ps256, DIGEST, signature).is_valid,
        client.verify(SignatureAlgorithm.ps256, DIGEST, signature[::-1]).is_valid,
        client.unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped).key.decode(),
    ]


def sign_disabled(clients: Clients) -> object:
    clients.keys.create_ec_key("off", enabled=False)
    return clients.cryptography("off").sign(SignatureAlgorithm.es256, DIGEST).signature.hex()


def unserved(clients: Clients) -> object:
    clients.keys.create_rsa_key("old", size=2048)
    client = CryptographyClient(clients.keys.get_key("old"), clients.credential)
    return client.decrypt(EncryptionAlgorithm.rsa_oaep, b"x" * 256).plaintext.decode()


def issue_certificate(clients: Clients) -> object:
    client = clients.certificates
    policy = CertificatePolicy(
        issuer_name="Self",
        subject="CN=backend.example.com",
        content_type="application/x-pem-file",
    )
    made = client.begin_create_certificate("tls", policy).result()
    assert isinstance(made, KeyVaultCertificate)
    assert made.properties is not None
    version = str(made.properties.version)
    secret = clients.secrets.get_secret("tls", version)
    key = clients.keys.get_key("tls")
    return [
        made.secret_id == secret.id,
        made.key_id == key.id,
        secret.properties.content_type,
        str(secret.value).count("-----BEGIN"),
        [str(each) for each in key.key_operations],
        client.get_certificate_policy("tls").issuer_name,
        [each.name for each in client.list_properties_of_certificates()],
        len(list(client.list_properties_of_certificate_versions("tls"))),
        client.get_certificate_operation("tls").status,
        client.get_certificate_version("tls", version).cer == made.cer,
    ]


def certificates_lives(clients: Clients) -> object:
    client = clients.certificates
    client.begin_delete_certificate("tls").wait()
    deleted = [each.name for each in client.list_deleted_certificates()]
    client.begin_recover_deleted_certificate("tls").wait()
    pem = str(clients.secrets.get_secret("tls").value).encode()
    policy = CertificatePolicy(issuer_name="Self", content_type="application/x-pem-file")
    imported = client.import_certificate("copy", pem, policy=policy)
    same = imported.cer == client.get_certificate("tls").cer
    client.begin_delete_certificate("copy").wait()
    client.purge_deleted_certificate("copy")
    return [deleted, same]


STEPS: dict[str, Callable[[Clients], object]] = {
    step.__name__: step
    for step in (
        *(set_and_get, versions, listing, disable, get, missing),
        *(delete_and_recover, delete_and_purge, set_deleted),
        *(keys_lives, sign_and_verify, wrap_and_unwrap, all_by_the_vault),
        *(sign_disabled, unserved, issue_certificate, certificates_lives),
    )
}


def outcome(step: Callable[[Clients], object], clients: Clients) -> object:
    try:
        return step(clients)
    except HttpResponseError as error:
        inner = error.error.innererror if error.error else None
        return {
            "type": type(error).__name__,
            "status": error.status_code,
            "inner": (inner or {}).get("code"),
            "message": error.message,
        }
    except AzureError as error:
        return {"type": type(error).__name__, "message": str(error)}


def main() -> None:
    asked = json.load(sys.stdin)
    credential = ClientAssertionCredential(
        asked["tenant"], asked["client"], lambda: str(asked["assertion"])
    )
    clients = Clients(asked["vault"], credential)
    print(json.dumps([outcome(STEPS[name], clients) for name in asked["steps"]]))
    clients.close()


if __name__ == "__main__":
    main()
