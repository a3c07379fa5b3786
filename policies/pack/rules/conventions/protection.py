"""What can't be brought back isn't deleted by a slip.

Owns Pulumi's `protect` on vaults and Apigee environments, in the stacks that are named.
"""

from collections.abc import Iterator

from ...model import About, Context, Finding, Parameter, Resource, ResourceRule


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds what isn't protected in a stack where it ought to be.

    Args:
        resource: a vault or an Apigee environment.
        context: with the stacks.
    """
    stack = resource.urn.split(":")[2].lower() if resource.urn.count(":") > 2 else ""
    if stack in context.texts("stacks") and not resource.protect:
        yield Finding(
            resource.urn,
            f"'{resource.name}': protect isn't set in a stack where it ought to be. A destroy, or a "
            "renamed resource, would delete it.",
        )


RULE = ResourceRule(
    about=About(
        name="unprotected-resource",
        description="In named stacks, vaults and Apigee environments are protected from deletion.",
        severity="low",
        controls=("MCSB DP-8", "CIS 6.2"),
        remediation="1. Set protect to true in the resource's options.",
        level="advisory",
        parameters=(
            Parameter(
                "stacks",
                {"type": "array", "items": {"type": "string", "minLength": 1}},
                ["prod", "production"],
                "The stacks.",
            ),
        ),
    ),
    types=frozenset({"azure-native:keyvault:vault", "gcp:apigee:environment"}),
    judge=judge,
)
