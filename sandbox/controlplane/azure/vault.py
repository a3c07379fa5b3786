"""`azure-native:keyvault:Vault`, and the soft-deleted vaults that block a name.

Rules from Microsoft Learn, "Key Vault soft-delete overview" and "Vaults - Create Or Update".
"""

from __future__ import annotations

import ipaddress
import re

from pulumi_azure_native import keyvault

from sandbox import world
from sandbox.controlplane import errors
from sandbox.controlplane.azure.arm import GROUP_PATH, AzureType
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.times import rfc3339
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

DELETED_VAULT = "azure-native:keyvault:DeletedVault"
"""Store type of soft-deleted vaults; ids end in `locations/{location}/deletedVaults/{name}`."""

_NAME = re.compile(r"(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]")
_RETENTION_DAYS = range(7, 91)
_DAY = 86_400


class Vault(AzureType):
    """A deleted vault keeps its name and secrets until purged or its retention is over.

    Its role assignments go with it for good; its diagnostic settings stay behind.
    """

    sdk = keyvault.Vault
    arm_type = "Microsoft.KeyVault/vaults"
    path = f"{GROUP_PATH}/providers/Microsoft.KeyVault/vaults/{{vaultName}}"
    name_input = "vaultName"
    replace_on = frozenset({"resourceGroupName", "vaultName"})
    children = ("azure-native:authorization:RoleAssignment",)

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        if previous is None:
            self._check_name(context, object_id, inputs)
        elif _place(previous["location"]) != _place(inputs["location"]):
            raise errors.arm(
                409,
                "InvalidResourceLocation",
                f"The resource '{inputs['vaultName']}' already exists in location"
                f" '{previous['location']}'. A resource with the same name cannot be created in"
                f" location '{inputs['location']}'. Please select a new resource name.",
            )
        before = previous["properties"] if previous else {}
        properties = dict(inputs["properties"])
        _check_properties(properties, before)
        properties.pop("createMode", None)
        return {
            "location": inputs["location"],
            "tags": inputs.get("tags", {}),
            "properties": {
                "accessPolicies": [],
                "enabledForDeployment": False,
                "enableRbacAuthorization": False,
                "enableSoftDelete": True,
                "softDeleteRetentionInDays": before.get("softDeleteRetentionInDays", 90),
                **_keep(before, "enablePurgeProtection"),
                "publicNetworkAccess": "Enabled",
                **_normalised(properties),
                "privateEndpointConnections": [],
                "provisioningState": "Succeeded",
                "vaultUri": f"https://{inputs['vaultName'].lower()}.vault.azure.net/",
            },
        }

    def _check_name(self, context: Context, object_id: str, inputs: Plain) -> None:
        name = inputs["vaultName"]
        if not _NAME.fullmatch(name):
            raise errors.arm(
                400,
                "VaultNameNotValid",
                f"The vault name '{name}' is invalid. A vault's name must be between 3-24"
                " alphanumeric characters. The name must begin with a letter, end with a letter or"
                " digit, and not contain consecutive hyphens.",
            )
        if any(v.body["name"].lower() == name.lower() for v in context.all(self.token)):
            raise errors.arm(
                409,
                "VaultAlreadyExists",
                f"The vault name '{name}' is already in use. Vault names are globally unique so it"
                " is possible that the name is already taken.",
            )
        deleted = deleted_vault(context, name)
        if deleted is None:
            return
        if inputs["properties"].get("createMode") != "recover":
            raise errors.arm(
                409,
                "ConflictError",
                f"A vault with the same name already exists in deleted state. You need to either"
                f" recover or purge existing key vault. (vault '{name}')",
            )
        context.cloud.store.remove(DELETED_VAULT, deleted.id, context.now)

    def before_delete(self, context: Context, found: StoredObject) -> None:
        super().before_delete(context, found)
        properties = found.body["properties"]
        days = properties["softDeleteRetentionInDays"]
        context.cloud.store.insert(
            DELETED_VAULT,
            f"{world.SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/"
            f"{_place(found.body['location'])}/deletedVaults/{found.body['name']}",
            {
                "name": found.body["name"],
                "vaultId": found.id,
                "location": found.body["location"],
                "deletionDate": rfc3339(context.now),
                "scheduledPurgeDate": rfc3339(context.now + days * _DAY),
                "purgeAt": context.now + days * _DAY,
                "purgeProtectionEnabled": properties.get("enablePurgeProtection", False),
            },
            context.now,
        )


def deleted_vault(context: Context, name: str) -> StoredObject | None:
    """The soft-deleted vault that blocks a name; one past its retention is purged here."""
    for deleted in context.all(DELETED_VAULT):
        if deleted.body["name"].lower() != name.lower():
            continue
        if deleted.body["purgeAt"] > context.now:
            return deleted
        context.cloud.store.remove(DELETED_VAULT, deleted.id, context.now)
    return None


def _check_properties(properties: Plain, before: Plain) -> None:
    def refuse(message: str) -> errors.CloudError:
        return errors.arm(400, "BadRequest", message)

    if properties["tenantId"].lower() != world.TENANT_ID:
        raise refuse(f"An invalid value was provided for 'tenantId': '{properties['tenantId']}'.")
    if properties["sku"]["name"].lower() not in ("standard", "premium"):
        raise refuse("An invalid value was provided for 'sku'.")
    if properties.get("enablePurgeProtection") is False:
        raise refuse(
            'The property "enablePurgeProtection" cannot be set to false. Enabling the purge'
            " protection for a vault is an irreversible action."
        )
    if properties.get("enableSoftDelete") is False:
        raise refuse('The property "enableSoftDelete" cannot be set to false.')
    days = properties.get("softDeleteRetentionInDays")
    if days is not None and days not in _RETENTION_DAYS:
        raise refuse('The property "softDeleteRetentionInDays" must be between 7 and 90.')
    kept = before.get("softDeleteRetentionInDays", days)
    if days is not None and days != kept:
        raise refuse(
            'The property "softDeleteRetentionInDays" has been set already and it can\'t be'
            " modified."
        )


def _normalised(properties: Plain) -> Plain:
    """Network rules as Azure returns them: every address with its prefix length."""
    rules = properties.get("networkAcls", {}).get("ipRules")
    access = {"publicNetworkAccess": properties.get("publicNetworkAccess", "Enabled").capitalize()}
    if not rules:
        return {**properties, **access}
    acls = {**properties["networkAcls"], "ipRules": [{"value": _range(r["value"])} for r in rules]}
    return {**properties, **access, "networkAcls": acls}


def _range(value: str) -> str:
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError:
        network = None
    if network is None or network.is_private:
        raise errors.arm(
            400,
            "BadRequest",
            f"An invalid value was provided for 'ipRules': '{value}' is no public IPv4 address or"
            " range.",
        )
    return str(network)


def _keep(before: Plain, name: str) -> Plain:
    return {name: before[name]} if name in before else {}


def _place(location: str) -> str:
    """Azure takes "West Europe" and "westeurope" for the same."""
    return location.replace(" ", "").lower()
