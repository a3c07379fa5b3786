"""`gcp:projects/iAMCustomRole:IAMCustomRole`: a role of a project's own.

Rules from Google's documentation, "Create and manage custom roles", and from the source of pulumi-gcp's
upstream provider. What a role allows is `sandbox.google_iam`'s. Permissions are checked for their form
alone: no list says here which ones Google has.
"""

from __future__ import annotations

import re
from typing import ClassVar

from sandbox.controlplane import errors
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.google.base import DELETION_POLICY, GoogleType, find_project, project_of
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import UNKNOWN, Plain

_ID = re.compile(r"[a-zA-Z0-9_.]{3,64}")
_PERMISSION = re.compile(r"[a-z][a-zA-Z0-9]*(\.[a-zA-Z0-9]+){2,}")
_STAGES = ("ALPHA", "BETA", "GA", "DEPRECATED", "DISABLED", "EAP")
_LONGEST_TITLE = 100
_LONGEST_DESCRIPTION = 300


class CustomRole(GoogleType):
    """A deleted role is there for another week, marked so; the provider's create takes it back."""

    sdk = "pulumi_gcp.projects.IAMCustomRole"
    noun = "the custom project role"
    path = "projects/{project}/roles/{roleId}"
    name_input = "roleId"
    replace_on = frozenset({"project", "roleId"})
    local = DELETION_POLICY
    preset: ClassVar = {"stage": "GA"}
    unordered = frozenset({"permissions"})

    def refusals(self, context: Context, inputs: Plain) -> list[str]:
        role_id, stage, permissions = (inputs[name] for name in ("roleId", "stage", "permissions"))
        reasons = []
        if role_id is not UNKNOWN and not _ID.fullmatch(role_id):
            reasons.append(f'"role_id" ("{role_id}") doesn\'t match regexp "^{_ID.pattern}$"')
        if stage is not UNKNOWN and stage not in _STAGES:
            reasons.append(f"expected stage to be one of {list(_STAGES)}, got {stage}")
        if permissions == []:
            reasons.append("permissions: attribute permissions requires 1 item minimum, but has 0")
        return reasons

    def object_id(self, context: Context, inputs: Plain) -> str:
        project = project_of(context, inputs)
        find_project(context, self._action(inputs, "creating"), project)
        return self.path.format(project=project, roleId=inputs["roleId"])

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        found = context.find(self.token, object_id)
        if found is None or not found.body["deleted"]:
            return super().create(context, inputs)
        self.update(context, object_id, inputs, found.body)
        return object_id

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self._check(inputs)
        _, project, _, role_id = object_id.split("/")
        return {
            **self.stored(inputs),
            "project": project,
            "roleId": role_id,
            "name": object_id,
            "description": inputs.get("description", ""),
            "permissions": list(dict.fromkeys(inputs["permissions"])),
            "deleted": False,
        }

    def _check(self, inputs: Plain) -> None:
        action = self._action(inputs, "creating")
        if len(inputs["title"]) > _LONGEST_TITLE:
            raise _invalid(action, f"The title must have at most {_LONGEST_TITLE} characters.")
        if len(inputs.get("description", "")) > _LONGEST_DESCRIPTION:
            raise _invalid(
                action, f"The description must have at most {_LONGEST_DESCRIPTION} characters."
            )
        for permission in inputs["permissions"]:
            if not _PERMISSION.fullmatch(permission):
                raise _invalid(action, f"Permission {permission} is not valid.")

    def _action(self, inputs: Plain, doing: str) -> str:
        return f"Error {doing} {self.noun} {inputs.get('title', '')}"

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        """Mark it. Bindings that name it stay and grant nothing."""
        found = context.find(self.token, object_id)
        policy = state.get("deletionPolicy", "DELETE")
        if policy != "DELETE" or found is None:
            super().delete(context, object_id, state)
            return
        if found.body["deleted"]:
            raise _invalid(
                self._action(found.body, "deleting"),
                f"You can't delete role_id ({found.body['roleId']}) since it has already been"
                " deleted.",
                "failedPrecondition",
            )
        context.cloud.store.replace(
            self.token, object_id, {**found.body, "deleted": True}, context.now
        )

    def inputs(self, object_id: str, values: Plain) -> Plain:
        found = super().inputs(object_id, values)
        # An empty description is what an absent one reads back as.
        return {name: value for name, value in found.items() if value != ""}

    def already_exists(self, object_id: str) -> CloudError:
        return errors.bridged(
            f"Custom project role {object_id} already exists and must be imported"
        )


def _invalid(action: str, message: str, reason: str = "badRequest") -> CloudError:
    return errors.google(action, 400, message, reason)
