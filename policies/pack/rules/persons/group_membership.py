"""No person is in a group, may put himself there, or decides who is.

Owns Entra groups and their members: whatever a group was granted, or will be, its members have. So
every group of the stack is judged, granted or not. Eligibility for a group is another rule's.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ...certainty import Certainty, holds, is_one_of
from ...model import About, Context, Finding, Resource, StackRule
from .faults import Fault, entries, finding, unless
from .principals import IDENTITIES, WORKLOADS, Workloads, known_workloads, unproven

_MEMBER: Final = "azuread:index:groupmember"
_GROUPS: Final = ("azuread:index:group", "azuread:index:groupwithoutmembers")


def judge(resources: Mapping[str, Sequence[Resource]], context: Context) -> Iterator[Finding]:
    """Finds each group that a person may be in, and each member that may be one.

    Args:
        resources: groups, members and the stack's identities, by normalised type.
        context: has the parameter `workloads`.

    Yields:
        At most one finding a resource; undecided where a value that decides isn't known yet.
    """
    workloads = known_workloads(resources, context)
    for member in resources.get(_MEMBER, ()):
        faults = unproven(member, "memberObjectId", workloads)
        yield from finding(member, "Group member", faults, _MEND)
    for kind in _GROUPS:
        for group in resources.get(kind, ()):
            yield from finding(group, "Group", _of_group(group, workloads), _MEND)


def _of_group(group: Resource, workloads: Workloads) -> Iterator[Fault]:
    properties = group.properties
    if properties.get("members") is not None:
        yield from unproven(group, "members", workloads)
    yield from _of_owners(group, workloads)
    # Dynamic groups hold users or devices (Microsoft Learn, "Manage rules for dynamic membership
    # groups"). A paused rule can be resumed, and the members it chose stay.
    yield unless(
        holds(properties.get("dynamicMembership"), lambda rule: rule is None),
        "dynamicMembership",
        "chooses users or devices as members",
    )
    yield unless(
        holds(properties.get("assignableToRole"), lambda may: may is None or may is False),
        "assignableToRole",
        "lets the group's members have directory roles",
    )
    yield from _of_joining(properties.get("types"), properties.get("visibility"))


def _of_owners(group: Resource, workloads: Workloads) -> list[Fault]:
    # azuread, `azuread_group`: "By default, the principal being used to execute Terraform is
    # assigned as the sole owner", and no group is without one.
    if group.properties.get("owners") in (None, []):
        return [Fault("owners", "is absent, so whoever deploys is the owner: list a workload")]
    return unproven(group, "owners", workloads)


def _of_joining(types: object, visibility: object) -> Iterator[Fault]:
    """Whether anybody may join by himself: a public group, which Microsoft 365's are by default."""
    named = [entry for _, entry in entries(types, "types")]
    unified = max((is_one_of(entry, {"unified"}) for entry in named), default=Certainty.NO)
    public = unified if visibility is None else is_one_of(visibility, {"public"})
    yield Fault("visibility", "is Public, also by default, so anybody may join", public)
    dynamic = max(
        (is_one_of(entry, {"dynamicmembership"}) for entry in named), default=Certainty.NO
    )
    yield Fault("types", "has DynamicMembership: a rule chooses users or devices", dynamic)


_MEND: Final = (
    "Give the role to the workload itself; where a group must be, let it have workloads alone as "
    "members and owners, each computed from its own resource or listed in workloads."
)

RULE: Final = StackRule(
    about=About(
        name="entra-group-membership",
        description="Groups have workloads alone as members and owners, and nobody can join them.",
        severity="critical",
        controls=("MCSB PA-3", "MCSB PA-4", "CIS 5.3.5"),
        remediation=(
            "1. Assign the role to the workload's identity, without a group.\n"
            "2. Where a group must be, compute its members and owners from their ServicePrincipal "
            "or UserAssignedIdentity, or list them in workloads; always give owners.\n"
            "3. Leave out dynamicMembership and assignableToRole; a Microsoft 365 group has persons "
            "as owners, so make a security group."
        ),
        parameters=(WORKLOADS,),
    ),
    types=IDENTITIES | frozenset({_MEMBER, *_GROUPS}),
    judge=judge,
)
