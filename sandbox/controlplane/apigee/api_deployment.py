"""`gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pulumi_gcp import apigee

from sandbox.controlplane.apigee.base import beneath
from sandbox.controlplane.apigee.deployments import Deployment
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.google.base import DELETION_POLICY
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.times import rfc3339
from sandbox.controlplane.values import Plain


class EnvironmentApiRevisionDeployment(Deployment):
    """A new revision is a new object, made first: with `override` it takes over without a gap.

    The delete of the old revision then finds nothing, which is a success.
    """

    sdk = apigee.EnvironmentApiRevisionDeployment
    noun = "EnvironmentApiRevisionDeployment"
    path = (
        "organizations/{orgId}/environments/{environment}/apis/{api}/revisions/{revision}"
        "/deployments"
    )
    replace_on = frozenset({"orgId", "environment", "api", "revision", "serviceAccount"})
    local: ClassVar[Mapping[str, Any]] = {
        **DELETION_POLICY,
        "override": None,
        "sequencedRollout": None,
    }

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        if context.find(self.token, object_id):
            raise self.already_exists(object_id)
        body = self.body(context, object_id, inputs, None)
        place = object_id.split("/revisions/", 1)[0]
        for other in beneath(context, self.token, place):
            if not inputs.get("override"):
                raise self._base_path_taken(body["basepaths"][0], other.id)
            context.cloud.store.remove(self.token, other.id, context.now)
        self._check_base_paths(context, object_id, body["basepaths"])
        context.cloud.store.insert(self.token, object_id, body, context.now)
        return object_id

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        found = self.deployable(context, inputs, "proxy", inputs["api"])
        started = previous["deployStartTime"] if previous else rfc3339(context.now)
        return {
            **self.stored(inputs),
            "basepaths": [endpoint.basepath for endpoint in found.proxies],
            "deployStartTime": started,
            "state": "READY",
        }

    def _check_base_paths(self, context: Context, object_id: str, basepaths: list[str]) -> None:
        environment = object_id.split("/apis/", 1)[0]
        for other in beneath(context, self.token, environment):
            for basepath in basepaths:
                if basepath in other.body["basepaths"]:
                    raise self._base_path_taken(basepath, other.id)

    def _base_path_taken(self, basepath: str, other: str) -> CloudError:
        return self.refuse(
            400,
            f"generic::failed_precondition: base path {basepath} is already served by {other};"
            " undeploy it first or deploy with override",
            "failedPrecondition",
        )

    def already_exists(self, object_id: str) -> CloudError:
        return self.refuse(
            400,
            f"generic::failed_precondition: {object_id.removesuffix('/deployments')} is already"
            " deployed; a changed service account needs a new revision",
            "failedPrecondition",
        )
