"""`gcp:apigee/targetServer:TargetServer`: a backend by name, so that a bundle needn't know it.

Apigee API reference, `environments.targetservers`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.controlplane.apigee.base import KEYSTORE, REFERENCE, ApigeeType
from sandbox.controlplane.apigee.keystore import named_stores
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import UNKNOWN, Plain

_NAME = re.compile(r"[\w\s.-]{1,255}")
_PROTOCOLS = ("HTTP", "HTTP2", "GRPC_TARGET", "GRPC", "EXTERNAL_CALLOUT")
_HIGHEST_PORT = 65_535


class TargetServer(ApigeeType):
    """All but its name and protocol changes in place."""

    sdk = "pulumi_gcp.apigee.TargetServer"
    noun = "TargetServer"
    path = "{envId}/targetservers/{name}"
    name_input = "name"
    replace_on = frozenset({"envId", "name", "protocol"})
    preset: ClassVar[Mapping[str, Any]] = {"isEnabled": True}

    def refusals(self, context: Context, inputs: Plain) -> list[str]:
        protocol = inputs.get("protocol")
        if protocol in (None, UNKNOWN, "", *_PROTOCOLS):
            return []
        return [f"expected protocol to be one of {list(_PROTOCOLS)}, got {protocol}"]

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self.environment(context, inputs["envId"])
        if not _NAME.fullmatch(inputs["name"]):
            raise self.invalid(f"target server name {inputs['name']} must match {_NAME.pattern}")
        if not inputs["host"]:
            raise self.invalid("a target server needs a host")
        if not 1 <= inputs["port"] <= _HIGHEST_PORT:
            raise self.invalid(f"port {inputs['port']} is not between 1 and {_HIGHEST_PORT}")
        for name in sorted(named_stores(inputs)):
            self._check_store(context, inputs["envId"], name)
        body = {**self.kept(previous), **self.stored(inputs)}
        return {**body, "protocol": body.get("protocol") or "HTTP"}

    def _check_store(self, context: Context, environment: str, name: str) -> None:
        reference = name.removeprefix("ref://")
        found = (
            (REFERENCE, f"{environment}/references/{reference}")
            if reference != name
            else (KEYSTORE, f"{environment}/keystores/{name}")
        )
        if context.find(*found) is None:
            raise self.not_there(found[1])
