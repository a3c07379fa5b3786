"""`gcp:projects/serviceIdentity:ServiceIdentity`: the service agent of an API in a project.

Google's documentation, "Create and grant roles to service agents"; the provider's: once created,
updating and destroying are no-ops, and there is no import.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sandbox.controlplane import errors
from sandbox.controlplane.google.base import GoogleType, find_project, project_of
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain

_AGENTS: Mapping[str, str] = MappingProxyType({"apigee.googleapis.com": "gcp-sa-apigee"})
"""The domain of each service's agents."""


class ServiceIdentity(GoogleType):
    """Before it is made, no role can be granted to the agent: its account doesn't exist."""

    sdk = "pulumi_gcp.projects.ServiceIdentity"
    noun = "Service Identity"
    path = "projects/{project}/services/{service}"
    replace_on = frozenset({"project", "service"})

    def object_id(self, context: Context, inputs: Plain) -> str:
        project = project_of(context, inputs)
        find_project(context, "Error creating Service Identity", project)
        return self.path.format(project=project, service=inputs["service"])

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        if context.find(self.token, object_id) is None:
            return super().create(context, inputs)
        return object_id

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        service, project = inputs["service"], object_id.split("/")[1]
        if service not in _AGENTS:
            raise self.refuse(
                400,
                f"The sandbox knows no service agent of {service}; it knows those of"
                f" {', '.join(_AGENTS)}",
            )
        number = find_project(context, "Error creating Service Identity", project).body["number"]
        email = f"service-{number}@{_AGENTS[service]}.iam.gserviceaccount.com"
        return {
            "project": project,
            "service": service,
            "email": email,
            "member": f"serviceAccount:{email}",
        }

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        """Nothing: an agent can't be deleted."""

    def import_id(self, object_id: str, body: Plain) -> None:
        """None: creating it once more gives the same."""

    def imported(self, context: Context, import_id: str) -> str:
        raise errors.bridged("resource gcp_project_service_identity doesn't support import")
