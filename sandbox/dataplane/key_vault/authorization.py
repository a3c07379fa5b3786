"""Who may do what in a vault: Azure RBAC, or access policies in a vault without it.

Microsoft Learn, "Provide access to Key Vault with Azure role-based access control". Role
assignments come from the control plane and spread within `delays.ROLE_ASSIGNMENT`, given or taken.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import delays, roles
from sandbox.cloud import Cloud
from sandbox.dataplane.key_vault.caller import Caller
from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.dataplane.key_vault.operations import Operation
from sandbox.dataplane.key_vault.vaults import Vault

_ASSIGNMENT = "azure-native:authorization:RoleAssignment"


@dataclass(frozen=True)
class Decision:
    """Access granted: by which role assignment (None: by an access policy)."""

    assignment_id: str | None


def authorize(
    cloud: Cloud, vault: Vault, caller: Caller, operation: Operation, name: str | None
) -> Decision:
    """By what `caller` may do `operation` to the object `name` (None: the vault).

    Raises VaultError (403).
    """
    if not vault.properties.get("enableRbacAuthorization"):
        return _by_access_policy(vault, caller, operation)
    resource = vault.id if name is None else f"{vault.id}/{operation.kind.value}/{name}"
    effective = cloud.store.in_effect(_ASSIGNMENT, cloud.clock.now(), delays.ROLE_ASSIGNMENT)
    for found in effective:
        body = found.body
        if str(body.get("principalId", "")).lower() != caller.object_id.lower():
            continue
        # The sandbox evaluates no conditions, so a conditional assignment grants nothing.
        if body.get("condition") or not covers(str(body.get("scope", "")), resource):
            continue
        if roles.allows(cloud, str(body.get("roleDefinitionId", "")), operation.data_action):
            return Decision(found.id)
    raise _forbidden_by_rbac(vault, caller, operation, resource)


def covers(scope: str, resource: str) -> bool:
    """Whether a role assignment at `scope` holds at `resource`: equal, or a prefix up to a `/`."""
    above, at = scope.rstrip("/").lower(), resource.lower()
    return scope != "" and (at == above or at.startswith(above + "/"))


def _by_access_policy(vault: Vault, caller: Caller, operation: Operation) -> Decision:
    kind, wanted = operation.kind.value, operation.permission
    for policy in vault.properties.get("accessPolicies") or []:
        permissions = (policy.get("permissions") or {}).get(kind) or []
        granted = {str(permission).lower() for permission in permissions}
        mine = str(policy.get("objectId", "")).lower() == caller.object_id.lower()
        if mine and granted & {wanted.lower(), "all"}:
            return Decision(None)
    raise VaultError.forbidden(
        f"The user, group or application '{caller.description}' does not have {kind} {wanted}"
        f" permission on key vault '{vault.place}'. For help resolving this issue, please see"
        " https://go.microsoft.com/fwlink/?linkid=2125287",
        "ForbiddenByPolicy",
    )


def _forbidden_by_rbac(
    vault: Vault, caller: Caller, operation: Operation, resource: str
) -> VaultError:
    return VaultError.forbidden(
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny"
        " assignments or role definitions were changed recently, please observe propagation time."
        f"\r\nCaller: {caller.description}\r\nAction: '{operation.data_action}'\r\nResource:"
        f" '{resource.lower()}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\n"
        f"DecisionReason: null \r\nVault: {vault.place}\r\n",
        "ForbiddenByRbac",
    )
