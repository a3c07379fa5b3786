"""From an environment's declaration to its vault: what the vault's components are given.

Owns the translation alone. What a vault is, is `key_vault`'s and its neighbours' business.
"""

from collections.abc import Mapping, Sequence

import pulumi

from components import naming
from components.configuration.contents import Key
from components.configuration.environment import Environment
from components.configuration.settings import Settings
from components.configuration.vault import Network
from components.vault.adoption import AdoptedVault
from components.vault.declared_keys import OPERATIONS, VaultKey
from components.vault.dns_zone import VaultDnsZone, VaultDnsZoneArgs
from components.vault.key_vault import KeyVault, KeyVaultArgs
from components.vault.network import PrivateEndpoint, VaultNetwork
from components.vault.vault_access import VaultAccessArgs

Vault = KeyVault | AdoptedVault


def vaults(
    stack: str,
    settings: Settings,
    group_name: pulumi.Input[str],
    nat_addresses: Sequence[pulumi.Input[str]],
) -> dict[str, Vault]:
    """Make or adopt each environment's vault.

    Arguments:
        stack: the stack's name.
        settings: its configuration.
        group_name: the resource group for what is made.
        nat_addresses: the gateway's egress addresses.
    """
    zone_id = _dns_zone(stack, settings, group_name)
    return {
        name: AdoptedVault(name, environment.vault.id)
        if environment.vault.id is not None
        else KeyVault(
            name,
            KeyVaultArgs(
                environment=name,
                resource_group_name=group_name,
                location=settings.location,
                tenant_id=settings.tenant_id,
                tags=naming.tags(stack, name),
                sku=environment.vault.sku,
                soft_delete_days=environment.vault.soft_delete_days,
                name=environment.vault.name,
                recover=environment.vault.recover,
                network=_network(environment.vault.network, nat_addresses, zone_id),
                keys={key: _key(declared) for key, declared in sorted(environment.keys.items())},
                protect=settings.protect,
            ),
        )
        for name, environment in sorted(settings.environments.items())
    }


def vault_key(name: str, environment: Environment) -> str:
    """What an environment's vault is recorded under: its own, or one that others may share.

    The same as long as one of the environments in the vault is there, so that the others'
    comings and goings don't touch its record.
    """
    vault_id = environment.vault.id
    return name if vault_id is None else f"vault:{vault_id.rsplit('/', 1)[1].lower()}"


def access_args(
    settings: Settings,
    environment: Environment,
    vault: Vault,
    principal_ids: Mapping[int, pulumi.Input[str]],
) -> VaultAccessArgs:
    """Who may reach an environment's share of its vault.

    Arguments:
        settings: the stack's configuration.
        environment: the environment's declaration.
        vault: its vault.
        principal_ids: object ids of its gateway's identity, by generation.
    """
    readable = sorted([*environment.secrets, *environment.certificates])
    return VaultAccessArgs(
        subscription_id=settings.subscription_id,
        vault_id=vault.vault_id,
        gateway_principal_ids={str(number): id_ for number, id_ in principal_ids.items()},
        writers=dict(sorted(environment.writers.items())),
        secrets=readable if environment.vault.shared else None,
        keys=sorted(environment.keys),
    )


def _dns_zone(
    stack: str, settings: Settings, group_name: pulumi.Input[str]
) -> pulumi.Output[str] | None:
    """One zone for all private endpoints that don't name one."""
    subnet_ids = [
        endpoint.subnet_id
        for environment in settings.environments.values()
        if environment.vault.network
        and (endpoint := environment.vault.network.private_endpoint)
        and endpoint.dns_zone_id is None
    ]
    if not subnet_ids:
        return None
    return VaultDnsZone(
        "vaults", VaultDnsZoneArgs(group_name, sorted(subnet_ids), naming.tags(stack))
    ).zone_id


def _network(
    network: Network | None,
    nat_addresses: Sequence[pulumi.Input[str]],
    zone_id: pulumi.Output[str] | None,
) -> VaultNetwork | None:
    if network is None:
        return None
    declared = network.private_endpoint
    endpoint = None
    if declared is not None:
        dns_zone_id = declared.dns_zone_id or zone_id
        assert dns_zone_id is not None, "made for every endpoint that names none"
        endpoint = PrivateEndpoint(declared.subnet_id, dns_zone_id)
    return VaultNetwork(network.allowed_ranges, nat_addresses, endpoint)


def _key(declared: Key) -> VaultKey:
    return VaultKey(
        operations=OPERATIONS[declared.use],
        type=declared.type,
        size=declared.size,
        curve=declared.curve,
        rotate_days=declared.rotate_days,
    )
