"""Nobody from elsewhere is given access.

Owns the ways to give roles that are no role assignment of the stack: delegation to another tenant
(Azure Lighthouse), a managed application's publisher, and a blueprint's role assignments. None of
them says of what type a principal is, so only a list tells a workload from a person.
"""

from collections.abc import Iterator
from typing import Final

from ...certainty import Certainty, at, is_one_of
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from ...tokens import normalise
from .faults import Fault, entries, finding, unless
from .principals import LISTED_WORKLOADS, unlisted

_DEFINITION: Final = "azure-native:managedservices:registrationdefinition"
_ASSIGNMENT: Final = "azure-native:managedservices:registrationassignment"
_PUBLISHED: Final = "azure-native:solutions:applicationdefinition"
_BLUEPRINT: Final = "azure-native:blueprint:roleassignmentartifact"

_KINDS: Final = {
    _DEFINITION: "Delegation",
    _ASSIGNMENT: "Delegation's assignment",
    _PUBLISHED: "Managed application's definition",
    _BLUEPRINT: "Blueprint's role assignment",
}

DELEGATIONS: Final = Parameter(
    "delegations",
    {"type": "array", "items": {"type": "string", "minLength": 1}},
    [],
    "Ids of the registration definitions that may be assigned, the stack's own among them.",
)


def judge(delegation: Resource, context: Context) -> Iterator[Finding]:
    """Finds a delegation to a principal, or by a definition, that isn't on the owner's lists.

    Args:
        delegation: one of the types of this rule.
        context: has the parameters `workloads` and `delegations`.

    Yields:
        At most one finding; undecided where there is a list and what it is compared with isn't
        known yet.
    """
    kind = normalise(delegation.token)
    faults = list(_faults(kind, delegation.properties, context))
    yield from finding(delegation, _KINDS[kind], faults, _MEND)


def _faults(kind: str, properties: object, context: Context) -> Iterator[Fault]:
    workloads = context.texts(LISTED_WORKLOADS.name)
    if kind == _ASSIGNMENT:
        yield _of_assignment(properties, context.texts(DELEGATIONS.name))
    elif kind == _BLUEPRINT:
        yield from unlisted(at(properties, "principalIds"), "principalIds", workloads)
    elif kind == _PUBLISHED:
        yield from _of_authorizations(properties, ("authorizations",), workloads)
    else:
        yield from _of_authorizations(properties, ("properties", "authorizations"), workloads)
        path = ("properties", "eligibleAuthorizations")
        yield from _of_authorizations(properties, path, workloads)


def _of_authorizations(
    properties: object, path: tuple[str, ...], workloads: frozenset[str]
) -> Iterator[Fault]:
    authorizations = at(properties, *path)
    if authorizations is None:
        return
    for place, entry in entries(authorizations, ".".join(path)):
        yield from unlisted(at(entry, "principalId"), f"{place}.principalId", workloads)


def _of_assignment(properties: object, delegations: frozenset[str]) -> Fault:
    definition = at(properties, "properties", "registrationDefinitionId")
    return unless(
        is_one_of(definition, delegations) if delegations else Certainty.NO,
        "properties.registrationDefinitionId",
        "isn't one of the parameter delegations, so it may be for persons of another tenant",
    )


_MEND: Final = (
    "Give access by RoleAssignment, to workloads of the own tenant; what must be delegated goes on "
    "the rule's lists."
)

RULE: Final = ResourceRule(
    about=About(
        name="delegated-administration",
        description="No delegation, managed application or blueprint gives persons access.",
        severity="critical",
        controls=("MCSB PA-3",),
        remediation=(
            "1. Remove the delegation; give the workload that needs access a managed identity and a "
            "RoleAssignment.\n"
            "2. Where another tenant's workload must act here, list its object id in workloads, and "
            "the registration definition's id in delegations.\n"
            "3. Look through the subscription for delegations that no stack knows."
        ),
        parameters=(LISTED_WORKLOADS, DELEGATIONS),
    ),
    types=frozenset(_KINDS),
    judge=judge,
)
