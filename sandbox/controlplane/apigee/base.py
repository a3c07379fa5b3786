"""What Apigee's types share: organizations, looking up what an id stands for, its refusals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final

from sandbox.controlplane.apigee import operations
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.google.base import DELETION_POLICY, GoogleType
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

ORGANIZATION = "gcp:apigee/organization:Organization"
INSTANCE = "gcp:apigee/instance:Instance"
NAT_ADDRESS = "gcp:apigee/natAddress:NatAddress"
ENVIRONMENT = "gcp:apigee/environment:Environment"
INSTANCE_ATTACHMENT = "gcp:apigee/instanceAttachment:InstanceAttachment"
ENV_GROUP = "gcp:apigee/envGroup:EnvGroup"
ENV_GROUP_ATTACHMENT = "gcp:apigee/envGroupAttachment:EnvGroupAttachment"
KEY_VALUE_MAP = "gcp:apigee/environmentKeyvaluemaps:EnvironmentKeyvaluemaps"
ENTRY = "gcp:apigee/environmentKeyvaluemapsEntries:EnvironmentKeyvaluemapsEntries"
DEBUG_MASK = "gcp:apigee/environmentDebugmask:EnvironmentDebugmask"
KEYSTORE = "gcp:apigee/envKeystore:EnvKeystore"
ALIAS = "gcp:apigee/keystoresAliasesKeyCertFile:KeystoresAliasesKeyCertFile"
REFERENCE = "gcp:apigee/envReferences:EnvReferences"
TARGET_SERVER = "gcp:apigee/targetServer:TargetServer"
FLOW_HOOK = "gcp:apigee/flowhook:Flowhook"
API_DEPLOYMENT = "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment"
FLOW_DEPLOYMENT = "gcp:apigee/sharedflowDeployment:SharedflowDeployment"
PRODUCT = "gcp:apigee/apiProduct:ApiProduct"
DEVELOPER = "gcp:apigee/developer:Developer"
APP = "gcp:apigee/developerApp:DeveloperApp"

DELETING: Final = "when reading or editing"
"""What the provider says it was doing when a delete (or a read) failed."""

_PARENTS = ("orgId", "instanceId", "envgroupId", "envId")
_MOST_ATTRIBUTES = 18


@dataclass(frozen=True)
class Violation:
    """Why Apigee refuses a deployment or its end (`google.rpc.PreconditionFailure`)."""

    type: str
    subject: str
    description: str


class ApigeeType(GoogleType):
    """A type of the Apigee API."""

    local: ClassVar[Mapping[str, Any]] = DELETION_POLICY
    operations: ClassVar[frozenset[str]] = frozenset()
    """Which of create, update and delete are long-running operations."""

    def exclusive(
        self, context: Context, operation: str, values: Plain
    ) -> AbstractContextManager[None]:
        if operation not in self.operations:
            return nullcontext()
        parent = next(str(values[name]) for name in _PARENTS if name in values)
        return operations.running(context.cloud.store, "/".join(parent.split("/")[:2]))

    def organization(self, context: Context, name: str) -> StoredObject:
        """The organization by its full id. Raises CloudError for an unknown one."""
        found = context.find(ORGANIZATION, name)
        if found is None:
            raise self.refuse(
                403, f'Permission denied on resource "{name}" (or it may not exist)', "forbidden"
            )
        return found

    def environment(self, context: Context, object_id: str) -> StoredObject:
        """The environment by its full id. Raises CloudError."""
        self.organization(context, "/".join(object_id.split("/")[:2]))
        found = context.find(ENVIRONMENT, object_id)
        if found is None:
            raise self.not_there(object_id)
        return found

    def instance(self, context: Context, object_id: str) -> StoredObject:
        """The instance by its full id. Raises CloudError."""
        self.organization(context, "/".join(object_id.split("/")[:2]))
        found = context.find(INSTANCE, object_id)
        if found is None:
            raise self.not_there(object_id)
        return found

    def not_there(self, object_id: str) -> CloudError:
        """Apigee's answer for a parent that isn't there."""
        return self.refuse(404, f"generic::not_found: resource {object_id} not found", "notFound")

    def invalid(self, message: str) -> CloudError:
        """Apigee's answer to a value that it doesn't take."""
        return self.refuse(400, f"generic::invalid_argument: {message}", "badRequest")

    def failed_precondition(self, message: str, doing: str = "creating") -> CloudError:
        """Apigee's answer where something else stands in the way."""
        return self.refuse(
            400, f"generic::failed_precondition: {message}", "failedPrecondition", doing
        )

    def violated(
        self, what: str, violations: Iterable[Violation], doing: str = "creating"
    ) -> CloudError:
        """Why a "deployment" or an "undeployment" is refused, printed as the Go client does."""
        details = [
            {
                "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
                "violations": [asdict(violation) for violation in violations],
            }
        ]
        printed = json.dumps(details, indent=2, sort_keys=True)
        return self.failed_precondition(f"{what} validations failed\nDetails:\n{printed}\n", doing)

    def in_use(self, object_id: str, by: str) -> CloudError:
        """Apigee's refusal to delete what something else needs."""
        return self.failed_precondition(f"{object_id} is in use by {by}", DELETING)

    def already_exists(self, object_id: str) -> CloudError:
        return self.refuse(
            409, f"generic::already_exists: entity {object_id} already exists", "alreadyExists"
        )

    def check_attributes(self, inputs: Plain) -> None:
        """Refuse more custom attributes than a product, developer or app may have ("Limits")."""
        if len(inputs.get("attributes", [])) > _MOST_ATTRIBUTES:
            raise self.invalid(f"at most {_MOST_ATTRIBUTES} custom attributes are allowed")


def beneath(context: Context, type_: str, parent: str) -> list[StoredObject]:
    """Objects of a type whose ids lie beneath a parent's."""
    return [item for item in context.all(type_) if item.id.startswith(f"{parent}/")]


def remove_beneath(context: Context, parent: str, *types: str) -> None:
    """Delete what goes with its parent."""
    for type_ in types:
        for item in beneath(context, type_, parent):
            context.cloud.store.remove(type_, item.id, context.now)


def milliseconds(seconds: float) -> str:
    """Seconds since 1970 as Apigee writes times: milliseconds, as a string."""
    return str(int(seconds * 1000))
