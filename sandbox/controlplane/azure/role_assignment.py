"""`azure-native:authorization:RoleAssignment`.

Rules from Microsoft Learn, "Assign Azure roles using the REST API" and "Troubleshoot Azure RBAC".
"""

from __future__ import annotations

import re
import uuid

from pulumi_azure_native import authorization

from sandbox import world
from sandbox.controlplane import errors
from sandbox.controlplane.azure.arm import AzureType, check_place, not_found
from sandbox.controlplane.resource_type import Context, Naming
from sandbox.controlplane.times import rfc3339
from sandbox.controlplane.values import Plain
from sandbox.roles import ROLES

_IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
_WORKSPACE = "azure-native:operationalinsights:Workspace"
_DEFINITION = re.compile(
    r"(/subscriptions/(?P<subscription>[^/]+))?(/.*)?"
    r"/providers/Microsoft\.Authorization/roleDefinitions/(?P<role>[^/]+)",
    re.IGNORECASE,
)
_SCOPED = {
    "/providers/Microsoft.keyvault/vaults/": "azure-native:keyvault:Vault",
    "/providers/Microsoft.managedidentity/userassignedidentities/": _IDENTITY,
    "/providers/Microsoft.OperationalInsights/workspaces/": _WORKSPACE,
}


class RoleAssignment(AzureType):
    """A grant. The same principal, role and scope twice is refused, whatever the name."""

    sdk = authorization.RoleAssignment
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
        _check_name(inputs["roleAssignmentName"])
        _check_scope(context, scope)
        role = _role(inputs["roleDefinitionId"])
        if previous and role != previous["roleDefinitionId"]:
            raise errors.arm(
                400,
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            )
        principal_type = _principal_type(context, inputs)
        self._check_equal(context, object_id, scope, inputs["principalId"], role)
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
                for name in (
                    "condition",
                    "conditionVersion",
                    "description",
                    "delegatedManagedIdentityResourceId",
                )
                if name in inputs
            },
        }

    def _check_equal(
        self, context: Context, object_id: str, scope: str, principal: str, role: str
    ) -> None:
        for other in context.all(self.token):
            equal = (
                other.id.lower() != object_id.lower()
                and other.body["scope"].lower() == scope.lower()
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


def _check_scope(context: Context, scope: str) -> None:
    """The subscription, a resource group (checked with the place) or a resource that exists."""
    if "/providers/" not in scope:
        if len(scope.split("/")) in (3, 5):
            check_place(context, f"{scope}/providers")
            return
        raise errors.arm(400, "InvalidScope", f"The scope '{scope}' is not valid.")
    for part, type_ in _SCOPED.items():
        # A secret's, key's or certificate's own scope lies beneath its vault's.
        match = re.match(f"(.+{re.escape(part)}[^/]+)(/.*)?$", scope, re.IGNORECASE)
        if match:
            if context.find(type_, match[1]) is None:
                raise not_found(match[1])
            return
    raise errors.arm(
        404, "ResourceNotFound", f"The sandbox has no resources like the scope '{scope}'."
    )


def _role(definition_id: str) -> str:
    """The id as Azure returns it: prefixed with the subscription."""
    match = _DEFINITION.fullmatch(definition_id)
    role = match["role"].lower() if match else ""
    if match and match["subscription"] not in (None, world.SUBSCRIPTION_ID):
        role = ""
    if role not in ROLES:
        raise errors.arm(
            404 if match else 400,
            "RoleDefinitionDoesNotExist" if match else "InvalidRoleDefinitionId",
            f"The specified role definition with ID '{definition_id.rsplit('/', 1)[-1]}' does not"
            " exist.",
        )
    return f"{world.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"


def _principal_type(context: Context, inputs: Plain) -> str:
    """The type of the principal, once found in the tenant."""
    principal = inputs["principalId"]
    known = {item.body["principalId"].lower() for item in context.all(_IDENTITY)}
    known.add(world.DEPLOYER_PRINCIPAL_ID)
    if principal.lower() not in known:
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
    if given != "ServicePrincipal":
        raise errors.arm(
            400,
            "UnmatchedPrincipalType",
            f"The PrincipalId '{principal.replace('-', '')}' has type 'ServicePrincipal', which is"
            f" different from specified PrincipalType '{given}'.",
        )
    return "ServicePrincipal"
