"""`gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from sandbox.controlplane.apigee.base import (
    INSTANCE_ATTACHMENT,
    Violation,
    beneath,
    milliseconds,
)
from sandbox.controlplane.apigee.deployments import Deployment
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.google.base import DELETION_POLICY
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

READY_AFTER: Final = 30.0
"""Seconds from a deployment to `READY`; Apigee promises none, tens of seconds are usual."""


class EnvironmentApiRevisionDeployment(Deployment):
    """A new revision is a new object, made first: with `override` it takes over without a gap.

    The delete of the old revision then finds nothing, which is a success. Of a deployment the
    provider reads back its state and start only, so that an import doesn't know the rest.
    """

    sdk = "pulumi_gcp.apigee.EnvironmentApiRevisionDeployment"
    noun = "EnvironmentApiRevisionDeployment"
    path = "organizations/{orgId}/environments/{environment}/apis/{api}/revisions/{revision}"
    replace_on = frozenset(
        {
            *("orgId", "environment", "api", "revision"),
            *("serviceAccount", "override", "sequencedRollout"),
        }
    )
    local: ClassVar[Mapping[str, Any]] = {
        **DELETION_POLICY,
        "override": False,
        "sequencedRollout": False,
        "serviceAccount": None,
    }

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        if context.find(self.token, object_id):
            raise self.already_exists(object_id)
        body = self.body(context, object_id, inputs, None)
        for other in beneath(context, self.token, object_id.rsplit("/", 1)[0]):
            if not inputs.get("override"):
                raise self.violated("deployment", [_conflict(other.id)])
            context.cloud.store.remove(self.token, other.id, context.now)
        self._check_base_paths(context, object_id, body["basepaths"])
        context.cloud.store.insert(self.token, object_id, body, context.now)
        return object_id

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        found = self.deployable(context, inputs, "proxy", inputs["api"])
        return {
            **self.stored(inputs),
            "serviceAccount": inputs.get("serviceAccount"),
            "basepaths": [endpoint.basepath for endpoint in found.proxies],
            "deployStartTime": milliseconds(context.now),
        }

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        found = context.find(self.token, object_id)
        if found is None:
            return None
        return {
            **{name: value for name, value in found.body.items() if name not in self.local},
            "state": self._state(context, found),
            # The provider takes them from a field that the API doesn't fill.
            "basepaths": [],
        }

    def inputs(self, object_id: str, values: Plain) -> Plain:
        found = super().inputs(object_id, values)
        return {**found, "revision": int(found["revision"])}

    def update(self, context: Context, object_id: str, inputs: Plain, state: Plain) -> None:
        """Only the provider's own settings change without a replacement."""

    def already_exists(self, object_id: str) -> CloudError:
        return self.failed_precondition(
            f"{object_id} is already deployed; a changed service account needs a new revision"
        )

    def _state(self, context: Context, found: StoredObject) -> str:
        """`PROGRESSING` until the instances that serve the environment have had the time to load."""
        organization, environment = found.id.split("/apis/", 1)[0].split("/environments/", 1)
        attached = any(
            item.body["environment"] == environment
            for item in beneath(context, INSTANCE_ATTACHMENT, organization)
        )
        ready = attached and context.now >= found.created + READY_AFTER
        return "READY" if ready else "PROGRESSING"

    def _check_base_paths(self, context: Context, object_id: str, basepaths: list[str]) -> None:
        environment = object_id.split("/apis/", 1)[0]
        for other in beneath(context, self.token, environment):
            for basepath in basepaths:
                if basepath in other.body["basepaths"]:
                    raise self.violated(
                        "deployment",
                        [
                            Violation(
                                "PATH_CONFLICT",
                                object_id,
                                f'Existing deployment of "{other.id}" contains conflicting base'
                                f" paths: {basepath}.",
                            )
                        ],
                    )


def _conflict(other: str) -> Violation:
    return Violation(
        "CONFLICTING_DEPLOYMENT",
        other,
        "Only one revision can be deployed at a time, use the override flag to replace.",
    )
