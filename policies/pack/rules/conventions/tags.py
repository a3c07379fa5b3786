"""Whose a thing is, and what made it, stands on it.

Owns tags of what can't be brought back or costs money.
"""

from collections.abc import Iterator

from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from ...values import UNKNOWN


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds a resource without the agreed tags.

    Args:
        resource: a vault, identity, workspace or resource group.
        context: with the tags.
    """
    tags = resource.properties.get("tags")
    if tags is UNKNOWN:
        yield _finding(resource, "its tags aren't known", decided=False)
        return
    given = {key.lower() for key in tags} if isinstance(tags, dict) else set()
    missing = sorted(context.texts("required") - given)
    if missing:
        yield _finding(resource, f"it has no tag {', '.join(missing)}", decided=True)


def _finding(resource: Resource, why: str, decided: bool) -> Finding:
    return Finding(resource.urn, f"'{resource.name}': {why}. Add the agreed tags.", decided)


RULE = ResourceRule(
    about=About(
        name="required-tags",
        description="Vaults, identities, workspaces and resource groups have the agreed tags.",
        severity="low",
        controls=("MCSB AM-1",),
        remediation="1. Add the tags.",
        level="advisory",
        parameters=(
            Parameter(
                "required",
                {"type": "array", "items": {"type": "string", "minLength": 1}},
                ["managed-by", "project", "stack"],
                "The tags, whatever their case.",
            ),
        ),
    ),
    types=frozenset(
        {
            "azure-native:keyvault:vault",
            "azure-native:managedidentity:userassignedidentity",
            "azure-native:operationalinsights:workspace",
            "azure-native:resources:resourcegroup",
        }
    ),
    judge=judge,
)
