"""No person owns an application or a service principal.

An owner may add a credential and so become the application (Microsoft Learn, "Overview of enterprise
application ownership in Microsoft Entra ID"). Owns owners, inline and as resources; who may use an
application is another rule's, and groups' owners are the rule's on membership.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ...model import About, Context, Finding, Resource, StackRule
from .faults import Fault, finding
from .principals import IDENTITIES, WORKLOADS, Workloads, known_workloads, unproven

_OWNER: Final = "azuread:index:applicationowner"
_OWNED: Final = {
    "azuread:index:application": "Application",
    "azuread:index:serviceprincipal": "Service principal",
}


def judge(resources: Mapping[str, Sequence[Resource]], context: Context) -> Iterator[Finding]:
    """Finds each owner that isn't known to be a workload.

    Args:
        resources: applications, service principals, owners and managed identities, by normalised
            type.
        context: has the parameter `workloads`.

    Yields:
        At most one finding a resource; undecided where an owner isn't known yet.
    """
    workloads = known_workloads(resources, context)
    for kind, label in _OWNED.items():
        for owned in resources.get(kind, ()):
            yield from finding(owned, label, _of_owners(owned, workloads), _MEND)
    for owner in resources.get(_OWNER, ()):
        faults = unproven(owner, "ownerObjectId", workloads)
        yield from finding(owner, "Application owner", faults, _MEND)


def _of_owners(owned: Resource, workloads: Workloads) -> list[Fault]:
    # Absent, there is none: the provider takes the one who deploys off again (azuread,
    # `azuread_application`: "By default, no owners are assigned").
    if owned.properties.get("owners") is None:
        return []
    return unproven(owned, "owners", workloads)


_MEND: Final = (
    "An owner may add a credential and act as the application: let it have none, or the workload "
    "that deploys, and add that one's object id to workloads."
)

RULE: Final = StackRule(
    about=About(
        name="application-owner",
        description="Applications and service principals are owned by workloads or by nobody.",
        severity="critical",
        controls=("MCSB PA-1",),
        remediation=(
            "1. Remove owners that are persons.\n"
            "2. Where the deploying workload must be an owner, list its object id in owners and in "
            "the parameter workloads.\n"
            "3. Look through the application's credentials for any that a person has added."
        ),
        parameters=(WORKLOADS,),
    ),
    types=IDENTITIES | frozenset({*_OWNED, _OWNER}),
    judge=judge,
)
