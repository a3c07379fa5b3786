"""One environment's Key Vault.

Owns the vault and its unique name. Doesn't own what is in it (values are written by workloads and
never pass through Pulumi), who may read it (`vault_access`) or its audit trail (`audit_trail`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_azure_native.keyvault as keyvault
import pulumi_random as random

from components import naming

SOFT_DELETE_DAYS = 90  # Azure's maximum and its default; it can't be changed on a vault


@dataclass(frozen=True)
class KeyVaultArgs:
    """What a vault needs.

    Attributes:
        environment: the Apigee environment whose secrets it holds.
        resource_group_name: the Azure resource group that it is put into.
        location: the Azure location, such as `westeurope`.
        tenant_id: the Entra tenant whose principals it trusts.
        tags: tags of the vault.
    """

    environment: str
    resource_group_name: pulumi.Input[str]
    location: str
    tenant_id: str
    tags: Mapping[str, str]


class KeyVault(pulumi.ComponentResource):
    """A vault under Azure RBAC, with purge protection.

    Purge protection can't be switched off again: destroying the vault leaves it soft-deleted, its
    name blocked, for 90 days. The random suffix lets a new vault be made meanwhile (Microsoft
    Learn, 'Azure Key Vault soft-delete overview').

    Attributes:
        vault_id: the vault's resource id.
        vault_name: its name.
        host: the host name that serves its secrets.
        uri: the address of that host.
    """

    vault_id: pulumi.Output[str]
    vault_name: pulumi.Output[str]
    host: pulumi.Output[str]
    uri: pulumi.Output[str]

    def __init__(
        self, name: str, args: KeyVaultArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("apigee-keyvault:components:KeyVault", name, None, opts)
        suffix = random.RandomString(
            f"{name}-suffix",
            length=naming.VAULT_SUFFIX_LENGTH,
            upper=False,
            special=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
        vault = keyvault.Vault(
            f"{name}-vault",
            vault_name=suffix.result.apply(partial(naming.vault, args.environment)),
            resource_group_name=args.resource_group_name,
            location=args.location,
            properties=keyvault.VaultPropertiesArgs(
                tenant_id=args.tenant_id,
                sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
                enable_rbac_authorization=True,
                enable_soft_delete=True,
                soft_delete_retention_in_days=SOFT_DELETE_DAYS,
                enable_purge_protection=True,
                # Apigee's egress addresses aren't known here: the token and the role decide.
                public_network_access="Enabled",
            ),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.vault_id = vault.id
        self.vault_name = vault.name
        self.host = vault.name.apply(naming.vault_host)
        self.uri = pulumi.Output.concat("https://", self.host, "/")
        self.register_outputs(
            {
                "vaultId": self.vault_id,
                "vaultName": self.vault_name,
                "host": self.host,
                "uri": self.uri,
            }
        )
