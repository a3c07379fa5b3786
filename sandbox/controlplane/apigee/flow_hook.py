"""`gcp:apigee/flowhook:Flowhook`: a shared flow that runs around every proxy of an environment.

API reference, `environments.flowhooks`: attaching is a PUT and detaching a DELETE on the hook
point's one URL. So a create takes a point over without a word, and a replacement, whose create
comes first, ends with the old hook's delete: nothing is attached then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from sandbox.controlplane.apigee.base import FLOW_DEPLOYMENT, ApigeeType, beneath
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain

_POINTS: Final = (
    *("PreProxyFlowHook", "PreTargetFlowHook"),
    *("PostTargetFlowHook", "PostProxyFlowHook"),
)


class Flowhook(ApigeeType):
    """The store has only the points at which something is attached."""

    sdk = "pulumi_gcp.apigee.Flowhook"
    noun = "Flowhook"
    path = "organizations/{orgId}/environments/{environment}/flowhooks/{flowHookPoint}"
    replace_on = frozenset(
        {
            *("orgId", "environment", "flowHookPoint"),
            *("sharedflow", "continueOnError", "description"),
        }
    )
    preset: ClassVar[Mapping[str, Any]] = {"continueOnError": True}

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        body = self.body(context, object_id, inputs, None)
        if context.find(self.token, object_id):
            context.cloud.store.replace(self.token, object_id, body, context.now)
        else:
            context.cloud.store.insert(self.token, object_id, body, context.now)
        return object_id

    def update(self, context: Context, object_id: str, inputs: Plain, state: Plain) -> None:
        """Only the provider's own settings change without a replacement."""

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        place = f"organizations/{inputs['orgId']}/environments/{inputs['environment']}"
        environment = self.environment(context, place)
        if inputs["flowHookPoint"] not in _POINTS:
            raise self.invalid(
                f"flow hook {inputs['flowHookPoint']} is none of {', '.join(_POINTS)}"
            )
        if environment.body["type"] == "BASE":
            raise self.failed_precondition(
                f"environment {inputs['environment']} is of type BASE and has no flow hooks:"
                " INTERMEDIATE or COMPREHENSIVE is needed"
            )
        flow = inputs["sharedflow"]
        deployed = beneath(context, FLOW_DEPLOYMENT, place)
        if all(item.body["sharedflowId"] != flow for item in deployed):
            raise self.failed_precondition(f"shared flow {flow} is not deployed in {place}")
        return self.stored(inputs)
