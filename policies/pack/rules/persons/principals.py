"""Which of Entra's object ids are known to be workloads.

Owns the proof that this family's rules ask for. An object id says nothing of what it belongs to, and
neither do the resources that give it access: so it is proven by a resource of the same stack that
has it, or it is on the owner's list.

What a system-assigned identity of some other resource is called isn't looked for: that would need
every resource of a stack. Such an id goes on the list.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ...certainty import Certainty, is_one_of
from ...model import Context, Parameter, Resource
from ...values import UNKNOWN
from .faults import Fault, entries, unless

# Type to the output that is its object id in Entra.
_IDENTITIES: Final = {
    "azure-native:managedidentity:userassignedidentity": "principalId",
    "azuread:index:serviceprincipal": "objectId",
}
IDENTITIES: Final = frozenset(_IDENTITIES)

GUID: Final = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"

WORKLOADS: Final = Parameter(
    "workloads",
    {"type": "array", "items": {"type": "string", "pattern": GUID}},
    [],
    "Object ids of service principals and managed identities that may stand here, beside those that "
    "the stack itself makes.",
)

LISTED_WORKLOADS: Final = Parameter(
    WORKLOADS.name,
    WORKLOADS.schema,
    [],
    "Object ids of the service principals and managed identities that may stand here.",
)

UNPROVEN: Final = (
    "isn't the object id of a managed identity or service principal that this stack makes, nor one "
    "of the parameter workloads, so it may be a person or a group"
)
UNLISTED: Final = "isn't one of the parameter workloads, so it may be a person or a group"


@dataclass(frozen=True)
class Workloads:
    """The workloads that a stack knows of.

    Attributes:
        ids: object ids, lower-cased: the stack's own and those that are listed.
        urns: the resources that are workloads.
    """

    ids: frozenset[str]
    urns: frozenset[str]

    def prove(self, principal: object, sources: Collection[str]) -> Certainty:
        """Whether a principal is a workload.

        Where a preview doesn't know the object id yet, it is enough that it comes from workloads
        alone: the update then compares it with theirs.

        Args:
            principal: an object id; absent is no workload.
            sources: URNs of the resources that it was computed from.
        """
        if principal is UNKNOWN and sources and self.urns.issuperset(sources):
            return Certainty.YES
        return is_one_of(principal, self.ids)


def known_workloads(resources: Mapping[str, Sequence[Resource]], context: Context) -> Workloads:
    """The workloads among a stack's resources, and those on the owner's list.

    Args:
        resources: by normalised type, those of `IDENTITIES` among them.
        context: has the parameter `WORKLOADS`.
    """
    own = [
        (identity.urn, identity.properties.get(output))
        for kind, output in _IDENTITIES.items()
        for identity in resources.get(kind, ())
    ]
    ids = {object_id.lower() for _, object_id in own if isinstance(object_id, str)}
    return Workloads(context.texts(WORKLOADS.name) | ids, frozenset(urn for urn, _ in own))


def unproven(resource: Resource, key: str, workloads: Workloads) -> list[Fault]:
    """A fault for each principal that isn't known to be a workload.

    Args:
        resource: what names them.
        key: the property that is an object id or a list of them; absent is no workload.
        workloads: what is known of the stack.
    """
    sources = resource.dependencies.get(key, ())
    return [
        unless(workloads.prove(principal, sources), place, UNPROVEN)
        for place, principal in entries(resource.properties.get(key), key)
    ]


def unlisted(value: object, where: str, allowed: frozenset[str]) -> list[Fault]:
    """A fault for each principal that isn't on the owner's list.

    Where nothing is on it, no principal needs to be known to be refused.
    """
    return [
        unless(is_one_of(principal, allowed) if allowed else Certainty.NO, place, UNLISTED)
        for place, principal in entries(value, where)
    ]
