"""A program of somebody else's that uses the vaults' components, and vaults without them.

What it deploys is configured as `scene`:
`group` (the resource group's name), `plain` (vaults by name, each with whether it is under RBAC),
`zone_for` (subnets whose networks find vaults by a private zone), `vaults` (by name: an `id` to
adopt, or the arguments of a `KeyVault`) and `readers` (by environment: for each vault's name the
secrets to grant, or null for the whole vault).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_azure_native.keyvault as keyvault
import pulumi_azure_native.resources as resources
import pulumi_gcp.projects as projects

from components.identity.gateway_identity import GatewayIdentity, GatewayIdentityArgs
from components.vault.adoption import AdoptedVault
from components.vault.declared_keys import VaultKey
from components.vault.dns_zone import VaultDnsZone, VaultDnsZoneArgs
from components.vault.key_vault import KeyVault, KeyVaultArgs
from components.vault.network import PrivateEndpoint, VaultNetwork
from components.vault.vault_access import VaultAccess, VaultAccessArgs

_LOCATION = "westeurope"
_TAGS = {"team": "gateway"}
_AZURE = pulumi.Config("azure-native")
_TENANT, _SUBSCRIPTION = _AZURE.require("tenantId"), _AZURE.require("subscriptionId")
_PROJECT = pulumi.Config("gcp").require("project")
_WRITER = "33333333-3333-4333-8333-333333333333"


def _plain(name: str, group: resources.ResourceGroup, *, rbac: bool) -> None:
    keyvault.Vault(
        name,
        vault_name=name,
        resource_group_name=group.name,
        location=_LOCATION,
        properties=keyvault.VaultPropertiesArgs(
            tenant_id=_TENANT,
            sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
            enable_rbac_authorization=rbac,
        ),
    )


def _vault(
    name: str,
    declared: Mapping[str, Any],
    group: resources.ResourceGroup,
    zone: VaultDnsZone | None,
) -> KeyVault | AdoptedVault:
    if "id" in declared:
        return AdoptedVault(name, declared["id"])
    given = {"location": _LOCATION, **declared}
    network = given.get("network")
    if network:
        subnet = network.get("subnet")
        assert subnet is None or zone is not None
        endpoint = PrivateEndpoint(subnet, zone.zone_id) if subnet and zone else None
        given["network"] = VaultNetwork(network["ranges"], network["nat"], endpoint)
    given["keys"] = {key: VaultKey(**kind) for key, kind in given.get("keys", {}).items()}
    args = KeyVaultArgs(
        environment=name,
        resource_group_name=group.name,
        tenant_id=_TENANT,
        tags=_TAGS,
        **given,
    )
    return KeyVault(name, args)


def _reader(
    name: str,
    granted: Mapping[str, list[str] | None],
    group: resources.ResourceGroup,
    agent: projects.ServiceIdentity,
    vaults: Mapping[str, KeyVault | AdoptedVault],
) -> dict[str, pulumi.Output[str]]:
    identity = GatewayIdentity(
        name, GatewayIdentityArgs(name, _PROJECT, agent.email, group.name, _LOCATION, _TAGS)
    )
    for vault, secrets in granted.items():
        args = VaultAccessArgs(
            subscription_id=_SUBSCRIPTION,
            vault_id=vaults[vault].vault_id,
            gateway_principal_ids={"1": identity.principal_id},
            writers={"ci": _WRITER},
            secrets=secrets,
        )
        VaultAccess(f"{name}-in-{vault}", args)
    return {"client": identity.client_id, "account": identity.google_service_account}


def _main() -> None:
    scene: dict[str, Any] = pulumi.Config("vaults").require_object("scene")
    group = resources.ResourceGroup("group", resource_group_name=scene["group"], location=_LOCATION)
    for name, rbac in scene.get("plain", {}).items():
        _plain(name, group, rbac=rbac)
    subnets = scene.get("zone_for")
    zone = VaultDnsZone("vaults", VaultDnsZoneArgs(group.name, subnets, _TAGS)) if subnets else None
    vaults = {
        name: _vault(name, declared, group, zone)
        for name, declared in scene.get("vaults", {}).items()
    }
    agent = projects.ServiceIdentity("agent", service="apigee.googleapis.com")
    readers = {
        name: _reader(name, granted, group, agent, vaults)
        for name, granted in scene.get("readers", {}).items()
    }
    pulumi.export("uris", {name: vault.uri for name, vault in vaults.items()})
    pulumi.export("readers", readers)


_main()
