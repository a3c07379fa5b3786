"""Apigee's types of the gcp provider, one module each (kindred ones share one)."""

from sandbox.controlplane.apigee.api_deployment import EnvironmentApiRevisionDeployment
from sandbox.controlplane.apigee.bundles import Api, Sharedflow
from sandbox.controlplane.apigee.debug_mask import EnvironmentDebugmask
from sandbox.controlplane.apigee.env_group import EnvGroup, EnvGroupAttachment
from sandbox.controlplane.apigee.environment import Environment, InstanceAttachment
from sandbox.controlplane.apigee.key_value_map import (
    EnvironmentKeyvaluemaps,
    EnvironmentKeyvaluemapsEntries,
)
from sandbox.controlplane.apigee.shared_flow_deployment import SharedflowDeployment
from sandbox.controlplane.resource_type import ResourceType

TYPES: tuple[type[ResourceType], ...] = (
    Environment,
    InstanceAttachment,
    EnvGroup,
    EnvGroupAttachment,
    EnvironmentKeyvaluemaps,
    EnvironmentKeyvaluemapsEntries,
    EnvironmentDebugmask,
    Sharedflow,
    SharedflowDeployment,
    Api,
    EnvironmentApiRevisionDeployment,
)
