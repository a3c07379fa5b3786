"""What the program's Azure and Entra resources take of their deployer, by their types.

Owns the lists. `BY_CUSTOM_ROLE` and `BY_CONDITION` are given by `deployer_rights`; `BY_PERSONS` are
rights over the whole tenant, which nothing here gives. A type that the program registers and that
no list has fails a test, and so does one that it doesn't register.

Left out on purpose: whatever reads or writes a value in a vault (data actions, and the actions
`vaults/secrets/*` and `vaults/accessPolicies/*`); purging vaults (`locations/deletedVaults/purge`);
registering resource providers, which is done once (docs/deployer.md). Azure compares actions without
case.
"""

from components.deployer.need import Need

_SECURITY = "Azure permissions for Security"
_IDENTITY = "Azure permissions for Identity"
_MONITOR = "Azure permissions for Monitor"
_NETWORKING = "Azure permissions for Networking"
_MANAGEMENT = "Azure permissions for Management and governance"
_WORKSPACES = "Manage access to Log Analytics workspaces"

_INSIGHTS = "Microsoft.Insights"
_WORKSPACE = "Microsoft.OperationalInsights/workspaces"
_VAULTS = "Microsoft.KeyVault/vaults"
_NETWORK = "Microsoft.Network"
_IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"


def _all_of(resource: str) -> tuple[str, ...]:
    return tuple(f"{resource}/{verb}" for verb in ("read", "write", "delete"))


BY_CUSTOM_ROLE = {
    "azure-native:resources:ResourceGroup": Need(
        _all_of("Microsoft.Resources/subscriptions/resourceGroups"),
        "make the stack's group",
        _MANAGEMENT,
    ),
    "azure-native:keyvault:Vault": Need(
        _all_of(_VAULTS),
        "make a vault, change its network, recover it or read one that is adopted",
        _SECURITY,
    ),
    "azure-native:keyvault:Key": Need(
        (f"{_VAULTS}/keys/read", f"{_VAULTS}/keys/write"),
        "let a vault make a declared key, which is never deleted",
        _SECURITY,
    ),
    "azure-native:managedidentity:UserAssignedIdentity": Need(
        _all_of(_IDENTITIES), "make the gateway's identities", _IDENTITY
    ),
    "azure-native:managedidentity:FederatedIdentityCredential": Need(
        _all_of(f"{_IDENTITIES}/federatedIdentityCredentials"),
        "let an environment's Google account act as its identity",
        _IDENTITY,
    ),
    "azure-native:monitor:DiagnosticSetting": Need(
        (*_all_of(f"{_INSIGHTS}/diagnosticSettings"), f"{_WORKSPACE}/sharedKeys/action"),
        "send a vault's and the subscription's records to the workspace",
        f"{_MONITOR}; {_WORKSPACES}",
    ),
    "azure-native:operationalinsights:Workspace": Need(
        _all_of(_WORKSPACE), "make the workspace, or read one that is adopted", _MONITOR
    ),
    "azure-native:operationalinsights:SavedSearch": Need(
        _all_of(f"{_WORKSPACE}/savedSearches"), "save the audit's queries", _MONITOR
    ),
    "azure-native:monitor:ScheduledQueryRule": Need(
        (*_all_of(f"{_INSIGHTS}/scheduledQueryRules"), f"{_WORKSPACE}/query/*/read"),
        "make alerts, whose queries Azure tries as their author",
        f"{_MONITOR}; {_WORKSPACES}",
    ),
    "azure-native:monitor:ActionGroup": Need(
        _all_of(f"{_INSIGHTS}/actionGroups"), "say whom alerts reach", _MONITOR
    ),
    "azure-native:applicationinsights:Workbook": Need(
        _all_of(f"{_INSIGHTS}/workbooks"), "make the audit's workbook", _MONITOR
    ),
    "azure-native:network:PrivateEndpoint": Need(
        (
            *_all_of(f"{_NETWORK}/privateEndpoints"),
            f"{_NETWORK}/virtualNetworks/subnets/join/action",
            f"{_VAULTS}/PrivateEndpointConnectionsApproval/action",
        ),
        "put a vault's address into a subnet and approve the connection",
        f"Azure RBAC permissions for Azure Private Link; {_SECURITY}",
    ),
    "azure-native:network:PrivateDnsZoneGroup": Need(
        (
            *_all_of(f"{_NETWORK}/privateEndpoints/privateDnsZoneGroups"),
            f"{_NETWORK}/privateDnsZones/join/action",
        ),
        "keep the address's record in the private zone",
        _NETWORKING,
    ),
    "azure-native:privatedns:PrivateZone": Need(
        _all_of(f"{_NETWORK}/privateDnsZones"), "make the vaults' private zone", _NETWORKING
    ),
    "azure-native:privatedns:VirtualNetworkLink": Need(
        (
            *_all_of(f"{_NETWORK}/privateDnsZones/virtualNetworkLinks"),
            f"{_NETWORK}/virtualNetworks/join/action",
        ),
        "let a network find vaults in that zone",
        _NETWORKING,
    ),
}
"""By the role that is made for the deployer."""

BY_CONDITION = {
    "azure-native:authorization:RoleAssignment": Need(
        _all_of("Microsoft.Authorization/roleAssignments"),
        "give the gateway and the writers their roles, and nobody else any",
        "Delegate Azure access management to others",
    ),
}
"""By Role Based Access Control Administrator, as far as its condition allows."""

_OWNED = Need(
    ("Application.ReadWrite.OwnedBy",),
    "make app registrations and change those that it owns, where `identity.kind` is `application`",
    "Microsoft Graph permissions reference",
)
BY_PERSONS = {
    "azuread:index/application:Application": _OWNED,
    "azuread:index/servicePrincipal:ServicePrincipal": _OWNED,
    "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential": (
        _OWNED
    ),
    "azure-native:aadiam:DiagnosticSetting": Need(
        ("Security Administrator",),
        "send the tenant's sign-ins to the workspace, where `audit.signInLogs` is on",
        "Configure Microsoft Entra diagnostic settings for activity logs",
    ),
}
"""By an administrator of the tenant, where a stack needs them at all: a permission of Microsoft Graph
and a role of Entra."""
