"""Who gets a role gets the least that does.

Owns which role is assigned, and to whom. Where it holds is `scope`'s, under which condition
`conditions`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...certainty import Certainty, certain, is_one_of
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from ...values import UNKNOWN
from .role_ids import SECRETS_USER, guid


def judge(assignment: Resource, context: Context) -> Iterator[Finding]:
    """Finds an assignment of a role that isn't declared for that principal.

    Args:
        assignment: a role assignment.
        context: with the roles.
    """
    role = assignment.properties.get("roleDefinitionId")
    allowed = Certainty.UNDECIDED
    if role is not UNKNOWN:
        allowed = _allowed(guid(role), assignment.properties.get("principalId"), context)
    if allowed is not Certainty.YES:
        why = "roleDefinitionId isn't Key Vault Secrets User, nor declared for this principal"
        yield Finding(
            assignment.urn,
            f"Role assignment '{assignment.name}': {why if allowed is Certainty.NO else _UNKNOWN}. "
            "Assign the least role that does, or declare another one in the rule's parameter roles, "
            "for named principals.",
            decided=allowed is Certainty.NO,
        )


_UNKNOWN: Final = "the role, or to whom it goes, isn't known"


def _allowed(role: str, principal: object, context: Context) -> Certainty:
    if role == SECRETS_USER:
        return Certainty.YES
    entries = context.settings["roles"]
    assert isinstance(entries, list)
    best = certain(False)
    for entry in entries:
        if str(entry["role"]).lower() == role:
            principals = entry.get("principals")
            named = {str(one).lower() for one in principals or ()}
            best = max(best, Certainty.YES if principals is None else is_one_of(principal, named))
    return best


RULE = ResourceRule(
    about=About(
        name="role-beyond-need",
        description="Azure roles are the least that do: Key Vault Secrets User, or declared ones.",
        severity="high",
        controls=(
            "MCSB PA-7",
            "CIS 5.3.3",
            "CIS 5.7",
            "PSRule AZR-000204",
            "Azure Policy 4f11b553",
        ),
        remediation=(
            "1. Assign Key Vault Secrets User to whoever only reads secrets.\n"
            "2. Declare another role, and for whom, in the parameter roles: a writer's Key Vault Secrets "
            "Officer, the Key Vault Crypto User of a gateway that signs."
        ),
        parameters=(
            Parameter(
                "roles",
                {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "role": {
                                "type": "string",
                                "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
                            },
                            "principals": {
                                "type": "array",
                                "minItems": 1,
                                "items": {"type": "string", "minLength": 1},
                            },
                        },
                        "required": ["role"],
                        "additionalProperties": False,
                    },
                },
                [],
                "Other roles: `role` (the id of its definition), and `principals` (object ids) that it "
                "is for; without them, for every workload.",
            ),
        ),
    ),
    types=frozenset({"azure-native:authorization:roleassignment"}),
    judge=judge,
)
