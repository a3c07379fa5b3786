"""No person gets access through an application.

Owns app roles, which go to a principal, and delegated permissions, by which an application acts for
whoever has signed in. Owners are another rule's; what an application asks for
(`requiredResourceAccesses`) is no grant.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ...model import About, Context, Finding, Resource, StackRule
from .faults import Fault, finding
from .principals import IDENTITIES, WORKLOADS, known_workloads, unproven

_APP_ROLE: Final = "azuread:index:approleassignment"
_DELEGATED: Final = "azuread:index:serviceprincipaldelegatedpermissiongrant"


def judge(resources: Mapping[str, Sequence[Resource]], context: Context) -> Iterator[Finding]:
    """Finds each app role that may go to a person, and each delegated permission.

    Args:
        resources: app role assignments, delegated permission grants and the stack's identities, by
            normalised type.
        context: has the parameter `workloads`.

    Yields:
        At most one finding a grant; undecided where an app role's principal isn't known yet.
    """
    workloads = known_workloads(resources, context)
    for assignment in resources.get(_APP_ROLE, ()):
        faults = unproven(assignment, "principalObjectId", workloads)
        yield from finding(assignment, "App role assignment", faults, _MEND)
    for grant in resources.get(_DELEGATED, ()):
        yield from finding(grant, "Delegated permission grant", [_reason(grant)], _MEND)


def _reason(grant: Resource) -> Fault:
    if grant.properties.get("userObjectId") is None:
        return Fault("userObjectId", "is absent, so the application may act for every user")
    return Fault("userObjectId", "is set, so the application may act for a person")


_MEND: Final = (
    "Let a workload act as itself: assign it an app role, and take its object id from its resource "
    "or add it to workloads."
)

RULE: Final = StackRule(
    about=About(
        name="application-access-for-persons",
        description="App roles go to workloads only, and no application acts for a person.",
        severity="high",
        controls=("MCSB PA-3",),
        remediation=(
            "1. Replace a delegated permission by an application permission (app role) of the "
            "workload, or by an Azure role on the resource.\n"
            "2. Compute principalObjectId from the workload's ServicePrincipal or "
            "UserAssignedIdentity, or list it in workloads.\n"
            "3. Remove app roles that go to persons or groups."
        ),
        parameters=(WORKLOADS,),
    ),
    types=IDENTITIES | {_APP_ROLE, _DELEGATED},
    judge=judge,
)
