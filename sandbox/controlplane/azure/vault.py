"""`azure-native:keyvault:Vault`, and the soft-deleted vaults that block a name.

Rules from Microsoft Learn, "Key Vault soft-delete overview" and "Vaults - Create Or Update". Its
`properties` are `vault_properties.py`'s.
"""

from __future__ import annotations

import re

from sandbox import world
from sandbox.controlplane import errors
from sandbox.controlplane.azure import private_endpoint, vault_properties
from sandbox.controlplane.azure.arm import GROUP_PATH, RESOURCE_GROUP, AzureType
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.times import rfc3339
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

VAULT = "azure-native:keyvault:Vault"
DELETED_VAULT = "azure-native:keyvault:DeletedVault"
"""Store type of soft-deleted vaults; ids end in `locations/{location}/deletedVaults/{name}`."""

_NAME = re.compile(r"(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]")
_DAY = 86_400


class Vault(AzureType):
    """A deleted vault keeps its name and secrets until purged or its retention is over.

    Its role assignments go with it for good; its diagnostic settings stay behind, and so do its
    private endpoints, disconnected.
    """

    sdk = "pulumi_azure_native.keyvault.Vault"
    arm_type = "Microsoft.KeyVault/vaults"
    path = f"{GROUP_PATH}/providers/Microsoft.KeyVault/vaults/{{vaultName}}"
    name_input = "vaultName"
    replace_on = frozenset({"resourceGroupName", "vaultName"})
    children = ("azure-native:authorization:RoleAssignment",)

    def create(self, context: Context, inputs: Plain) -> str:
        if inputs["properties"].get("createMode") != "recover":
            return super().create(context, inputs)
        object_id = self.object_id(context, inputs)
        if context.find(self.token, object_id):
            raise self.already_exists(object_id)
        return self._recover(context, object_id, inputs)

    def _recover(self, context: Context, object_id: str, inputs: Plain) -> str:
        """The vault that was deleted, with what is in it, not a new one: hence its old age."""
        deleted = deleted_vault(context, inputs["vaultName"])
        if deleted is None or deleted.body["vaultId"].lower() != object_id.lower():
            raise errors.arm(
                400,
                "SoftDeletedVaultDoesNotExist",
                "A soft deleted vault with the given name does not exist. Ensure that the name for"
                " the vault that is being attempted to recover is in a recoverable state.",
            )
        body = self.body(context, object_id, inputs, deleted.body["vault"])
        context.cloud.store.remove(DELETED_VAULT, deleted.id, context.now)
        context.cloud.store.insert(self.token, object_id, body, deleted.body["vaultCreated"])
        return object_id

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        if previous is None:
            self._check_name(context, inputs["vaultName"])
        before = previous["properties"] if previous else {}
        return {
            "location": inputs["location"],
            "tags": inputs.get("tags", {}),
            "properties": vault_properties.complete(
                context, object_id, inputs["properties"], before
            ),
        }

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        body = super().read(context, object_id, state)
        if body is None:
            return None
        connections = private_endpoint.connections(context, object_id)
        return {
            **body,
            "properties": {**body["properties"], "privateEndpointConnections": connections},
        }

    def _check_name(self, context: Context, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise errors.arm(
                400,
                "VaultNameNotValid",
                f"The vault name '{name}' is invalid. A vault's name must be between 3-24"
                " alphanumeric characters. The name must begin with a letter, end with a letter or"
                " digit, and not contain consecutive hyphens.",
            )
        taken = {vault.body["name"].lower() for vault in context.all(self.token)}
        if name.lower() in {*taken, world.FOREIGN_VAULT}:
            raise errors.arm(
                409,
                "VaultAlreadyExists",
                f"The vault name '{name}' is already in use. Vault names are globally unique so it"
                " is possible that the name is already taken. If you are sure that the vault name"
                " was not taken then it is possible that a vault with the same name was recently"
                " deleted but not purged after being placed in a recoverable state.",
            )
        if deleted_vault(context, name) is not None:
            raise errors.arm(
                409,
                "ConflictError",
                "A vault with the same name already exists in deleted state. You need to either"
                " recover or purge existing key vault. Follow this link"
                " https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft"
                " delete.",
            )

    def before_delete(self, context: Context, found: StoredObject) -> None:
        super().before_delete(context, found)
        private_endpoint.disconnect(context, found.id)
        properties = found.body["properties"]
        days = properties["softDeleteRetentionInDays"]
        context.cloud.store.insert(
            DELETED_VAULT,
            f"{world.SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/"
            f"{found.body['location']}/deletedVaults/{found.body['name']}",
            {
                "name": found.body["name"],
                "vaultId": found.id,
                "location": found.body["location"],
                "deletionDate": rfc3339(context.now),
                "scheduledPurgeDate": rfc3339(context.now + days * _DAY),
                "purgeAt": context.now + days * _DAY,
                "purgeProtectionEnabled": properties.get("enablePurgeProtection", False),
                "vault": found.body,
                "vaultCreated": found.created,
            },
            context.now,
        )


def recover(context: Context, name: str) -> str | None:
    """Recover the soft-deleted vault of that name, as it was; its id.

    None where there is no such vault, or its resource group is gone, too: Azure needs it
    (Microsoft Learn, "Azure Key Vault recovery management").
    """
    with context.cloud.store.transaction():
        deleted = deleted_vault(context, name)
        if deleted is None:
            return None
        object_id = str(deleted.body["vaultId"])
        if context.find(RESOURCE_GROUP, object_id.partition("/providers/")[0]) is None:
            return None
        context.cloud.store.remove(DELETED_VAULT, deleted.id, context.now)
        body, created = deleted.body["vault"], deleted.body["vaultCreated"]
        context.cloud.store.insert(VAULT, object_id, body, created)
        return object_id


def deleted_vault(context: Context, name: str) -> StoredObject | None:
    """The soft-deleted vault that blocks a name; one past its retention is purged here."""
    for deleted in context.all(DELETED_VAULT):
        if deleted.body["name"].lower() != name.lower():
            continue
        if deleted.body["purgeAt"] > context.now:
            return deleted
        context.cloud.store.remove(DELETED_VAULT, deleted.id, context.now)
    return None
