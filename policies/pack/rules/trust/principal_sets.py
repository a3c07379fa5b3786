"""A role goes to one subject of a workload identity pool, not to all that are alike.

Owns sets of a pool's principals: everybody in it, or with an attribute, such as every branch and every
pull request of a repository (Google Cloud, "Principal identifiers").
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...certainty import Certainty, holds
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from ..persons.google_named import MEMBER_TYPES, members
from ..persons.google_policies import UnreadablePolicyError


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds a resource that lets in a set of a pool's principals.

    Args:
        resource: what names principals as IAM does.
        context: with the sets that are let in all the same.
    """
    try:
        named = [(holds(m, partial(_is_set, context)), where) for where, m in members(resource)]
    except UnreadablePolicyError:
        return  # the rule for persons says so
    certainty, where = max(named, default=(Certainty.NO, ""))
    if certainty is Certainty.NO:
        return
    decided = certainty is Certainty.YES
    what = "is a set" if decided else "isn't known yet, and may be a set"
    yield Finding(
        resource.urn,
        f"Google access '{resource.name}': {where} {what} of a workload identity pool's principals, by "
        "which more than one workload gets in. Name one: principal://...POOL/subject/SUBJECT, or list the "
        "set in the rule's parameter sets.",
        decided,
    )


def _is_set(context: Context, member: object) -> bool:
    return (
        isinstance(member, str)
        and member.lower().startswith("principalset://")
        and "/workloadidentitypools/" in member.lower()
        and member.lower() not in context.texts("sets")
    )


RULE = ResourceRule(
    about=About(
        name="workload-identity-set",
        description="Google's roles go to one subject of a workload identity pool, not to a set.",
        severity="high",
        controls=("MCSB IM-3", "MCSB PA-7"),
        remediation=(
            "1. Write the one subject that needs the role, for GitHub with repository and environment: "
            "principal://iam.googleapis.com/POOL/subject/repo:OWNER/NAME:environment:ENVIRONMENT.\n"
            "2. A set that is meant goes on the list in sets."
        ),
        parameters=(
            Parameter(
                "sets",
                {"type": "array", "items": {"type": "string", "pattern": "^principalSet://[^*]+$"}},
                [],
                "Sets of principals that may have roles, whole as IAM writes them.",
            ),
        ),
    ),
    types=MEMBER_TYPES,
    judge=judge,
)
