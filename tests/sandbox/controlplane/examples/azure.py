"""One example of every azure-native type."""

from __future__ import annotations

from sandbox import world
from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.examples.example import Example, Made
from tests.sandbox.controlplane.rig import Plain


def _assignment(made: Made) -> Plain:
    return {
        "scope": made[rig.VAULT].id,
        "principalId": made[rig.IDENTITY]["principalId"],
        "principalType": "ServicePrincipal",
        "roleDefinitionId": rig.SECRETS_USER,
        "roleAssignmentName": "0e6c1f6e-5c55-4b9d-8f66-0d4b8d6a1f11",
    }


def _setting(made: Made) -> Plain:
    return {
        "resourceUri": made[rig.VAULT].id,
        "name": "audit",
        "workspaceId": made[rig.WORKSPACE].id,
        "logs": [{"categoryGroup": "audit", "enabled": True}],
    }


def _endpoint(made: Made) -> Plain:
    return {
        "resourceGroupName": "group",
        "privateEndpointName": "to-vault",
        "subnet": {"id": world.SUBNET},
        "privateLinkServiceConnections": [
            {"name": "vault", "privateLinkServiceId": made[rig.VAULT].id, "groupIds": ["vault"]}
        ],
    }


def _zone_group(made: Made) -> Plain:
    return {
        "resourceGroupName": "group",
        "privateEndpointName": made[rig.ENDPOINT]["name"],
        "privateDnsZoneGroupName": "default",
        "privateDnsZoneConfigs": [{"name": "vault", "privateDnsZoneId": made[rig.ZONE].id}],
    }


def _lock(made: Made) -> Plain:
    return {"scope": made[rig.IDENTITY].id, "lockName": "keep", "level": "CanNotDelete"}


_ZONE = {"resourceGroupName": "group", "privateZoneName": "privatelink.vaultcore.azure.net"}
_LINK = {
    **_ZONE,
    "virtualNetworkLinkName": "platform",
    "location": "Global",
    "virtualNetwork": {"id": world.NETWORK},
    "registrationEnabled": False,
}
_ROLE = {
    "scope": world.SUBSCRIPTION,
    "roleDefinitionId": "7d1a4f0a-5c55-4b9d-8f66-0d4b8d6a1f22",
    "roleName": "Secret reader without metadata",
    "assignableScopes": [world.SUBSCRIPTION],
    "permissions": [{"dataActions": ["Microsoft.KeyVault/vaults/secrets/getSecret/action"]}],
}


_INTERFACE = (
    "defaultOutboundConnectivityEnabled",
    "dscpConfiguration",
    "etag",
    "hostedWorkloads",
    "macAddress",
    "name",
    "primary",
    "privateEndpoint",
    "provisioningState",
    "resourceGuid",
    "tapConfigurations",
    "type",
    "virtualMachine",
    "vnetEncryptionSupported",
)
_SUBNET = (
    "etag",
    "ipConfigurationProfiles",
    "ipConfigurations",
    "privateEndpoints",
    "provisioningState",
    "purpose",
    "resourceNavigationLinks",
    "serviceAssociationLinks",
)

EXAMPLES: tuple[Example, ...] = (
    Example(rig.GROUP, {"resourceGroupName": "group"}),
    Example(
        rig.VAULT,
        rig.vault(),
        # Returned for managed HSM pools only.
        absent=frozenset({"properties.hsmPoolResourceId"}),
    ),
    Example(rig.KEY, rig.key()),
    Example(rig.IDENTITY, {"resourceGroupName": "group", "resourceName": "reader"}),
    Example(rig.CREDENTIAL, rig.credential()),
    # The role comes back with its subscription.
    Example(rig.ASSIGNMENT, _assignment, imported=frozenset({"roleDefinitionId"})),
    Example(rig.WORKSPACE, {"resourceGroupName": "group", "workspaceName": "logs"}),
    # The workspace's id comes back with `resourcegroups`.
    Example(rig.SETTING, _setting, imported=frozenset({"workspaceId"})),
    Example(
        rig.ROLE,
        _ROLE,
        absent=frozenset({"permissions[0].condition", "permissions[0].conditionVersion"}),
    ),
    Example(rig.ZONE, {**_ZONE, "location": "Global"}),
    Example(rig.ZONE_LINK, _LINK),
    Example(
        rig.ENDPOINT,
        _endpoint,
        # The network interface and the subnet are references: they come with their ids only.
        absent=frozenset(
            {f"networkInterfaces[0].{name}" for name in _INTERFACE}
            | {f"subnet.{name}" for name in _SUBNET}
        ),
    ),
    Example(rig.ZONE_GROUP, _zone_group),
    # Last: it holds what it locks.
    Example(rig.LOCK, _lock),
)
