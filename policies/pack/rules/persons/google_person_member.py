"""No role in Google Cloud goes to a person.

Owns the members of IAM: one, a role's or a policy's, on every kind of resource, and what else names
principals as IAM does: entitlements and the Apigee organization's. Access lists of storage, data
sets and databases use other forms, and lead to no vault; they aren't judged.
"""

from collections.abc import Iterator
from typing import Final

from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from .faults import Fault, finding
from .google_members import not_workload
from .google_named import MEMBER_TYPES, members
from .google_policies import UnreadablePolicyError

GROUPS: Final = Parameter(
    "groups",
    {"type": "array", "items": {"type": "string", "pattern": "^[^@\\s]+@[^@\\s]+$"}},
    [],
    "E-mail addresses of Google groups that may have roles: such as hold workloads alone.",
)


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds a resource that names a member which isn't known to be a workload.

    Args:
        resource: one of the types of this rule.
        context: has the parameter `groups`.

    Yields:
        At most one finding; undecided where a member isn't known yet and no other is wrong.
    """
    groups = context.texts(GROUPS.name)
    try:
        faults = [
            fault
            for where, member in members(resource)
            if (fault := not_workload(member, where, groups)) is not None
        ]
    except UnreadablePolicyError:
        faults = [Fault("policyData", "isn't an IAM policy in JSON, so its members can't be told")]
    yield from finding(resource, "Google access", faults, _MEND)


_MEND: Final = (
    "Give the role to a service account (serviceAccount:EMAIL) or to a principal of a workload "
    "identity pool; give persons no standing access."
)

RULE: Final = ResourceRule(
    about=About(
        name="google-person-member",
        description="Roles in Google Cloud go to workloads only, never to persons, groups or all.",
        severity="critical",
        controls=("MCSB PA-4",),
        remediation=(
            "1. Find the workload that needs the role; create a service account for it, or use its "
            "workload identity pool's principal.\n"
            "2. Write it as member, in members or in the policy.\n"
            "3. Remove users, groups, domains, workforce identities, allUsers and "
            "allAuthenticatedUsers, and the basic roles' members; a group that holds workloads "
            "alone goes on the list in groups."
        ),
        parameters=(GROUPS,),
    ),
    types=MEMBER_TYPES,
    judge=judge,
)
