"""Types of the azure-native provider, one module each."""

from sandbox.controlplane.azure.contents import CONTENTS
from sandbox.controlplane.azure.resource_group import ResourceGroup
from sandbox.controlplane.resource_type import ResourceType

TYPES: tuple[type[ResourceType], ...] = (ResourceGroup, *CONTENTS)
