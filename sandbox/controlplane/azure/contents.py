"""The types whose objects can lie in a resource group: they go when the group is deleted."""

from sandbox.controlplane.azure.arm import AzureType
from sandbox.controlplane.azure.diagnostic_setting import DiagnosticSetting
from sandbox.controlplane.azure.federated_credential import FederatedIdentityCredential
from sandbox.controlplane.azure.identity import UserAssignedIdentity
from sandbox.controlplane.azure.role_assignment import RoleAssignment
from sandbox.controlplane.azure.vault import Vault
from sandbox.controlplane.azure.workspace import Workspace

CONTENTS: tuple[type[AzureType], ...] = (
    DiagnosticSetting,
    FederatedIdentityCredential,
    RoleAssignment,
    UserAssignedIdentity,
    Vault,
    Workspace,
)
