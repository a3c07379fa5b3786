"""`gcp:projects/iAMBinding:IAMBinding`: all members of one role, and nobody else.

Authoritative for the role and condition: it takes over who is there, and an IAMMember of the same
role that it doesn't list is gone at that member's next refresh (the provider's documentation,
"google_project_iam"). It stores nothing of its own: a binding is its members.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import google_iam
from sandbox.controlplane import errors
from sandbox.controlplane.google import iam_policy
from sandbox.controlplane.google.base import GoogleType, find_project, require_resource_manager
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import UNKNOWN, Plain
from sandbox.store import StoredObject


class ProjectIamBinding(GoogleType):
    """A role's members change in place; project, role and condition replace."""

    sdk = "pulumi_gcp.projects.IAMBinding"
    noun = "project"
    path = "{project}/{role}"
    replace_on = frozenset({"project", "role", "condition"})

    def refusals(self, context: Context, inputs: Plain) -> list[str]:
        members = inputs["members"]
        return (
            []
            if members is UNKNOWN
            else [reason for item in members for reason in iam_policy.refusals("members", item)]
        )

    def compared(self, old: Plain, state: Plain, new: Plain) -> tuple[Plain, Plain]:
        before, after = super().compared(old, state, new)
        return _as_set(before), _as_set(after)

    def object_id(self, context: Context, inputs: Plain) -> str:
        return iam_policy.state_id((inputs["project"], inputs["role"]), inputs.get("condition"))

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        shared = self.body(context, object_id, inputs, None)
        wanted = {iam_policy.normal(member) for member in inputs["members"]}
        store, bound = context.cloud.store, self._bound(context, object_id)
        for found in bound:
            if found.body["member"] not in wanted:
                store.remove(google_iam.PROJECT_MEMBER, found.id, context.now)
        for member in sorted(wanted - {found.body["member"] for found in bound}):
            parts = (inputs["project"], inputs["role"], member)
            member_id = iam_policy.state_id(parts, inputs.get("condition"))
            body = {**shared, "member": member}
            store.insert(google_iam.PROJECT_MEMBER, member_id, body, context.now)
        return object_id

    def update(self, context: Context, object_id: str, inputs: Plain, state: Plain) -> None:
        self.create(context, inputs)

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        for found in self._bound(context, object_id):
            context.cloud.store.remove(google_iam.PROJECT_MEMBER, found.id, context.now)

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        """What each of the members is stored with."""
        action = f"Error applying IAM policy for {self.noun} '{inputs['project']}'"
        require_resource_manager(context, action)
        find_project(context, action, inputs["project"])
        iam_policy.check_role(context, action, inputs["role"])
        for member in inputs["members"]:
            iam_policy.check_member(context, action, member, everybody=False)
        return {name: inputs[name] for name in ("project", "role", "condition") if name in inputs}

    def _bound(self, context: Context, object_id: str) -> list[StoredObject]:
        return [
            found
            for found in context.all(google_iam.PROJECT_MEMBER)
            if self.object_id(context, found.body) == object_id
        ]

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        """A binding that isn't there is one without members: the provider never drops it."""
        found = self._bound(context, object_id)
        project, _, role = object_id.partition("/")
        shared: Mapping[str, Any] = found[0].body if found else {"role": role, **state}
        named = {name: shared[name] for name in ("role", "condition") if name in shared}
        return {
            **named,
            "project": project,
            "members": sorted(item.body["member"] for item in found),
            "etag": iam_policy.etag(object_id),
        }

    def inputs(self, object_id: str, values: Plain) -> Plain:
        return {name: values[name] for name in self.schema.inputs if name in values}

    def check_id(self, object_id: str) -> None:
        """Nothing: its parts hold slashes by design, and nobody tells them apart."""

    def import_id(self, object_id: str, body: Plain) -> str:
        return iam_policy.import_id((body["project"], body["role"]), body.get("condition"))

    def imported(self, context: Context, import_id: str) -> str:
        parts = import_id.split()
        if len(parts) < 2:
            raise errors.bridged(
                f"Wrong number of parts to Binding id {parts}; expected 'resource_name role"
                " [condition_title]'."
            )
        for found in context.all(google_iam.PROJECT_MEMBER):
            if self.import_id(found.id, found.body) == " ".join(parts):
                return self.object_id(context, found.body)
        return f"{parts[0]}/{parts[1]}"


def _as_set(values: Plain) -> Plain:
    """The members in one order, as far as they are known."""
    members = values.get("members")
    if not isinstance(members, list) or UNKNOWN in members:
        return values
    return {**values, "members": sorted({iam_policy.normal(member) for member in members})}
