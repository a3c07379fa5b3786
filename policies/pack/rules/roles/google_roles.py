"""No basic role, and no minting of tokens for a whole project.

Owns which Google role is granted, on what. Google Cloud, "IAM basic and predefined roles reference";
"Best practices for using service accounts": roles to act as service accounts are granted on an account.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from ...certainty import Certainty, certain
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from ...tokens import normalise
from ...values import UNKNOWN

_BASIC: Final = frozenset({"roles/owner", "roles/editor", "roles/viewer"})
_ACTING: Final = frozenset(
    {
        "roles/iam.serviceaccounttokencreator",
        "roles/iam.serviceaccountopenidtokencreator",
        "roles/iam.serviceaccountuser",
        "roles/iam.serviceaccountkeyadmin",
        "roles/iam.serviceaccountadmin",
        "roles/iam.workloadidentityuser",
        "roles/iam.securityadmin",
        "roles/resourcemanager.projectiamadmin",
        "roles/resourcemanager.organizationadmin",
        "roles/resourcemanager.folderadmin",
        "roles/iam.organizationroleadmin",
        "roles/iam.roleadmin",
    }
)
# Resources beneath which everything else lies.
_WIDE: Final = ("gcp:projects:", "gcp:folder:", "gcp:organizations:")


def judge(grant: Resource, context: Context) -> Iterator[Finding]:
    """Finds a grant of a basic role anywhere, or of acting as service accounts beyond one.

    Args:
        grant: a member, binding or policy.
        context: with the roles that are allowed all the same.
    """
    wide = normalise(grant.token).startswith(_WIDE)
    allowed = context.texts("roles")
    worst = max((_excessive(role, wide, allowed) for role in _roles(grant)), default=certain(False))
    if worst is not Certainty.NO:
        known = worst is Certainty.YES
        why = "its role is a basic one, or lets its member act as every service account there"
        yield Finding(
            grant.urn,
            f"Google grant '{grant.name}': {why if known else 'its role is not known'}. Grant a "
            "predefined role that does no more than is needed, on the one service account or resource.",
            decided=known,
        )


def _roles(grant: Resource) -> Iterator[object]:
    if "role" in grant.properties:
        yield grant.properties["role"]
    data = grant.properties.get("policyData")
    if data is UNKNOWN:
        yield UNKNOWN
    elif data is not None:
        yield from _bound(data)


def _bound(data: object) -> list[object]:
    """The roles of a policy as JSON. One that can't be read is told by the rule on its members."""
    try:
        bindings = json.loads(str(data))["bindings"]
        return [binding.get("role") for binding in bindings]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []


def _excessive(role: object, wide: bool, allowed: frozenset[str]) -> Certainty:
    if role is UNKNOWN:
        return Certainty.UNDECIDED
    text = str(role).strip().lower()
    return certain(text not in allowed and (text in _BASIC or (wide and text in _ACTING)))


RULE = ResourceRule(
    about=About(
        name="google-role-beyond-need",
        description="Google roles are predefined or custom, and act as service accounts one by one.",
        severity="high",
        controls=("MCSB PA-7", "Checkov CKV_GCP_41", "Checkov CKV_GCP_49"),
        remediation=(
            "1. Replace roles/owner, roles/editor and roles/viewer by predefined roles.\n"
            "2. Grant token creator, account user and the like on one service account, not on the project."
        ),
        parameters=(
            Parameter(
                "roles",
                {"type": "array", "items": {"type": "string", "pattern": "^roles/"}},
                [],
                "Roles that may be granted all the same.",
            ),
        ),
    ),
    types=frozenset({"gcp:*:*iammember", "gcp:*:*iambinding", "gcp:*:*iampolicy"}),
    judge=judge,
)
