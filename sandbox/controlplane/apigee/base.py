"""What Apigee's types share: organizations, and looking up what an id or a bare name stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.google.base import DELETION_POLICY, GoogleType
from sandbox.controlplane.resource_type import Context
from sandbox.store import StoredObject

ORGANIZATION = "gcp:apigee/organization:Organization"
INSTANCE = "gcp:apigee/instance:Instance"
ENVIRONMENT = "gcp:apigee/environment:Environment"
INSTANCE_ATTACHMENT = "gcp:apigee/instanceAttachment:InstanceAttachment"
ENV_GROUP = "gcp:apigee/envGroup:EnvGroup"
ENV_GROUP_ATTACHMENT = "gcp:apigee/envGroupAttachment:EnvGroupAttachment"
KEY_VALUE_MAP = "gcp:apigee/environmentKeyvaluemaps:EnvironmentKeyvaluemaps"
ENTRY = "gcp:apigee/environmentKeyvaluemapsEntries:EnvironmentKeyvaluemapsEntries"
DEBUG_MASK = "gcp:apigee/environmentDebugmask:EnvironmentDebugmask"
API_DEPLOYMENT = "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment"
FLOW_DEPLOYMENT = "gcp:apigee/sharedflowDeployment:SharedflowDeployment"


class ApigeeType(GoogleType):
    """A type of the Apigee API."""

    local: ClassVar[Mapping[str, Any]] = DELETION_POLICY

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

    def not_there(self, object_id: str) -> CloudError:
        """Apigee's answer for a parent that isn't there."""
        return self.refuse(404, f"generic::not_found: resource {object_id} not found", "notFound")

    def in_use(self, object_id: str, by: str) -> CloudError:
        """Apigee's refusal to delete what something else needs."""
        return self.refuse(
            400,
            f"generic::failed_precondition: {object_id} is in use by {by}",
            "failedPrecondition",
            "deleting",
        )

    def already_exists(self, object_id: str) -> CloudError:
        return self.refuse(
            409, f"generic::already_exists: entity {object_id} already exists", "alreadyExists"
        )


def beneath(context: Context, type_: str, parent: str) -> list[StoredObject]:
    """Objects of a type whose ids lie beneath a parent's."""
    return [item for item in context.all(type_) if item.id.startswith(f"{parent}/")]
