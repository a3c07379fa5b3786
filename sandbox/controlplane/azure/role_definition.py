"""`azure-native:authorization:RoleDefinition`: custom roles.

Rules from Microsoft Learn, "Azure custom roles" and "Troubleshoot Azure RBAC". What a role allows is
`sandbox.roles`'; control-plane actions are kept, not evaluated.
"""

from __future__ import annotations

import re
import uuid

from sandbox import roles, world
from sandbox.controlplane import errors
from sandbox.controlplane.azure import scopes
from sandbox.controlplane.azure.arm import AzureType, check_place
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context, Naming
from sandbox.controlplane.times import rfc3339
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_ACTION = re.compile(r"\*|[A-Za-z0-9.*]+(/[A-Za-z0-9.*_-]+)+")
_ASSIGNABLE = re.compile(r"/subscriptions/[^/]+(/resourceGroups/[^/]+)?", re.IGNORECASE)
_MOST_SCOPES = 2_000
_LONGEST_NAME = 128
_LONGEST_DESCRIPTION = 1_024


class RoleDefinition(AzureType):
    """One role of the tenant: its name is unique there, and it stays while it is assigned.

    Whatever scope it was written at, its id is the subscription's.
    """

    sdk = "pulumi_azure_native.authorization.RoleDefinition"
    arm_type = "Microsoft.Authorization/roleDefinitions"
    path = "{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}"
    name_input = "roleDefinitionId"
    replace_on = frozenset({"scope", "roleDefinitionId"})

    def default_name(self, naming: Naming) -> str:
        return str(uuid.UUID(naming.suffix(32)))

    def object_id(self, context: Context, inputs: Plain) -> str:
        scope = inputs["scope"].rstrip("/")
        check_place(context, f"{scope}/providers")
        return self.path.format_map({**inputs, "scope": world.SUBSCRIPTION})

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        try:
            uuid.UUID(inputs["roleDefinitionId"])
        except ValueError:
            raise errors.arm(
                400,
                "InvalidRoleDefinitionId",
                f"The role definition ID '{inputs['roleDefinitionId']}' is not valid. The role"
                " definition ID must be a GUID.",
            ) from None
        self._check_name(context, object_id, inputs)
        _check_scopes(context, inputs.get("assignableScopes", []))
        _check_permissions(inputs.get("permissions", []))
        stamp = rfc3339(context.now)
        return {
            "roleName": inputs["roleName"],
            "roleType": "CustomRole",
            "description": inputs.get("description", ""),
            "assignableScopes": [scope.rstrip("/") for scope in inputs["assignableScopes"]],
            "permissions": [
                {kind: list(item.get(kind, [])) for kind in _KINDS}
                for item in inputs["permissions"]
            ],
            "createdOn": previous["createdOn"] if previous else stamp,
            "createdBy": world.DEPLOYER_PRINCIPAL_ID,
            "updatedOn": stamp,
            "updatedBy": world.DEPLOYER_PRINCIPAL_ID,
        }

    def _check_name(self, context: Context, object_id: str, inputs: Plain) -> None:
        name = inputs.get("roleName", "")
        if not 0 < len(name) <= _LONGEST_NAME:
            raise _invalid(f"The role name must have between 1 and {_LONGEST_NAME} characters.")
        if len(inputs.get("description", "")) > _LONGEST_DESCRIPTION:
            raise _invalid(f"The description must have at most {_LONGEST_DESCRIPTION} characters.")
        if inputs.get("roleType", "CustomRole") != "CustomRole":
            raise _invalid(f"The role type '{inputs['roleType']}' is not 'CustomRole'.")
        others = [role.name for role in roles.ROLES.values()] + [
            other.body["roleName"]
            for other in context.all(self.token)
            if other.id.lower() != object_id.lower()
        ]
        if name.lower() in {other.lower() for other in others}:
            raise errors.arm(
                409,
                "RoleDefinitionWithSameNameExists",
                "A role definition cannot be updated with a name that already exists.",
            )

    def before_delete(self, context: Context, found: StoredObject) -> None:
        super().before_delete(context, found)
        for assignment in context.all(_ASSIGNMENT):
            if assignment.body["roleDefinitionId"].lower() == found.id.lower():
                raise errors.arm(
                    400,
                    "RoleDefinitionHasAssignments",
                    "There are existing role assignments referencing role (code:"
                    " RoleDefinitionHasAssignments).",
                )


_KINDS = ("actions", "notActions", "dataActions", "notDataActions")


def _invalid(message: str) -> CloudError:
    return errors.arm(400, "InvalidRoleDefinition", message)


def _check_scopes(context: Context, assignable: list[str]) -> None:
    if not 0 < len(assignable) <= _MOST_SCOPES:
        raise _invalid(f"The role needs between 1 and {_MOST_SCOPES} assignable scopes.")
    for scope in assignable:
        if not _ASSIGNABLE.fullmatch(scope.rstrip("/")):
            raise _invalid(
                f"The assignable scope '{scope}' is not valid: a custom role is assignable in"
                " subscriptions and resource groups."
            )
        scopes.check_exists(context, scope.rstrip("/"))


def _check_permissions(permissions: list[Plain]) -> None:
    if not any(item.get(kind) for item in permissions for kind in ("actions", "dataActions")):
        raise _invalid("The role needs permissions with at least one action or data action.")
    for item in permissions:
        for kind in ("actions", "notActions"):
            for action in item.get(kind, []):
                if not _ACTION.fullmatch(action) or roles.is_data_action_only(action):
                    raise _unsupported("InvalidActionOrNotAction", action, "actions")
        for kind in ("dataActions", "notDataActions"):
            for action in item.get(kind, []):
                if not _ACTION.fullmatch(action) or not roles.matches_data_actions(action):
                    raise _unsupported("InvalidDataActionOrNotDataAction", action, "data actions")


def _unsupported(code: str, action: str, kind: str) -> CloudError:
    message = f"'{action}' does not match any of the {kind} supported by the providers."
    return errors.arm(400, code, message)
