"""The members of an IAM policy in JSON.

Owns the reading of `policyData`: every list of members that the provider could find there. The
provider's JSON reader takes names in any case and the last of several equal ones (Go,
`encoding/json`); here all of them count.
"""

from __future__ import annotations

import json
from typing import cast


class _Object(list[tuple[str, object]]):
    """A JSON object with all its pairs, also those of equal names."""

    def named(self, name: str) -> list[tuple[str, object]]:
        return [(key, value) for key, value in self if key.casefold() == name]


class UnreadablePolicyError(Exception):
    """Text that is no IAM policy, or one that can't be read whole."""


def members_of(policy: str) -> list[tuple[str, object]]:
    """Every member of every binding, with where it stands.

    Args:
        policy: an IAM policy as JSON (Google Cloud, REST reference: Policy).

    Returns:
        The place, for example `bindings[0].members[1]`, and the member.

    Raises:
        UnreadablePolicyError: for what isn't JSON or hasn't a policy's shape.
    """
    try:
        document = json.loads(policy, object_pairs_hook=_Object)
    except (ValueError, RecursionError):
        raise UnreadablePolicyError from None
    return [
        (f"bindings[{number}].members[{position}]", member)
        for bindings in _lists(document, "bindings")
        for number, binding in enumerate(bindings)
        for members in _lists(binding, "members")
        for position, member in enumerate(members)
    ]


def _lists(owner: object, name: str) -> list[list[object]]:
    """An object's properties of one name, each of which must be a list or null."""
    if not isinstance(owner, _Object):
        raise UnreadablePolicyError
    values = [value for _, value in owner.named(name) if value is not None]
    if not all(isinstance(value, list) and not isinstance(value, _Object) for value in values):
        raise UnreadablePolicyError
    return cast("list[list[object]]", values)
