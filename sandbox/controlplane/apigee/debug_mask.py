"""`gcp:apigee/environmentDebugmask:EnvironmentDebugmask`.

Every environment has one; the API can only read and change it (`getDebugmask`,
`updateDebugmask`). So a create overwrites without a word, and a delete leaves the mask as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pulumi_gcp import apigee

from sandbox.controlplane.apigee.base import ApigeeType
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain


class EnvironmentDebugmask(ApigeeType):
    """What a debug session must not show."""

    sdk = apigee.EnvironmentDebugmask
    noun = "EnvironmentDebugmask"
    path = "{envId}/debugmask"
    replace_on = frozenset({"envId"})
    local: ClassVar[Mapping[str, Any]] = {}

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        if context.find(self.token, object_id) is None:
            return super().create(context, inputs)
        self.update(context, object_id, inputs, {})
        return object_id

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self.environment(context, inputs["envId"])
        return {**self.stored(inputs), "name": object_id}

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        """There is no such call."""
