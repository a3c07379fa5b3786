"""Who may do what in a vault: its firewall, then Azure RBAC (or access policies without it).

Microsoft Learn, "Provide access to Key Vault with Azure role-based access control". Role
assignments come from the control plane and spread within `delays.ROLE_ASSIGNMENT`, given or taken.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from sandbox import delays
from sandbox.cloud import Cloud
from sandbox.dataplane.key_vault.caller import Caller
from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.dataplane.key_vault.vaults import Vault
from sandbox.roles import ROLES

_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_SECRETS = "Microsoft.KeyVault/vaults/secrets"


@dataclass(frozen=True)
class Operation:
    """A data plane operation: its RBAC data action and the access policy permission of old."""

    data_action: str
    policy_permission: str


GET = Operation(f"{_SECRETS}/getSecret/action", "get")
SET = Operation(f"{_SECRETS}/setSecret/action", "set")
UPDATE = Operation(f"{_SECRETS}/update/action", "set")
LIST = Operation(f"{_SECRETS}/readMetadata/action", "list")


@dataclass(frozen=True)
class Decision:
    """Access granted: by which role assignment (None: by an access policy)."""

    assignment_id: str | None


def authorize(
    cloud: Cloud, vault: Vault, caller: Caller, operation: Operation, secret: str | None
) -> Decision:
    """By what `caller` may do `operation` to `secret` (None: the vault). Raises VaultError."""
    if not vault.properties.get("enableRbacAuthorization"):
        return _by_access_policy(vault, caller, operation)
    resource = vault.id if secret is None else f"{vault.id}/secrets/{secret}"
    effective = cloud.store.in_effect(_ASSIGNMENT, cloud.clock.now(), delays.ROLE_ASSIGNMENT)
    for found in effective:
        body = found.body
        if str(body.get("principalId", "")).lower() != caller.object_id.lower():
            continue
        # The sandbox evaluates no conditions, so a conditional assignment grants nothing.
        if body.get("condition") or not covers(str(body.get("scope", "")), resource):
            continue
        if role_allows(str(body.get("roleDefinitionId", "")), operation.data_action):
            return Decision(found.id)
    raise _forbidden_by_rbac(vault, caller, operation, resource)


def covers(scope: str, resource: str) -> bool:
    """Whether a role assignment at `scope` holds at `resource`: equal, or a prefix up to a `/`."""
    above, at = scope.rstrip("/").lower(), resource.lower()
    return scope != "" and (at == above or at.startswith(above + "/"))


def role_allows(role_definition_id: str, data_action: str) -> bool:
    """Whether the role (an id that ends in its GUID) grants a data action."""
    role = ROLES.get(role_definition_id.rsplit("/", 1)[-1].lower())
    return role is not None and role.allows(data_action)


def check_network(vault: Vault, client: str) -> None:
    """The vault's network rules against the client's address. Raises VaultError (403)."""
    if str(vault.properties.get("publicNetworkAccess", "")).lower() == "disabled":
        raise VaultError(
            403,
            "Forbidden",
            "Public network access is disabled and request is not from a trusted service nor via an"
            f" approved private link.\r\nCaller: addr={client}\r\nVault: {vault.name};location="
            f"{vault.location}",
            "ForbiddenByConnection",
        )
    rules = vault.properties.get("networkAcls") or {}
    if str(rules.get("defaultAction", "Allow")).lower() != "deny":
        return
    address = ipaddress.ip_address(client)
    allowed = [rule.get("value", "") for rule in rules.get("ipRules") or []]
    if not any(address in ipaddress.ip_network(value, strict=False) for value in allowed):
        raise VaultError(
            403,
            "Forbidden",
            f"Client address is not authorized and caller is not a trusted service."
            f"\r\nClient address: {client}\r\nVault: {vault.name};location={vault.location}",
            "ForbiddenByFirewall",
        )


def _by_access_policy(vault: Vault, caller: Caller, operation: Operation) -> Decision:
    for policy in vault.properties.get("accessPolicies") or []:
        permissions = (policy.get("permissions") or {}).get("secrets") or []
        granted = {str(permission).lower() for permission in permissions}
        if str(policy.get("objectId", "")).lower() == caller.object_id.lower() and granted & {
            operation.policy_permission,
            "all",
        }:
            return Decision(None)
    raise VaultError(
        403,
        "Forbidden",
        f"The user, group or application '{caller.description}' does not have secrets"
        f" {operation.policy_permission} permission on key vault '{vault.name};location="
        f"{vault.location}'. For help resolving this issue, please see"
        " https://go.microsoft.com/fwlink/?linkid=2125287",
        "ForbiddenByPolicy",
    )


def _forbidden_by_rbac(
    vault: Vault, caller: Caller, operation: Operation, resource: str
) -> VaultError:
    return VaultError(
        403,
        "Forbidden",
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny"
        " assignments or role definitions were changed recently, please observe propagation time."
        f"\r\nCaller: {caller.description}\r\nAction: '{operation.data_action}'\r\nResource:"
        f" '{resource.lower()}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\n"
        f"DecisionReason: null \r\nVault: {vault.name};location={vault.location}\r\n",
        "ForbiddenByRbac",
    )
