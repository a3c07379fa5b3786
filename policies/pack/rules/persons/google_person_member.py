"""No role in Google Cloud goes to a person.

Owns the members of IAM: one, a role's or a policy's, on every kind of resource, and what else names
principals as IAM does: entitlements and the Apigee organization's. Access lists of storage, data
sets and databases use other forms, and lead to no vault; they aren't judged.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from ...certainty import at
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from ...tokens import normalise
from ...values import UNKNOWN
from .faults import Fault, entries, finding
from .google_members import not_workload
from .google_policies import UnreadablePolicyError, members_of

_IAM: Final = ("gcp:*:*iammember", "gcp:*:*iambinding", "gcp:*:*iampolicy")
# Other resources with lists of principals: type to the properties.
_LISTS: Final = {
    "gcp:apigee:controlplaneaccess": ("synchronizerIdentities", "analyticsPublisherIdentities"),
    "gcp:apigee:syncauthorization": ("identities",),
}
_ENTITLEMENT: Final = "gcp:privilegedaccessmanager:entitlement"

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
            for where, member in _members(resource)
            if (fault := not_workload(member, where, groups)) is not None
        ]
    except UnreadablePolicyError:
        faults = [Fault("policyData", "isn't an IAM policy in JSON, so its members can't be told")]
    yield from finding(resource, "Google access", faults, _MEND)


def _members(resource: Resource) -> Iterator[tuple[str, object]]:
    kind, properties = normalise(resource.token), resource.properties
    if kind == _ENTITLEMENT:
        for where, users in entries(properties.get("eligibleUsers"), "eligibleUsers"):
            yield from entries(at(users, "principals"), f"{where}.principals")
    elif kind in _LISTS:
        for key in _LISTS[kind]:
            if properties.get(key) is not None:
                yield from entries(properties[key], key)
    elif kind.endswith("policy"):
        yield from _in_policy(properties)
    else:
        key = "members" if kind.endswith("binding") else "member"
        yield from entries(properties.get(key), key)


def _in_policy(properties: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    policy = properties.get("policyData")
    if policy is UNKNOWN:
        yield "policyData", UNKNOWN
    elif isinstance(policy, str):
        yield from members_of(policy)
    else:
        raise UnreadablePolicyError


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
    types=frozenset({*_IAM, *_LISTS, _ENTITLEMENT}),
    judge=judge,
)
