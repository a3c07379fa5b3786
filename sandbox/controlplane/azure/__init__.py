"""Types of the azure-native provider, one module each."""

from sandbox.controlplane.azure.diagnostic_setting import DiagnosticSetting
from sandbox.controlplane.azure.federated_credential import FederatedIdentityCredential
from sandbox.controlplane.azure.identity import UserAssignedIdentity
from sandbox.controlplane.azure.resource_group import ResourceGroup
from sandbox.controlplane.azure.role_assignment import RoleAssignment
from sandbox.controlplane.azure.vault import Vault
from sandbox.controlplane.azure.workspace import Workspace

TYPES = (
    ResourceGroup,
    Vault,
    UserAssignedIdentity,
    FederatedIdentityCredential,
    RoleAssignment,
    Workspace,
    DiagnosticSetting,
)
