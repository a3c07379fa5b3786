"""No person can ask for access.

Owns access packages' assignment policies: who may request a package, and with it the memberships and
roles that are in it (Microsoft Learn, "What is entitlement management?"). Roles on a catalog are the
directory roles' rule.
"""

from collections.abc import Iterator
from typing import Final

from ...certainty import at, is_one_of
from ...model import About, Context, Finding, Resource, ResourceRule
from .faults import finding, unless

# Of the values of `scopeType`, the one for nobody (Microsoft Graph, "accessPackage requestor
# settings").
_NOBODY: Final = "NoSubjects"


def judge(policy: Resource, context: Context) -> Iterator[Finding]:
    """Finds an assignment policy by which anybody may ask for the package.

    Args:
        policy: an access package's assignment policy.
        context: of no use to this rule.

    Yields:
        At most one finding; undecided where the scope of requestors isn't known yet.
    """
    scope = at(policy.properties, "requestorSettings", "scopeType")
    fault = unless(
        is_one_of(scope, {_NOBODY.lower()}),
        "requestorSettings.scopeType",
        f"isn't {_NOBODY}, so persons may ask for what is in the package",
    )
    yield from finding(policy, "Access package assignment policy", [fault], _MEND)


_MEND: Final = (
    f'Set requestorSettings.scopeType="{_NOBODY}", or remove the package: access packages are made '
    "for persons."
)

RULE: Final = ResourceRule(
    about=About(
        name="requestable-access",
        description="No access package is open to anybody's request.",
        severity="high",
        controls=("MCSB PA-3",),
        remediation=(
            "1. Take groups and applications that lead to a vault out of access packages.\n"
            f'2. Set requestorSettings.scopeType to "{_NOBODY}".\n'
            "3. End the assignments that the package already has."
        ),
    ),
    types=frozenset({"azuread:index:accesspackageassignmentpolicy"}),
    judge=judge,
)
