"""`azure-native:authorization:RoleAssignment`.

Rules from Microsoft Learn, "Assign Azure roles using the REST API", "Troubleshoot Azure RBAC" and
"Troubleshoot Azure role assignment conditions".
"""

from __future__ import annotations

import re
import uuid

from sandbox import directory, roles, world
from sandbox.controlplane import errors
from sandbox.controlplane.azure import conditions, scopes
from sandbox.controlplane.azure.arm import AzureType, check_place
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context, Naming
from sandbox.controlplane.times import rfc3339
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

_DEFINITION = re.compile(
    r"(/subscriptions/(?P<subscription>[^/]+))?(/.*)?"
    r"/providers/Microsoft\.Authorization/roleDefinitions/(?P<role>[^/]+)",
    re.IGNORECASE,
)
_ROLE_DEFINITION = "azure-native:authorization:RoleDefinition"
_CONDITION_VERSION = "2.0"
_LONGEST_CONDITION = 8 * 1024
_MOST = 4_000


class RoleAssignment(AzureType):
    """A grant. The same principal, role and scope twice is refused, whatever the name."""

    sdk = "pulumi_azure_native.authorization.RoleAssignment"
    arm_type = "Microsoft.Authorization/roleAssignments"
    path = "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}"
    name_input = "roleAssignmentName"
    replace_on = frozenset({"scope", "principalId", "roleAssignmentName"})

    def default_name(self, naming: Naming) -> str:
        return str(uuid.UUID(naming.suffix(32)))

    def object_id(self, context: Context, inputs: Plain) -> str:
        object_id = self.path.format_map({**inputs, "scope": inputs["scope"].rstrip("/")})
        check_place(context, object_id)
        return object_id

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        scope = inputs["scope"].rstrip("/")
        if inputs.get("delegatedManagedIdentityResourceId"):
            raise CloudError("the sandbox has one tenant: no delegatedManagedIdentityResourceId")
        _check_name(inputs["roleAssignmentName"])
        scopes.check_exists(context, scope)
        _check_condition(inputs)
        role = _role(context, inputs["roleDefinitionId"], scope)
        if previous and role != previous["roleDefinitionId"]:
            raise errors.arm(
                400,
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            )
        principal_type = _principal_type(context, inputs)
        others = [o for o in context.all(self.token) if o.id.lower() != object_id.lower()]
        _check_equal(others, scope, inputs["principalId"], role)
        if len(others) >= _MOST:
            raise errors.arm(
                400,
                "RoleAssignmentLimitExceeded",
                "The role assignment limit for the subscription is exceeded. No more role"
                f" assignments can be created: it has {_MOST}.",
            )
        stamp = rfc3339(context.now)
        return {
            "scope": scope,
            "principalId": inputs["principalId"],
            "principalType": principal_type,
            "roleDefinitionId": role,
            "createdOn": previous["createdOn"] if previous else stamp,
            "createdBy": world.DEPLOYER_PRINCIPAL_ID,
            "updatedOn": stamp,
            "updatedBy": world.DEPLOYER_PRINCIPAL_ID,
            **{
                name: inputs[name]
                for name in ("condition", "conditionVersion", "description")
                if name in inputs
            },
        }


def _check_equal(others: list[StoredObject], scope: str, principal: str, role: str) -> None:
    for other in others:
        equal = (
            other.body["scope"].lower() == scope.lower()
            and other.body["principalId"].lower() == principal.lower()
            and other.body["roleDefinitionId"].lower() == role.lower()
        )
        if equal:
            raise errors.arm(
                409,
                "RoleAssignmentExists",
                "The role assignment already exists. The ID of the existing role assignment is"
                f" {other.body['name'].replace('-', '')}.",
            )


def _check_name(name: str) -> None:
    try:
        uuid.UUID(name)
    except ValueError:
        raise errors.arm(
            400,
            "InvalidRoleAssignmentId",
            f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID.",
        ) from None


def _check_condition(inputs: Plain) -> None:
    condition, version = inputs.get("condition"), inputs.get("conditionVersion")
    if condition is None:
        return
    if version != _CONDITION_VERSION:
        raise errors.arm(
            400,
            "InvalidConditionVersion",
            f"The condition needs the condition version '{_CONDITION_VERSION}', not"
            f" '{version or ''}'.",
        )
    if len(condition) > _LONGEST_CONDITION:
        raise errors.arm(
            400,
            "InvalidCondition",
            f"The condition must have at most {_LONGEST_CONDITION} characters.",
        )
    try:
        conditions.check(condition)
    except ValueError as error:
        # Azure's words, and what the sandbox adds to find the place by.
        message = f"The given role assignment condition is invalid. ({error})"
        raise errors.arm(400, "InvalidCondition", message) from error


def _role(context: Context, definition_id: str, scope: str) -> str:
    """The id as Azure returns it: prefixed with the subscription."""
    match = _DEFINITION.fullmatch(definition_id)
    role = match["role"].lower() if match else ""
    if match and match["subscription"] not in (None, world.SUBSCRIPTION_ID):
        role = ""
    full = f"{world.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    custom = context.find(_ROLE_DEFINITION, full)
    if custom is not None:
        above = custom.body["assignableScopes"]
        assignable = any(scopes.covers(each, scope) for each in above)
    else:
        assignable = role in roles.ROLES
    if not assignable:
        raise errors.arm(
            404 if match else 400,
            "RoleDefinitionDoesNotExist" if match else "InvalidRoleDefinitionId",
            f"The specified role definition with ID '{definition_id.rsplit('/', 1)[-1]}' does not"
            " exist.",
        )
    return full


def _principal_type(context: Context, inputs: Plain) -> str:
    """The type of the principal, once found in the tenant."""
    principal = inputs["principalId"]
    found = directory.principal_type(context.cloud, principal)
    if found is None:
        raise errors.arm(
            400,
            "PrincipalNotFound",
            f"Principal {principal.replace('-', '')} does not exist in the directory"
            f" {world.TENANT_ID}. Check that you have the correct principal ID. If you are creating"
            " this principal and then immediately assigning a role, this error might be related to"
            " a replication delay. In this case, set the role assignment principalType property to"
            " a value, such as ServicePrincipal, User, or Group.",
        )
    given = inputs.get("principalType", "User")
    if given != found:
        raise errors.arm(
            400,
            "UnmatchedPrincipalType",
            f"The PrincipalId '{principal.replace('-', '')}' has type '{found}', which is"
            f" different from specified PrincipalType '{given}'.",
        )
    return found
