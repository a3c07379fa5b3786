"""No Azure role is assigned to a person.

Owns role assignments. Groups' members, eligibility, directory roles and Google's members are other
ways to give a person access; this module doesn't look at them. `delegatedManagedIdentityResourceId`
isn't looked at either: it names a managed identity, so no person gets access by it.
"""

from collections.abc import Iterator
from typing import Final

from ...certainty import Certainty, is_one_of
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from ...values import UNKNOWN
from .principals import GUID

# A managed identity's and an application's principal are both of this type (Microsoft Learn, "Add
# Azure role assignments": new service principal). Compared exactly, case included: Azure writes it
# so, and a pack that refuses what isn't proven needs one spelling of the proof.
WORKLOAD: Final = "ServicePrincipal"

# The other types that Azure documents (REST reference, "Role Assignments - Create": PrincipalType).
# Only these are repeated in a message: any other text may be a secret in the wrong place.
_NAMEABLE: Final = frozenset(
    {"User", "Group", "ForeignGroup", "Device", "AgentUser", "AgentServicePrincipal"}
)


GROUPS: Final = Parameter(
    "groups",
    {"type": "array", "items": {"type": "string", "pattern": GUID}},
    [],
    "Object ids of Entra groups that may have roles: such as hold workloads alone.",
)


def judge(assignment: Resource, context: Context) -> Iterator[Finding]:
    """Finds a role assignment whose principal isn't known to be a workload.

    Args:
        assignment: a role assignment.
        context: has the parameter `groups`.

    Yields:
        At most one finding; undecided where `principalType`, or which group it is, isn't known yet.
    """
    principal_type = assignment.properties.get("principalType")
    if principal_type == WORKLOAD:
        return
    groups = context.texts(GROUPS.name)
    if principal_type == "Group" and groups:
        listed = is_one_of(assignment.properties.get("principalId"), groups)
        if listed is Certainty.YES:
            return
        if listed is Certainty.UNDECIDED:
            yield Finding(
                assignment.urn,
                f"Role assignment '{assignment.name}': it goes to a group, and principalId, which "
                "tells whether to one of the parameter groups, isn't known. A preview leaves that "
                "to the update. Write it as a literal.",
                decided=False,
            )
            return
    if principal_type is UNKNOWN:
        yield Finding(
            assignment.urn,
            f"Role assignment '{assignment.name}': principalType isn't known, so it can't be told "
            "whether the role goes to a person. A preview leaves that to the update, which judges "
            f'before the role is assigned. Write principalType="{WORKLOAD}" as a literal.',
            decided=False,
        )
        return
    yield Finding(
        assignment.urn,
        f"Role assignment '{assignment.name}': {_reason(principal_type)} Assign the role to a "
        f'managed identity or service principal and set principalType="{WORKLOAD}"; give persons '
        "no standing access.",
    )


def _reason(principal_type: object) -> str:
    if principal_type is None:
        # The provider sends `User` for an absent type.
        return "principalType is absent, which stands for User: a person."
    if isinstance(principal_type, str) and principal_type in _NAMEABLE:
        return f"principalType is {principal_type}, which isn't a workload."
    return f'principalType isn\'t exactly "{WORKLOAD}" (case matters), so no workload is proven.'


RULE: Final = ResourceRule(
    about=About(
        name="person-scoped-role-assignment",
        description="Azure roles are assigned to workloads only, never to persons or groups.",
        severity="critical",
        controls=("MCSB PA-4", "CIS 5.3.5", "PSRule AZR-000203"),
        remediation=(
            "1. Find the workload that needs the role; create a managed identity for it if it has "
            "none.\n"
            "2. Set principalId to that identity's principal id, and principalType to "
            f'"{WORKLOAD}".\n'
            "3. Remove the assignment to the person; a person who must act uses the owner's "
            "break-glass process."
        ),
        parameters=(GROUPS,),
    ),
    types=frozenset({"azure-native:authorization:roleassignment"}),
    judge=judge,
)
