"""The types whose objects can lie in a resource group: they go when the group is deleted."""

from sandbox.controlplane.azure.action_group import ActionGroup
from sandbox.controlplane.azure.arm import AzureType
from sandbox.controlplane.azure.diagnostic_setting import DiagnosticSetting
from sandbox.controlplane.azure.federated_credential import FederatedIdentityCredential
from sandbox.controlplane.azure.identity import UserAssignedIdentity
from sandbox.controlplane.azure.private_dns_zone import PrivateZone, VirtualNetworkLink
from sandbox.controlplane.azure.private_dns_zone_group import PrivateDnsZoneGroup
from sandbox.controlplane.azure.private_endpoint import PrivateEndpoint
from sandbox.controlplane.azure.role_assignment import RoleAssignment
from sandbox.controlplane.azure.saved_search import SavedSearch
from sandbox.controlplane.azure.scheduled_query_rule import ScheduledQueryRule
from sandbox.controlplane.azure.vault import Vault
from sandbox.controlplane.azure.workbook import Workbook
from sandbox.controlplane.azure.workspace import Workspace

CONTENTS: tuple[type[AzureType], ...] = (
    ActionGroup,
    DiagnosticSetting,
    FederatedIdentityCredential,
    PrivateDnsZoneGroup,
    PrivateEndpoint,
    RoleAssignment,
    SavedSearch,
    ScheduledQueryRule,
    UserAssignedIdentity,
    Vault,
    VirtualNetworkLink,
    Workbook,
    Workspace,
    # Last: a zone goes after its links.
    PrivateZone,
)
