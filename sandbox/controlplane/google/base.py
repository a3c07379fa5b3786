"""What all gcp types share: projects, deletion policies and the words of Google's errors."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from sandbox import google_iam
from sandbox.controlplane import errors
from sandbox.controlplane.bridge import BridgedType
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

PROJECT = "gcp:projects/project:Project"
ACCOUNT = google_iam.ACCOUNT
SERVICE_IDENTITY = "gcp:projects/serviceIdentity:ServiceIdentity"

DELETION_POLICY: Mapping[str, Any] = MappingProxyType({"deletionPolicy": "DELETE"})
"""The provider's own switch, in the state only: DELETE, PREVENT or ABANDON."""


class GoogleType(BridgedType):
    """A type of a Google API."""

    noun: ClassVar[str]
    """As the provider names it in errors: "Error creating Environment"."""

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        policy = state.get("deletionPolicy", "DELETE")
        if policy == "PREVENT":
            raise errors.bridged(
                f'cannot destroy {self.noun} without setting deletion_policy="DELETE" and running'
                " `pulumi up`"
            )
        if policy != "ABANDON":
            super().delete(context, object_id, state)

    def refuse(
        self, status: int, message: str, reason: str = "", doing: str = "creating"
    ) -> CloudError:
        """The API's refusal while the provider was creating, updating, reading or deleting."""
        return errors.google(f"Error {doing} {self.noun}", status, message, reason)

    def already_exists(self, object_id: str) -> CloudError:
        return self.refuse(409, f"Resource '{object_id}' already exists.", "alreadyExists")

    def gone(self, object_id: str) -> CloudError:
        return self.refuse(404, f"Resource '{object_id}' was not found.", "notFound", "updating")

    def stored(self, inputs: Plain) -> Plain:
        """The inputs that the cloud keeps: all but the provider's own."""
        declared = self.schema.inputs
        return {
            name: value
            for name, value in inputs.items()
            if name in declared and name not in self.local and value is not None
        }

    def kept(self, previous: Plain | None) -> Plain:
        """What an update without these inputs leaves as it is."""
        before = previous or {}
        return {name: before[name] for name in self.computed() if name in before}


def project_of(context: Context, inputs: Plain) -> str:
    """The resource's project, else the provider's. Raises CloudError when there is none."""
    project = inputs.get("project") or context.configuration.get("project")
    if not project:
        raise errors.bridged(
            "project: required field is not set: set it with"
            " 'pulumi config set gcp:project <value>'"
        )
    return str(project)


def find_project(context: Context, action: str, project: str) -> StoredObject:
    """The project. Raises CloudError as Resource Manager answers for one that isn't there."""
    found = context.find(PROJECT, project)
    if found is None:
        raise errors.google(
            action,
            403,
            f"Permission denied on resource project {project} (or it may not exist).",
            "forbidden",
        )
    return found


def require_resource_manager(context: Context, action: str) -> None:
    """Refuse what the provider does through Cloud Resource Manager's API while it is disabled."""
    service = "cloudresourcemanager.googleapis.com"
    if not google_iam.is_enabled(context.cloud.store, service):
        number = next(item.body["number"] for item in context.all(PROJECT))
        raise errors.google(
            action,
            403,
            f"Cloud Resource Manager API has not been used in project {number} before or it is"
            " disabled. Enable it by visiting https://console.developers.google.com/apis/api/"
            f"{service}/overview?project={number} then retry.",
            "accessNotConfigured",
        )
