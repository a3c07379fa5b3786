"""Types of the random provider, one module each."""

from sandbox.controlplane.random.random_string import RandomString
from sandbox.controlplane.resource_type import ResourceType

TYPES: tuple[type[ResourceType], ...] = (RandomString,)
