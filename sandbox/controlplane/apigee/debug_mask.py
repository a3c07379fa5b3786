"""`gcp:apigee/environmentDebugmask:EnvironmentDebugmask`.

Every environment has one; the API can only read and change it (`getDebugmask`,
`updateDebugmask`). So the provider's create overwrites every field without a word, its update
writes the fields that changed, and its delete empties them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.controlplane import errors
from sandbox.controlplane.apigee.base import ENVIRONMENT, ApigeeType
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain


class EnvironmentDebugmask(ApigeeType):
    """What a debug session must not show. The store has it from the first write on."""

    sdk = "pulumi_gcp.apigee.EnvironmentDebugmask"
    noun = "EnvironmentDebugmask"
    path = "{envId}/debugmask"
    replace_on = frozenset({"envId"})
    local: ClassVar[Mapping[str, Any]] = {}

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        self._write(context, object_id, self.body(context, object_id, inputs, None))
        return object_id

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        environment = self.parameters(object_id)["envId"]
        if context.find(ENVIRONMENT, environment) is None:
            return None
        found = super().read(context, object_id, state)
        return found or {"envId": environment, "name": object_id}

    def imported(self, context: Context, import_id: str) -> str:
        if not import_id.endswith("/debugmask"):
            raise errors.bridged(
                f'Import id "{import_id}" doesn\'t match any of the accepted formats:'
                " [^(?P<env_id>.+)/debugmask$]"
            )
        return import_id

    def update(self, context: Context, object_id: str, inputs: Plain, state: Plain) -> None:
        wanted = self.body(context, object_id, inputs, None)
        body = self.read(context, object_id, state) or {}
        for name in {*wanted, *state}:
            if wanted.get(name) == state.get(name):
                continue
            if name in wanted:
                body[name] = wanted[name]
            else:
                body.pop(name, None)
        self._write(context, object_id, body)

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self.environment(context, inputs["envId"])
        # The provider reads an empty list back as none.
        given = {name: value for name, value in self.stored(inputs).items() if value}
        return {**given, "name": object_id}

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        environment = self.parameters(object_id)["envId"]
        if context.find(ENVIRONMENT, environment) is None:
            raise self.refuse(
                404,
                f"generic::not_found: resource {environment} not found",
                "notFound",
                "clearing",
            )
        self._write(context, object_id, {"envId": environment, "name": object_id})

    def _write(self, context: Context, object_id: str, body: Plain) -> None:
        store = context.cloud.store
        if context.find(self.token, object_id) is None:
            store.insert(self.token, object_id, body, context.now)
        else:
            store.replace(self.token, object_id, body, context.now)
