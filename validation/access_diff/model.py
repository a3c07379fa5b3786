"""Access as single statements, and the difference of two sets of them.

Owns what one statement says and how dangerous it is. Where statements come from is `declared`'s
and `previewed`'s business.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum


class Danger(IntEnum):
    """How far a statement reaches, the worst first: reviewers read from the top."""

    PERSON = 0
    """A person, a group, or everybody; or somebody who can't be told to be a workload."""
    RIGHTS = 1
    """A right to give rights, or to everything in a vault or project."""
    NETWORK = 2
    """Addresses from where a vault can be reached."""
    TRUST = 3
    """Who may act as an identity."""
    VALUE = 4
    """A workload that may have a value, or use a key."""


@dataclass(frozen=True, order=True)
class Access:
    """One statement: who may do what with what, where.

    Attributes:
        danger: how far it reaches.
        cloud: `Azure`, `Entra`, `Google` or `Apigee`.
        environment: the Apigee environment, or nothing for what all share.
        who: who may, as text for people; the same workload has the same text.
        may: what they may do, a verb such as `read`.
        what: with what: a secret's name, a vault, an identity.
    """

    danger: Danger
    cloud: str
    environment: str
    who: str
    may: str
    what: str


@dataclass(frozen=True)
class AccessDiff:
    """Two sets of statements beside each other, each sorted, the most dangerous first."""

    gained: Sequence[Access]
    lost: Sequence[Access]
    kept: Sequence[Access]


def compare(before: Iterable[Access], after: Iterable[Access]) -> AccessDiff:
    """What changes between two sets of statements.

    Arguments:
        before: what holds now.
        after: what would hold.
    """
    old, new = set(before), set(after)
    return AccessDiff(gained=sorted(new - old), lost=sorted(old - new), kept=sorted(old & new))
