"""`gcp:apigee/sharedflow:Sharedflow` and `gcp:apigee/api:Api`: bundles and revisions.

An import under a name that exists adds a revision, as the API's `action=import` does.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.controlplane import errors
from sandbox.controlplane.apigee.base import (
    API_DEPLOYMENT,
    FLOW_DEPLOYMENT,
    ApigeeType,
    beneath,
)
from sandbox.controlplane.google.base import DELETION_POLICY
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import UNKNOWN, Plain
from sandbox.gateway import bundle
from sandbox.gateway.revisions import Kind, Revisions
from sandbox.store import StoredObject

_MOST_REVISIONS = 250
"""Apigee's documentation, "Limits": revisions retained in history, enforced."""
_NAME = re.compile(r"[A-Za-z0-9._-]+")
"""API reference, `organizations.apis.create`; taken to hold for shared flows too."""
_COMPUTED = frozenset({"latestRevisionId", "revisions", "md5hash", "detectMd5hash", "metaDatas"})


class _Bundle(ApigeeType):
    """Common to both: what the file holds decides whether there is a new revision."""

    kind: ClassVar[Kind]
    deployment: ClassVar[str]
    deployed_name: ClassVar[str]
    """The input of the deployment type that names this one."""
    name_input = "name"
    replace_on = frozenset({"orgId", "name"})
    local: ClassVar[Mapping[str, Any]] = {
        **DELETION_POLICY,
        "configBundle": None,
        "detectMd5hash": "Different Hash",
    }

    def compared(self, old: Plain, state: Plain, new: Plain) -> tuple[Plain, Plain]:
        """`detectMd5hash` is compared with the file only, whatever the program says there."""
        before, after = super().compared(old, state, new)
        return (
            {name: value for name, value in before.items() if name != "detectMd5hash"},
            {name: value for name, value in after.items() if name != "detectMd5hash"},
        )

    def also_changed(self, context: Context, state: Plain, inputs: Plain) -> frozenset[str]:
        try:
            data = _read(context, inputs)
        except (OSError, ValueError):
            return frozenset()
        if data is None or _md5(data) == state.get("detectMd5hash"):
            return frozenset()
        return frozenset({"detectMd5hash"})

    def preview(self, inputs: Plain) -> Plain:
        return {**super().preview(inputs), "detectMd5hash": UNKNOWN}

    def unknown_after(self, changed: frozenset[str]) -> frozenset[str]:
        return _COMPUTED if changed & {"configBundle", "detectMd5hash"} else frozenset()

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        if context.find(self.token, object_id) is None:
            return super().create(context, inputs)
        self.update(context, object_id, inputs, {})
        return object_id

    def update(self, context: Context, object_id: str, inputs: Plain, state: Plain) -> None:
        """An import, and so a revision, unless only the provider's own settings changed."""
        moved = state.get("configBundle") != inputs["configBundle"]
        if moved or self.also_changed(context, state, inputs):
            super().update(context, object_id, inputs, state)

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        """After an import, or where something else imported a bundle, the hashes are unknown."""
        found = super().read(context, object_id, state)
        if found is None:
            return None
        imported = "configBundle" not in state
        if imported or state.get("metaDatas", found["metaDatas"]) != found["metaDatas"]:
            return {**found, "md5hash": "UNKNOWN", "detectMd5hash": "UNKNOWN"}
        return found

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self.organization(context, f"organizations/{inputs['orgId']}")
        if not _NAME.fullmatch(inputs["name"]):
            raise self.invalid(f"name {inputs['name']} must match {_NAME.pattern}")
        data = self._read_bundle(context, inputs)
        digest = _md5(data)
        revisions = Revisions(context.cloud.store)
        self._check(data)
        if len(revisions.numbers(self.kind, inputs["name"])) >= _MOST_REVISIONS:
            raise self.failed_precondition(
                f"{object_id} has {_MOST_REVISIONS} revisions, the most that are kept: delete"
                " old ones first"
            )
        revisions.add(self.kind, inputs["name"], data)
        milliseconds = str(int(context.now * 1000))
        created = previous["metaDatas"][0]["createdAt"] if previous else milliseconds
        numbers = revisions.numbers(self.kind, inputs["name"])
        return {
            "name": inputs["name"],
            "orgId": inputs["orgId"],
            "md5hash": digest,
            "detectMd5hash": digest,
            "revisions": [str(number) for number in numbers],
            "latestRevisionId": str(numbers[-1]),
            "metaDatas": [{"createdAt": created, "lastModifiedAt": milliseconds}],
        }

    def _read_bundle(self, context: Context, inputs: Plain) -> bytes:
        try:
            return _read(context, inputs) or b""
        except (OSError, ValueError) as error:
            # A ValueError: a path that no system call takes, with a null in it.
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise errors.bridged(
                f"open {inputs['configBundle']}: {reason.lower()} (looked in {context.directory})"
            ) from error

    def _check(self, data: bytes) -> None:
        try:
            bundle.load(data, self.kind)
        except bundle.BundleError as error:
            raise self.invalid(str(error)) from error

    def before_delete(self, context: Context, found: StoredObject) -> None:
        organization = f"organizations/{found.body['orgId']}"
        for item in beneath(context, self.deployment, organization):
            if item.body[self.deployed_name] == found.body["name"]:
                raise self.in_use(found.id, item.id)
        Revisions(context.cloud.store).remove(self.kind, found.body["name"])

    def inputs(self, object_id: str, values: Plain) -> Plain:
        found = super().inputs(object_id, values)
        # Shows what was imported last; as an input it only serves the provider's own comparison.
        found.pop("detectMd5hash", None)
        return found


class Sharedflow(_Bundle):
    """A shared flow."""

    sdk = "pulumi_gcp.apigee.Sharedflow"
    noun = "SharedFlow"
    path = "organizations/{orgId}/sharedflows/{name}"
    kind = "sharedflow"
    deployment = FLOW_DEPLOYMENT
    deployed_name = "sharedflowId"


class Api(_Bundle):
    """An API proxy."""

    sdk = "pulumi_gcp.apigee.Api"
    noun = "API proxy"
    path = "organizations/{orgId}/apis/{name}"
    kind = "proxy"
    deployment = API_DEPLOYMENT
    deployed_name = "api"


def _read(context: Context, inputs: Plain) -> bytes | None:
    """The bundle, found from where the program runs; None while its path is unknown.

    Raises OSError or ValueError for a path at which there is no file.
    """
    path = inputs.get("configBundle")
    return (context.directory / path).read_bytes() if isinstance(path, str) else None


def _md5(data: bytes) -> str:
    """As the provider writes it: base64."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
