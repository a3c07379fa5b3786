"""Azure's roles: the built-in ones that the sandbox knows, and the custom ones of its control plane.

Names, ids and data actions as Microsoft Learn lists them ("Azure built-in roles", "Azure permissions
for Security"). Role assignments name roles by these ids; the Key Vault endpoint decides by data
actions. Control-plane actions aren't evaluated: whoever deploys may do everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from sandbox.cloud import Cloud

_DEFINITION = "azure-native:authorization:RoleDefinition"
_VAULTS = "Microsoft.KeyVault/vaults"


def _vault_actions(kind: str, *actions: str) -> frozenset[str]:
    return frozenset(f"{_VAULTS}/{kind}/{action}".lower() for action in actions)


_SHARED = ("delete", "backup/action", "purge/action", "update/action", "recover/action")
DATA_ACTIONS = (
    _vault_actions("certificatecas", "delete", "read", "write")
    | _vault_actions("certificatecontacts", "write")
    | _vault_actions("certificates", *_SHARED, "read", "create/action", "import/action")
    | _vault_actions("certificates", "restore/action")
    | _vault_actions("keyrotationpolicies", "read", "write")
    | _vault_actions("keys", *_SHARED, "read", "create/action", "import/action", "restore/action")
    | _vault_actions("keys", "encrypt/action", "decrypt/action", "wrap/action", "unwrap/action")
    | _vault_actions("keys", "sign/action", "verify/action", "release/action", "rotate/action")
    | _vault_actions("secrets", *_SHARED, "restore/action", "readMetadata/action")
    | _vault_actions("secrets", "getSecret/action", "setSecret/action")
)
"""Every data action that Key Vault checks, lower case."""


@dataclass(frozen=True)
class Permission:
    """What one entry of a role allows: `data_actions` less `not_data_actions`, both with `*`."""

    data_actions: tuple[str, ...]
    not_data_actions: tuple[str, ...] = ()

    def allows(self, data_action: str) -> bool:
        """Whether it grants a data action, compared without regard to case."""
        return _any(self.data_actions, data_action) and not _any(self.not_data_actions, data_action)


@dataclass(frozen=True)
class Role:
    """A role without data actions can't read a secret, Owner included."""

    name: str
    permissions: tuple[Permission, ...] = ()

    def allows(self, data_action: str) -> bool:
        """Whether any of its permissions grants a data action."""
        return any(permission.allows(data_action) for permission in self.permissions)


def find(cloud: Cloud, role_definition_id: str) -> Role | None:
    """The role of an id (its last segment is the GUID): built in, else a custom one, else None."""
    guid = role_definition_id.rsplit("/", 1)[-1].lower()
    if guid in ROLES:
        return ROLES[guid]
    for definition in cloud.store.all(_DEFINITION):
        if definition.id.rsplit("/", 1)[-1].lower() == guid:
            return _custom(definition.body)
    return None


def allows(cloud: Cloud, role_definition_id: str, data_action: str) -> bool:
    """Whether the role of an id grants a data action; a role that isn't there grants nothing."""
    role = find(cloud, role_definition_id)
    return role is not None and role.allows(data_action)


def matches_data_actions(pattern: str) -> bool:
    """Whether a pattern (`*` for any characters) stands for at least one known data action."""
    return any(fnmatchcase(action, pattern.lower()) for action in DATA_ACTIONS)


def is_data_action_only(action: str) -> bool:
    """Whether an action without wildcard is of the data plane, where `actions` don't count.

    `read`, `write` and `delete` of keys and secrets are control-plane actions of the same name.
    """
    return action.lower() in DATA_ACTIONS and action.lower().endswith("/action")


def _any(patterns: tuple[str, ...], data_action: str) -> bool:
    return any(fnmatchcase(data_action.lower(), pattern.lower()) for pattern in patterns)


def _custom(body: Mapping[str, Any]) -> Role:
    return Role(
        body["roleName"],
        tuple(
            Permission(tuple(item["dataActions"]), tuple(item["notDataActions"]))
            for item in body["permissions"]
        ),
    )


def _built_in(name: str, *data_actions: str) -> Role:
    return Role(name, (Permission(tuple(f"{_VAULTS}/{a}" for a in data_actions)),))


ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "00482a5a-887f-4fb3-b363-3b7fe8e74483": _built_in("Key Vault Administrator", "*"),
        "4633458b-17de-408a-b874-0445c86b69e6": _built_in(
            "Key Vault Secrets User", "secrets/getSecret/action", "secrets/readMetadata/action"
        ),
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": _built_in("Key Vault Secrets Officer", "secrets/*"),
        "21090545-7ca7-4776-b22c-e363652d74d2": _built_in(
            "Key Vault Reader", "*/read", "secrets/readMetadata/action"
        ),
        "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba": _built_in(
            "Key Vault Certificate User",
            "certificates/read",
            "secrets/getSecret/action",
            "secrets/readMetadata/action",
            "keys/read",
        ),
        "a4417e6f-fecd-4de8-b567-7b0420556985": _built_in(
            "Key Vault Certificates Officer",
            "certificatecas/*",
            "certificates/*",
            "certificatecontacts/write",
        ),
        "12338af0-0e69-4776-bea7-57ae8d297424": _built_in(
            "Key Vault Crypto User",
            "keys/read",
            "keys/update/action",
            "keys/backup/action",
            "keys/encrypt/action",
            "keys/decrypt/action",
            "keys/wrap/action",
            "keys/unwrap/action",
            "keys/sign/action",
            "keys/verify/action",
        ),
        "14b46e9e-c2b7-41b4-b07b-48a6ebf60603": _built_in(
            "Key Vault Crypto Officer", "keys/*", "keyrotationpolicies/*"
        ),
        "e147488a-f6f5-4113-8e2d-b22465e65bf6": _built_in(
            "Key Vault Crypto Service Encryption User",
            "keys/read",
            "keys/wrap/action",
            "keys/unwrap/action",
        ),
        "a68e7c17-0ab2-4c09-9a58-125dae29748c": Role("Key Vault Purge Operator"),
        "8b54135c-b56d-4d72-a534-26097cfdc8d8": Role("Key Vault Data Access Administrator"),
        "f25e0fa2-a7c8-4377-a976-54943a77a395": Role("Key Vault Contributor"),
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": Role("Owner"),
        "b24988ac-6180-42a0-ab88-20f7382dd24c": Role("Contributor"),
        "acdd72a7-3385-48ef-bd42-f606fba81ae7": Role("Reader"),
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": Role("User Access Administrator"),
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168": Role("Role Based Access Control Administrator"),
    }
)
"""The built-in roles by role definition GUID, lower case."""
