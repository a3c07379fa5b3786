"""Who may give roles may give named ones, to workloads, and no others.

Owns conditions of the roles that grant. On other roles a condition can only take away (Microsoft Learn,
"What is Azure attribute-based access control?"). Whether such a role may be assigned at all is
`role_breadth`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...certainty import Certainty, holds
from ...model import About, Context, Finding, Resource, ResourceRule
from ...values import UNKNOWN
from .role_ids import GRANTING, guid

_ROLES: Final = re.compile(
    r"RoleDefinitionId\]\s*ForAnyOfAnyValues:GuidEquals\s*\{[0-9a-f, -]{36,}\}", re.IGNORECASE
)
_WORKLOADS: Final = re.compile(
    r"PrincipalType\]\s*ForAnyOfAnyValues:StringEqualsIgnoreCase\s*\{\s*'ServicePrincipal'\s*\}",
    re.IGNORECASE,
)
_BOTH: Final = ("roleassignments/write", "roleassignments/delete")


def judge(assignment: Resource, context: Context) -> Iterator[Finding]:
    """Finds a role that grants without a condition on what may be granted, and to whom.

    Args:
        assignment: a role assignment.
        context: of no use to this rule.
    """
    role = assignment.properties.get("roleDefinitionId")
    if role is UNKNOWN or guid(role) not in GRANTING:
        return
    limited = min(
        holds(assignment.properties.get("condition"), _limits),
        holds(assignment.properties.get("conditionVersion"), lambda version: version == "2.0"),
    )
    if limited is not Certainty.YES:
        yield Finding(
            assignment.urn,
            f"Role assignment '{assignment.name}': {GRANTING[guid(role)]} may give roles, and its "
            "condition doesn't limit both writing and deleting assignments to named roles and to "
            "PrincipalType ServicePrincipal (conditionVersion 2.0). Add it, or assign a role that "
            "can't grant.",
            decided=limited is Certainty.NO,
        )


def _limits(condition: object) -> bool:
    """For each of writing and deleting: named roles, workloads only."""
    if not isinstance(condition, str):
        return False
    text = condition.lower()
    return (
        all(action in text for action in _BOTH)
        and len(_ROLES.findall(condition)) >= len(_BOTH)
        and len(_WORKLOADS.findall(condition)) >= len(_BOTH)
        and " or true" not in text
    )


RULE = ResourceRule(
    about=About(
        name="unlimited-grantor",
        description="A role that may give roles has a condition: which ones, and to workloads only.",
        severity="critical",
        controls=("MCSB PA-1", "MCSB PA-7"),
        remediation=(
            "1. Assign a role that can't grant, if that does.\n"
            "2. Else assign Role Based Access Control Administrator with a condition that names the "
            "roles and PrincipalType ServicePrincipal, for both write and delete."
        ),
    ),
    types=frozenset({"azure-native:authorization:roleassignment"}),
    judge=judge,
)
