"""`gcp:projects/service:Service`: an API enabled in a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.controlplane.google.base import (
    DELETION_POLICY,
    GoogleType,
    find_project,
    project_of,
    require_resource_manager,
)
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import UNKNOWN, Plain

_ACTION = "Error when reading or editing Project Service"
_KNOWN = frozenset(
    {
        "apigee",
        "apigeeconnect",
        "cloudkms",
        "cloudresourcemanager",
        "compute",
        "iam",
        "iamcredentials",
        "logging",
        "monitoring",
        "pubsub",
        "secretmanager",
        "servicenetworking",
        "serviceusage",
        "storage",
        "sts",
    }
)
"""The names before `.googleapis.com`: what an Apigee project and a deployment's state may need."""


class Service(GoogleType):
    """Enabling what is enabled succeeds, as the API does; by default a delete doesn't disable it.

    Documentation of `google_project_service`: `disable_on_destroy` defaults to false since
    version 6 of the provider.
    """

    sdk = "pulumi_gcp.projects.Service"
    noun = "Project Service"
    path = "{project}/{service}"
    replace_on = frozenset({"project", "service"})
    local: ClassVar[Mapping[str, Any]] = {
        **DELETION_POLICY,
        "disableOnDestroy": False,
        "disableDependentServices": None,
        "checkIfServiceHasUsageOnDestroy": None,
    }

    def refusals(self, context: Context, inputs: Plain) -> list[str]:
        service = inputs["service"]
        if service is UNKNOWN or "." in service:
            return []
        return [f"expected {service} to be a domain like serviceusage.googleapis.com"]

    def object_id(self, context: Context, inputs: Plain) -> str:
        project = project_of(context, inputs)
        find_project(context, _ACTION, project)
        return self.path.format(project=project, service=inputs["service"])

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        if context.find(self.token, object_id) is None:
            return super().create(context, inputs)
        return object_id

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        """The provider asks Resource Manager first whether the project is still there."""
        require_resource_manager(context, f"{_ACTION} {object_id}")
        return super().read(context, object_id, state)

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        service = inputs["service"]
        if service.removesuffix(".googleapis.com") not in _KNOWN:
            known = ", ".join(sorted(_KNOWN))
            raise self.refuse(
                403,
                f"Not found or permission denied for service(s): {service}. (Of Google's services"
                f" the sandbox knows, each followed by .googleapis.com: {known})",
                "forbidden",
            )
        return {"service": service, "project": object_id.split("/", 1)[0]}

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        if state.get("disableOnDestroy"):
            super().delete(context, object_id, state)
