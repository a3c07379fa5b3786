"""Types of the azure-native provider, one module each."""

from sandbox.controlplane.azure.contents import CONTENTS
from sandbox.controlplane.azure.entra_diagnostic_setting import EntraDiagnosticSetting
from sandbox.controlplane.azure.key import Key
from sandbox.controlplane.azure.management_lock import ManagementLockByScope
from sandbox.controlplane.azure.resource_group import ResourceGroup
from sandbox.controlplane.azure.role_definition import RoleDefinition
from sandbox.controlplane.resource_type import ResourceType

TYPES: tuple[type[ResourceType], ...] = (
    EntraDiagnosticSetting,
    Key,
    ManagementLockByScope,
    ResourceGroup,
    RoleDefinition,
    *CONTENTS,
)
