"""Azure's built-in roles that the sandbox knows, with the data actions that Key Vault checks.

Names, ids and data actions as Microsoft Learn, "Azure built-in roles", lists them. Role assignments
name roles by these ids; the Key Vault endpoint decides by `data_actions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType

_VAULTS = "Microsoft.KeyVault/vaults"


@dataclass(frozen=True)
class Role:
    """`data_actions` may hold `*`. A role without any can't read a secret, Owner included."""

    name: str
    data_actions: tuple[str, ...] = ()

    def allows(self, data_action: str) -> bool:
        """Whether the role grants a data action, compared without regard to case."""
        wanted = data_action.lower()
        return any(fnmatchcase(wanted, pattern.lower()) for pattern in self.data_actions)


ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "00482a5a-887f-4fb3-b363-3b7fe8e74483": Role("Key Vault Administrator", (f"{_VAULTS}/*",)),
        "4633458b-17de-408a-b874-0445c86b69e6": Role(
            "Key Vault Secrets User",
            (
                f"{_VAULTS}/secrets/getSecret/action",
                f"{_VAULTS}/secrets/readMetadata/action",
            ),
        ),
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": Role(
            "Key Vault Secrets Officer", (f"{_VAULTS}/secrets/*",)
        ),
        "21090545-7ca7-4776-b22c-e363652d74d2": Role(
            "Key Vault Reader",
            (f"{_VAULTS}/*/read", f"{_VAULTS}/secrets/readMetadata/action"),
        ),
        "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba": Role(
            "Key Vault Certificate User",
            (
                f"{_VAULTS}/certificates/read",
                f"{_VAULTS}/secrets/getSecret/action",
                f"{_VAULTS}/secrets/readMetadata/action",
                f"{_VAULTS}/keys/read",
            ),
        ),
        "a4417e6f-fecd-4de8-b567-7b0420556985": Role(
            "Key Vault Certificates Officer",
            (
                f"{_VAULTS}/certificatecas/*",
                f"{_VAULTS}/certificates/*",
                f"{_VAULTS}/certificatecontacts/write",
            ),
        ),
        "12338af0-0e69-4776-bea7-57ae8d297424": Role(
            "Key Vault Crypto User",
            (
                f"{_VAULTS}/keys/read",
                f"{_VAULTS}/keys/update/action",
                f"{_VAULTS}/keys/backup/action",
                f"{_VAULTS}/keys/encrypt/action",
                f"{_VAULTS}/keys/decrypt/action",
                f"{_VAULTS}/keys/wrap/action",
                f"{_VAULTS}/keys/unwrap/action",
                f"{_VAULTS}/keys/sign/action",
                f"{_VAULTS}/keys/verify/action",
            ),
        ),
        "14b46e9e-c2b7-41b4-b07b-48a6ebf60603": Role(
            "Key Vault Crypto Officer",
            (f"{_VAULTS}/keys/*", f"{_VAULTS}/keyrotationpolicies/*"),
        ),
        "e147488a-f6f5-4113-8e2d-b22465e65bf6": Role(
            "Key Vault Crypto Service Encryption User",
            (
                f"{_VAULTS}/keys/read",
                f"{_VAULTS}/keys/wrap/action",
                f"{_VAULTS}/keys/unwrap/action",
            ),
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
"""By role definition GUID, lower case."""
