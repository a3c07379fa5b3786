"""Types of the gcp provider, one module each; Apigee's stand in `sandbox.controlplane.apigee`."""

from sandbox.controlplane import apigee
from sandbox.controlplane.google.account import Account
from sandbox.controlplane.google.custom_role import CustomRole
from sandbox.controlplane.google.iam_binding import ProjectIamBinding
from sandbox.controlplane.google.iam_members import ProjectIamMember, ServiceAccountIamMember
from sandbox.controlplane.google.service import Service
from sandbox.controlplane.google.service_identity import ServiceIdentity
from sandbox.controlplane.resource_type import ResourceType

TYPES: tuple[type[ResourceType], ...] = (
    Account,
    CustomRole,
    ServiceAccountIamMember,
    ProjectIamMember,
    ProjectIamBinding,
    Service,
    ServiceIdentity,
    *apigee.TYPES,
)
