"""Whom a resource of Google's names as IAM does: one member, a role's, a policy's, an entitlement's.

Owns where the names stand, by type. What they say is `google_members`' business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ...certainty import at
from ...model import Resource
from ...tokens import normalise
from ...values import UNKNOWN
from .faults import entries
from .google_policies import UnreadablePolicyError, members_of

_IAM: Final = ("gcp:*:*iammember", "gcp:*:*iambinding", "gcp:*:*iampolicy")
# Other resources with lists of principals: type to the properties.
_LISTS: Final = {
    "gcp:apigee:controlplaneaccess": ("synchronizerIdentities", "analyticsPublisherIdentities"),
    "gcp:apigee:syncauthorization": ("identities",),
}
_ENTITLEMENT: Final = "gcp:privilegedaccessmanager:entitlement"

MEMBER_TYPES: Final = frozenset({*_IAM, *_LISTS, _ENTITLEMENT})
"""The types that name principals, as patterns."""


def members(resource: Resource) -> Iterator[tuple[str, object]]:
    """Each principal that a resource names, with where it stands.

    Args:
        resource: one of `MEMBER_TYPES`.

    Raises:
        UnreadablePolicyError: for a policy that can't be read.
    """
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
