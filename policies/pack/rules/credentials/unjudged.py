"""What this pack can't see into isn't deployed beside what it guards.

Owns types by which all that other rules refuse could be made unseen: templates, scripts, generic
resources, vaults of another kind, and the same services by other providers.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from ...tokens import normalise


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds a resource of such a type.

    Args:
        resource: a template, script or generic resource.
        context: with the types that are allowed all the same.
    """
    kind = normalise(resource.token)
    if not any(fnmatchcase(kind, pattern) for pattern in context.texts("types")):
        yield Finding(
            resource.urn,
            f"'{resource.name}': its type can make grants, credentials and vaults that no rule sees. "
            "Declare what it makes as resources of azure-native, azuread or gcp, or allow its type in "
            "the rule's parameter types.",
        )


RULE = ResourceRule(
    about=About(
        name="unjudged-resource",
        description="Nothing is deployed by a type that the pack can't see into.",
        severity="high",
        controls=("MCSB PV-1",),
        remediation=(
            "1. Declare what the template or script makes as resources of their own.\n"
            "2. Or have its owner allow the type, and say where it is reviewed."
        ),
        parameters=(
            Parameter(
                "types",
                {"type": "array", "items": {"type": "string", "pattern": "^[a-z].*:.*:."}},
                [],
                "Types that are allowed all the same, as patterns, lower-cased and without versions.",
            ),
        ),
    ),
    types=frozenset(
        {
            "azure:*:*",
            "azapi:*:*",
            "azure-native:resources:deployment*",
            "azure-native:resources:azureclis*",
            "azure-native:resources:azurepowershellscript",
            "azure-native:resources:resource",
            "azure-native:automation:*",
            "azure-native:blueprint:*assignment",
            "azure-native:keyvault:managedhsm",
            "azure-native:solutions:application",
            "gcp:deploymentmanager:*",
            "google-native:*:*",
            "command:*:*",
            "pulumi-python:*:*",
            "pulumi-nodejs:*:*",
            "terraform:*:*",
            "null:*:*",
        }
    ),
    judge=judge,
)
