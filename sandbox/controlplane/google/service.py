"""`gcp:projects/service:Service`: an API enabled in a project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from pulumi_gcp import projects

from sandbox.controlplane.google.base import DELETION_POLICY, GoogleType, find_project, project_of
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import UNKNOWN, Plain

_API = re.compile(r"[a-z][a-z0-9-]*\.googleapis\.com")


class Service(GoogleType):
    """Enabling what is enabled succeeds, as the API does; by default a delete doesn't disable it.

    Documentation of `google_project_service`: `disable_on_destroy` defaults to false since
    version 6 of the provider.
    """

    sdk = projects.Service
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
        if service is UNKNOWN or _API.fullmatch(service):
            return []
        return [f'"service": expected the name of an API ("<api>.googleapis.com"), got: {service}']

    def object_id(self, context: Context, inputs: Plain) -> str:
        project = project_of(context, inputs)
        find_project(context, "Error when reading or editing Project Service", project)
        return self.path.format(project=project, service=inputs["service"])

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        if context.find(self.token, object_id) is None:
            return super().create(context, inputs)
        return object_id

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        return {"service": inputs["service"], "project": object_id.split("/", 1)[0]}

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        if state.get("disableOnDestroy"):
            super().delete(context, object_id, state)
