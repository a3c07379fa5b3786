"""No person may take a role, or a group's membership, when he likes or for a time.

Owns schedules: eligibility, which lasts and is activated at will, and assignments for a time
(Privileged Identity Management). They carry no type of principal, so only a list tells a workload
from a person, and a workload can't activate anything.

The settings of a role or a group there (`RoleManagementPolicy`, `GroupRoleManagementPolicy`) name
nobody who gets anything, and aren't judged. Directory roles have a rule of their own.
"""

from collections.abc import Iterator
from typing import Final

from ...model import About, Context, Finding, Resource, ResourceRule
from ...tokens import normalise
from .faults import finding
from .principals import LISTED_WORKLOADS, unlisted

# The SDK's names, and those that the same resources have in Azure (REST reference, "Role
# Eligibility Schedule Requests", "Role Assignment Schedule Requests").
_KINDS: Final = {
    "azure-native:authorization:pimroleeligibilityschedule": "Role eligibility",
    "azure-native:authorization:pimroleassignmentschedule": "Role assignment schedule",
    "azure-native:authorization:roleeligibilityschedulerequest": "Role eligibility request",
    "azure-native:authorization:roleassignmentschedulerequest": "Role assignment request",
    "azuread:index:privilegedaccessgroupeligibilityschedule": "Group eligibility",
    "azuread:index:privilegedaccessgroupassignmentschedule": "Group assignment schedule",
}


def judge(schedule: Resource, context: Context) -> Iterator[Finding]:
    """Finds a schedule for a principal that isn't on the owner's list of workloads.

    Args:
        schedule: one of the types of this rule.
        context: has the parameter `workloads`.

    Yields:
        At most one finding; undecided where there is a list and `principalId` isn't known yet.
    """
    faults = unlisted(
        schedule.properties.get("principalId"), "principalId", context.texts(LISTED_WORKLOADS.name)
    )
    yield from finding(schedule, _KINDS[normalise(schedule.token)], faults, _MEND)


_MEND: Final = (
    "Give persons no role to activate; assign the role to a workload by a RoleAssignment with "
    'principalType="ServicePrincipal".'
)

RULE: Final = ResourceRule(
    about=About(
        name="eligible-role-assignment",
        description="No person is made eligible for a role or a group, or given one for a time.",
        severity="critical",
        controls=("MCSB PA-2", "CIS 5.3.5"),
        remediation=(
            "1. Remove the schedule; a person who must act uses the owner's break-glass process.\n"
            "2. Where a workload needs the role, assign it to the workload's managed identity by a "
            "RoleAssignment.\n"
            "3. A workload that can only be served by a schedule goes on the list in workloads."
        ),
        parameters=(LISTED_WORKLOADS,),
    ),
    types=frozenset(_KINDS),
    judge=judge,
)
