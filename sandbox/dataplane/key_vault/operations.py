"""The operations that a vault serves: their paths, their permissions, their names in audit rows.

Owns which path and method is which operation, and what Key Vault has that the sandbox has not.
Microsoft Learn, "Azure Key Vault REST API reference", "Azure permissions for Security" (data
actions) and "Azure Key Vault logging" (names).
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.dataplane.key_vault.requests import Target
from sandbox.vault_objects import Kind


@dataclass(frozen=True)
class Operation:
    """A data plane operation: its audit name, its RBAC data action and its access policy permission."""

    name: str
    kind: Kind
    data_action: str
    permission: str


def _operation(name: str, kind: Kind, data_action: str, permission: str) -> Operation:
    return Operation(name, kind, f"Microsoft.KeyVault/vaults/{data_action}", permission)


def _common(kind: Kind, noun: str, read: str) -> dict[tuple[str, str, str], Operation]:
    """What all three kinds have: listing, and what becomes of deleted objects."""
    live, gone = kind.value, f"deleted{kind.value}"

    def named(verb: str, action: str, permission: str) -> Operation:
        return _operation(f"{noun}{verb}", kind, action, permission)

    return {
        ("GET", live, "list"): named("List", read, "list"),
        ("GET", live, "versions"): named("ListVersions", read, "list"),
        ("DELETE", live, "name"): named("Delete", f"{live}/delete", "delete"),
        ("GET", gone, "list"): named("ListDeleted", read, "list"),
        ("GET", gone, "name"): named("GetDeleted", read, "get"),
        ("DELETE", gone, "name"): named("Purge", f"{live}/purge/action", "purge"),
        ("POST", gone, "recover"): named("Recover", f"{live}/recover/action", "recover"),
    }


def _secrets() -> dict[tuple[str, str, str], Operation]:
    kind = Kind.SECRET
    get = _operation("SecretGet", kind, "secrets/getSecret/action", "get")
    update = _operation("SecretUpdate", kind, "secrets/update/action", "set")
    return _common(kind, "Secret", "secrets/readMetadata/action") | {
        ("GET", "secrets", "name"): get,
        ("GET", "secrets", "version"): get,
        ("PUT", "secrets", "name"): _operation(
            "SecretSet", kind, "secrets/setSecret/action", "set"
        ),
        ("PATCH", "secrets", "name"): update,
        ("PATCH", "secrets", "version"): update,
    }


def _keys() -> dict[tuple[str, str, str], Operation]:
    kind = Kind.KEY
    get = _operation("KeyGet", kind, "keys/read", "get")
    update = _operation("KeyUpdate", kind, "keys/update/action", "update")
    return _common(kind, "Key", "keys/read") | {
        ("GET", "keys", "name"): get,
        ("GET", "keys", "version"): get,
        ("PATCH", "keys", "name"): update,
        ("PATCH", "keys", "version"): update,
        ("POST", "keys", "create"): _operation("KeyCreate", kind, "keys/create/action", "create"),
        ("POST", "keys", "rotate"): _operation("KeyRotate", kind, "keys/rotate/action", "rotate"),
        ("GET", "keys", "rotationpolicy"): _operation(
            "KeyRotationPolicyGet", kind, "keyrotationpolicies/read", "getrotationpolicy"
        ),
        ("POST", "keys", "sign"): _operation("KeySign", kind, "keys/sign/action", "sign"),
        ("POST", "keys", "verify"): _operation("KeyVerify", kind, "keys/verify/action", "verify"),
        ("POST", "keys", "wrapkey"): _operation("KeyWrap", kind, "keys/wrap/action", "wrapKey"),
        ("POST", "keys", "unwrapkey"): _operation(
            "KeyUnwrap", kind, "keys/unwrap/action", "unwrapKey"
        ),
    }


def _certificates() -> dict[tuple[str, str, str], Operation]:
    kind = Kind.CERTIFICATE
    read = "certificates/read"
    get = _operation("CertificateGet", kind, read, "get")
    return _common(kind, "Certificate", read) | {
        ("GET", "certificates", "name"): get,
        ("GET", "certificates", "version"): get,
        ("GET", "certificates", "policy"): _operation("CertificatePolicyGet", kind, read, "get"),
        ("GET", "certificates", "pending"): _operation("CertificatePendingGet", kind, read, "get"),
        ("POST", "certificates", "create"): _operation(
            "CertificateCreate", kind, "certificates/create/action", "create"
        ),
        ("POST", "certificates", "import"): _operation(
            "CertificateImport", kind, "certificates/import/action", "import"
        ),
    }


_SERVED = {**_secrets(), **_keys(), **_certificates()}
_REFUSED = {
    ("POST", "secrets", "backup"),
    ("POST", "secrets", "restore"),
    ("POST", "keys", "backup"),
    ("POST", "keys", "restore"),
    ("PUT", "keys", "name"),  # import
    ("PUT", "keys", "rotationpolicy"),
    ("POST", "keys", "encrypt"),
    ("POST", "keys", "decrypt"),
    ("POST", "keys", "release"),
    ("GET", "keys", "attestation"),
    ("PATCH", "certificates", "name"),
    ("PATCH", "certificates", "version"),
    ("PATCH", "certificates", "policy"),
    ("PATCH", "certificates", "pending"),
    ("DELETE", "certificates", "pending"),
    ("POST", "certificates", "merge"),
    ("POST", "certificates", "backup"),
    ("POST", "certificates", "restore"),
    *((method, "certificates", "contacts") for method in ("GET", "PUT", "DELETE")),
    *((method, "certificates", "issuers") for method in ("GET", "PUT", "PATCH", "DELETE")),
    *((method, "storage", "list") for method in ("GET", "PUT", "PATCH", "POST", "DELETE")),
    *((method, "rng", "list") for method in ("POST",)),
}
"""What Key Vault does and the sandbox doesn't: 501, by name."""

_SHAPES = {(collection, shape) for _, collection, shape in {*_SERVED, *_REFUSED}}


def find(method: str, target: Target) -> Operation:
    """The operation of a method on a target.

    Raises VaultError: 400 or 404 for no such path, 405 for no such method on it, 501 for what the
    sandbox hasn't.
    """
    place = (method, target.collection, target.shape)
    if place in _SERVED:
        return _SERVED[place]
    if place in _REFUSED:
        raise VaultError.not_served(method, target.pattern)
    if (target.collection, target.shape) in _SHAPES:
        raise VaultError(405, "MethodNotAllowed", f"HTTP {method} not allowed")
    if target.collection not in {collection for collection, _ in _SHAPES}:
        raise VaultError(404, "NotFound", f"Key Vault has no resource /{target.collection}")
    raise VaultError.bad_parameter(f"Method {method} does not allow operation '{target.shape}'")
