"""No directory role goes to a person.

Owns what gives a role in Entra itself: assignments, members, eligibility, roles for an
administrative unit and for a catalog of access packages. Which roles a workload may have, and what a
custom role contains, is not judged here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ...model import About, Context, Finding, Resource, StackRule
from .faults import finding
from .principals import IDENTITIES, WORKLOADS, known_workloads, unproven

# Type to what it is for the reader, and the property that is the principal's object id.
_KINDS: Final = {
    "azuread:index:directoryroleassignment": ("Directory role assignment", "principalObjectId"),
    "azuread:index:directoryrolemember": ("Directory role member", "memberObjectId"),
    "azuread:index:directoryroleeligibilityschedulerequest": (
        "Directory role eligibility",
        "principalId",
    ),
    "azuread:index:administrativeunitrolemember": (
        "Administrative unit's role member",
        "memberObjectId",
    ),
    "azuread:index:accesspackagecatalogroleassignment": (
        "Catalog role assignment",
        "principalObjectId",
    ),
}


def judge(resources: Mapping[str, Sequence[Resource]], context: Context) -> Iterator[Finding]:
    """Finds each directory role for a principal that isn't known to be a workload.

    Args:
        resources: grants of directory roles and the stack's identities, by normalised type.
        context: has the parameter `workloads`.

    Yields:
        At most one finding a grant; undecided where the principal isn't known yet.
    """
    workloads = known_workloads(resources, context)
    for kind, (label, key) in _KINDS.items():
        for grant in resources.get(kind, ()):
            yield from finding(grant, label, unproven(grant, key, workloads), _MEND)


_MEND: Final = (
    "Give the role to a workload, and take its object id from its resource or add it to workloads; "
    "give persons no standing role."
)

RULE: Final = StackRule(
    about=About(
        name="directory-role-assignment",
        description="Directory roles go to workloads only, never to persons or groups.",
        severity="critical",
        controls=("MCSB PA-1",),
        remediation=(
            "1. Find the workload that needs the role; most need none.\n"
            "2. Compute the principal's object id from its ServicePrincipal or "
            "UserAssignedIdentity, or list it in workloads.\n"
            "3. Remove what goes to a person or a group; a person who must act uses the owner's "
            "break-glass process."
        ),
        parameters=(WORKLOADS,),
    ),
    types=IDENTITIES.union(_KINDS),
    judge=judge,
)
