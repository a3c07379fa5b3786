"""One environment's Key Vault.

Owns the vault, its unique name, its firewall and private endpoint, and the keys declared in it.
Doesn't own secrets' values (workloads write them, and they never pass through Pulumi), who may read
it (`vault_access`) or its audit trail (`audit_trail`). A vault that somebody else owns is
`vault_adoption`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import pulumi
import pulumi_azure_native.keyvault as keyvault
import pulumi_random as random

from components import naming
from components.vault import changes, declared_keys, private_endpoint
from components.vault.declared_keys import VaultKey
from components.vault.network import VaultNetwork

SOFT_DELETE_DAYS = 90  # Azure's maximum and its default; it can't be changed on a vault

_LEAST_SOFT_DELETE_DAYS = 7


@dataclass(frozen=True)
class KeyVaultArgs:
    """What a vault needs.

    Attributes:
        environment: the Apigee environment whose secrets it holds.
        resource_group_name: the Azure resource group that it is put into.
        location: the Azure location, such as `westeurope`. Azure moves no vault: a preview refuses
            another one.
        tenant_id: the Entra tenant whose principals it trusts.
        tags: tags of the vault.
        sku: `standard`, or `premium` for keys in hardware.
        soft_delete_days: how long the vault, and what was in it, can be recovered once deleted, in
            days (7 to 90). It can't be changed: a preview refuses that.
        name: the vault's name; without it `kv-<environment>-<random>`. Another name is another,
            empty vault: it is made first, and the old one is deleted at the end.
        recover: recover the deleted vault of that `name`, with what was in it, instead of making
            one. Its grants don't come back; `VaultAccess` gives them anew. For one `up`: a vault
            that is there needs no recovery, so take it out again.
        network: who reaches the vault; without it every address, as far as token and role allow.
        keys: keys that it must hold, by their names. One that is no longer declared stays in it.
        protect: refuse, at preview already, whatever would delete or replace the vault; for
            production. `pulumi state unprotect` takes it off.

    Raises:
        ValueError: for what Azure would refuse.
    """

    environment: str
    resource_group_name: pulumi.Input[str]
    location: str
    tenant_id: str
    tags: Mapping[str, str]
    sku: str = "standard"
    soft_delete_days: int = SOFT_DELETE_DAYS
    name: str | None = None
    recover: bool = False
    network: VaultNetwork | None = None
    keys: Mapping[str, VaultKey] = field(default_factory=dict)
    protect: bool = False

    def __post_init__(self) -> None:
        if self.name is not None and not naming.VAULT.allows(self.name):
            raise ValueError(f"name '{self.name}': use {naming.VAULT.description}")
        if self.recover and self.name is None:
            raise ValueError("recover: give the deleted vault's name as name")
        if not _LEAST_SOFT_DELETE_DAYS <= self.soft_delete_days <= SOFT_DELETE_DAYS:
            raise ValueError(
                f"soft_delete_days: use {_LEAST_SOFT_DELETE_DAYS} to {SOFT_DELETE_DAYS}"
            )
        if self.sku not in ("standard", "premium"):
            raise ValueError(f"sku '{self.sku}': use standard or premium")
        for key_name, key in self.keys.items():
            if not naming.SECRET.allows(key_name):
                raise ValueError(f"keys: '{key_name}': use {naming.SECRET.description}")
            if key.in_hardware and self.sku != "premium":
                raise ValueError(f"keys: '{key_name}' of type {key.type} needs the sku premium")


class KeyVault(pulumi.ComponentResource):
    """A vault under Azure RBAC, with purge protection.

    Purge protection can't be switched off again: destroying the vault leaves it soft-deleted, its
    name blocked, for `soft_delete_days`. The random suffix lets a new vault be made meanwhile, and
    `recover` brings the old one back (Microsoft Learn, 'Azure Key Vault soft-delete overview').

    Example:
        vault = KeyVault(
            "alpha",
            KeyVaultArgs(
                "alpha", group.name, "westeurope", tenant_id, {"team": "gateway"},
                network=VaultNetwork(nat_addresses=gateway.nat_addresses),
                keys={"token-signing": VaultKey(OPERATIONS["sign"], type="EC", rotate_days=90)},
                protect=True,
            ),
        )

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
        vault = self._vault(name, args)
        declared_keys.add(name, vault, args.resource_group_name, args.keys, self)
        if args.network is not None and args.network.private_endpoint is not None:
            place = private_endpoint.Place(args.resource_group_name, args.location, dict(args.tags))
            private_endpoint.add(name, vault, args.network.private_endpoint, place, self)
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

    def _vault(self, name: str, args: KeyVaultArgs) -> keyvault.Vault:
        return keyvault.Vault(
            f"{name}-vault",
            vault_name=args.name or self._unique_name(name, args.environment),
            resource_group_name=args.resource_group_name,
            location=args.location,
            properties=_properties(args),
            tags=args.tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                hooks=changes.vault_hooks(f"{name}-vault"),
                # Another name is another vault, so both can be there; the provider would delete
                # the old one first.
                delete_before_replace=False,
            ),
        )

    def _unique_name(self, name: str, environment: str) -> pulumi.Output[str]:
        suffix = random.RandomString(
            f"{name}-suffix",
            length=naming.VAULT_SUFFIX_LENGTH,
            upper=False,
            special=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return suffix.result.apply(partial(naming.vault, environment))


def _properties(args: KeyVaultArgs) -> keyvault.VaultPropertiesArgs:
    """The vault as Azure wants it."""
    network = args.network
    return keyvault.VaultPropertiesArgs(
        tenant_id=args.tenant_id,
        sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName(args.sku)),
        create_mode=keyvault.CreateMode.RECOVER if args.recover else None,
        enable_rbac_authorization=True,
        enable_soft_delete=True,
        soft_delete_retention_in_days=args.soft_delete_days,
        enable_purge_protection=True,
        # Where no addresses are declared, the token and the role decide alone.
        public_network_access="Enabled" if network is None else network.public_access,
        network_acls=None if network is None else network.rules(),
    )
