"""Apigee's types of the gcp provider, one module each (kindred ones share one)."""

from sandbox.controlplane.apigee.api_deployment import EnvironmentApiRevisionDeployment
from sandbox.controlplane.apigee.api_product import ApiProduct
from sandbox.controlplane.apigee.bundles import Api, Sharedflow
from sandbox.controlplane.apigee.debug_mask import EnvironmentDebugmask
from sandbox.controlplane.apigee.developer import Developer
from sandbox.controlplane.apigee.developer_app import DeveloperApp
from sandbox.controlplane.apigee.env_group import EnvGroup, EnvGroupAttachment
from sandbox.controlplane.apigee.environment import Environment, InstanceAttachment
from sandbox.controlplane.apigee.flow_hook import Flowhook
from sandbox.controlplane.apigee.key_value_map import (
    EnvironmentKeyvaluemaps,
    EnvironmentKeyvaluemapsEntries,
)
from sandbox.controlplane.apigee.keystore import (
    EnvKeystore,
    EnvReferences,
    KeystoresAliasesKeyCertFile,
)
from sandbox.controlplane.apigee.nat_address import NatAddress
from sandbox.controlplane.apigee.organization import Instance, Organization
from sandbox.controlplane.apigee.shared_flow_deployment import SharedflowDeployment
from sandbox.controlplane.apigee.target_server import TargetServer
from sandbox.controlplane.resource_type import ResourceType

TYPES: tuple[type[ResourceType], ...] = (
    Organization,
    Instance,
    NatAddress,
    Environment,
    InstanceAttachment,
    EnvGroup,
    EnvGroupAttachment,
    EnvironmentKeyvaluemaps,
    EnvironmentKeyvaluemapsEntries,
    EnvironmentDebugmask,
    EnvKeystore,
    KeystoresAliasesKeyCertFile,
    EnvReferences,
    TargetServer,
    Sharedflow,
    SharedflowDeployment,
    Flowhook,
    Api,
    EnvironmentApiRevisionDeployment,
    ApiProduct,
    Developer,
    DeveloperApp,
)
