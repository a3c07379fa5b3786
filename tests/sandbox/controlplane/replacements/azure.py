"""What a change of each input does to the types of azure-native.

From the source of pulumi-azure-native 3 (`replacement.go`, `diff.go`) and the `x-ms-mutability`
marks of the API's specifications.
"""

from __future__ import annotations

from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.replacements.row import Row

ROWS: tuple[Row, ...] = (
    Row(
        rig.GROUP,
        delete_first="location resourceGroupName",
        updated="managedBy tags",
    ),
    Row(
        rig.VAULT,
        delete_first="resourceGroupName vaultName",
        updated="location properties tags",
        refused={"location": ("northeurope", "InvalidResourceLocation")},
    ),
    Row(
        rig.KEY,
        delete_first="keyName resourceGroupName vaultName",
        updated="properties tags",
    ),
    Row(
        rig.IDENTITY,
        delete_first="location resourceGroupName resourceName",
        updated="tags",
    ),
    Row(
        rig.CREDENTIAL,
        delete_first="federatedIdentityCredentialResourceName resourceGroupName resourceName",
        updated="audiences issuer subject",
    ),
    Row(
        rig.ASSIGNMENT,
        delete_first="principalId roleAssignmentName scope",
        updated=(
            "condition conditionVersion delegatedManagedIdentityResourceId description "
            "principalType roleDefinitionId"
        ),
        refused={
            "principalType": ("User", "UnmatchedPrincipalType"),
            "roleDefinitionId": (rig.SECRETS_OFFICER, "RoleAssignmentUpdateNotPermitted"),
        },
    ),
    Row(
        rig.WORKSPACE,
        delete_first="location resourceGroupName workspaceName",
        updated=(
            "defaultDataCollectionRuleResourceId features forceCmkForQuery identity "
            "publicNetworkAccessForIngestion publicNetworkAccessForQuery retentionInDays "
            "sku tags workspaceCapping"
        ),
    ),
    Row(
        rig.SETTING,
        delete_first="name resourceUri",
        updated=(
            "eventHubAuthorizationRuleId eventHubName logAnalyticsDestinationType logs "
            "marketplacePartnerId metrics serviceBusRuleId storageAccountId workspaceId"
        ),
    ),
    Row(
        rig.ROLE,
        delete_first="roleDefinitionId scope",
        updated="assignableScopes description permissions roleName roleType",
    ),
    Row(
        rig.ZONE,
        delete_first="location privateZoneName resourceGroupName",
        updated="tags",
    ),
    Row(
        rig.ZONE_LINK,
        delete_first="location privateZoneName resourceGroupName virtualNetworkLinkName",
        updated="registrationEnabled resolutionPolicy tags virtualNetwork",
    ),
    Row(
        rig.ENDPOINT,
        delete_first="privateEndpointName resourceGroupName subnet",
        updated=(
            "applicationSecurityGroups customDnsConfigs customNetworkInterfaceName "
            "extendedLocation id ipConfigurations location "
            "manualPrivateLinkServiceConnections privateLinkServiceConnections tags"
        ),
        refused={"location": ("northeurope", "InvalidResourceLocation")},
    ),
    Row(
        rig.ZONE_GROUP,
        delete_first="privateDnsZoneGroupName privateEndpointName resourceGroupName",
        updated="id name privateDnsZoneConfigs",
    ),
    Row(
        rig.LOCK,
        delete_first="lockName scope",
        updated="level notes owners",
    ),
    Row(
        rig.ACTION_GROUP,
        delete_first="actionGroupName location resourceGroupName",
        updated=(
            "armRoleReceivers automationRunbookReceivers azureAppPushReceivers "
            "azureFunctionReceivers emailReceivers enabled eventHubReceivers groupShortName "
            "identity incidentReceivers itsmReceivers logicAppReceivers smsReceivers tags "
            "voiceReceivers webhookReceivers"
        ),
    ),
    Row(
        rig.ENTRA_SETTING,
        delete_first="name",
        updated=(
            "eventHubAuthorizationRuleId eventHubName logs serviceBusRuleId "
            "storageAccountId workspaceId"
        ),
    ),
    Row(
        rig.QUERY_RULE,
        delete_first="location resourceGroupName ruleName",
        updated=(
            "actions autoMitigate checkWorkspaceAlertsStorageConfigured criteria "
            "description displayName enabled evaluationFrequency identity kind "
            "muteActionsDuration overrideQueryTimeRange resolveConfiguration scopes "
            "severity skipQueryValidation tags targetResourceTypes windowSize"
        ),
    ),
    Row(
        rig.SAVED_SEARCH,
        delete_first="resourceGroupName savedSearchId workspaceName",
        updated="category displayName functionAlias functionParameters query tags version",
    ),
    Row(
        rig.WORKBOOK,
        delete_first="location resourceGroupName resourceName",
        updated=(
            "category description displayName identity kind serializedData sourceId "
            "storageUri tags version"
        ),
    ),
)
