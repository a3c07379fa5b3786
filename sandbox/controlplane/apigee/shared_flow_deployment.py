"""`gcp:apigee/sharedflowDeployment:SharedflowDeployment`."""

from __future__ import annotations

from sandbox.controlplane.apigee.base import DELETING, beneath
from sandbox.controlplane.apigee.deployments import Deployment, users
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject


class SharedflowDeployment(Deployment):
    """One revision of a shared flow runs in an environment; the provider always overrides.

    The id contains the revision, but a new revision is an update: the engine keeps the first id, so
    the provider finds the deployment by the state's revision.
    """

    sdk = "pulumi_gcp.apigee.SharedflowDeployment"
    noun = "SharedflowDeployment"
    path = (
        "organizations/{orgId}/environments/{environment}/sharedflows/{sharedflowId}"
        "/revisions/{revision}/deployments"
    )
    replace_on = frozenset({"orgId", "environment", "sharedflowId", "serviceAccount"})

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        body = self.body(context, object_id, inputs, None)
        for other in self._deployed(context, inputs):
            context.cloud.store.remove(self.token, other.id, context.now)
        context.cloud.store.insert(self.token, object_id, body, context.now)
        return object_id

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        return super().read(context, self._current(object_id, state), state)

    def update(self, context: Context, object_id: str, inputs: Plain, state: Plain) -> None:
        self.create(context, inputs)

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        super().delete(context, self._current(object_id, state), state)

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self.deployable(context, inputs, "sharedflow", inputs["sharedflowId"])
        body = self.stored(inputs)
        if "serviceAccount" in body:
            # The API returns the full name; the provider strips it.
            body["serviceAccount"] = body["serviceAccount"].removeprefix(
                "projects/-/serviceAccounts/"
            )
        return body

    def before_delete(self, context: Context, found: StoredObject) -> None:
        environment = found.id.split("/sharedflows/", 1)[0]
        violations = users(context, environment, found.body["sharedflowId"])
        if violations:
            raise self.violated("undeployment", violations, DELETING)

    def _deployed(self, context: Context, inputs: Plain) -> list[StoredObject]:
        place = self.path.format_map({**inputs, "revision": ""}).split("/revisions/", 1)[0]
        return beneath(context, self.token, place)

    def _current(self, object_id: str, state: Plain) -> str:
        if "revision" not in state:
            return object_id
        place = object_id.split("/revisions/", 1)[0]
        return f"{place}/revisions/{state['revision']}/deployments"
