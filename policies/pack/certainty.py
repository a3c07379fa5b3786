"""Judging with values that may not be known: no, undecided, yes.

`max` of certainties is "any of", `min` is "all of".
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import IntEnum

from .values import UNKNOWN


class Certainty(IntEnum):
    """Whether something holds; ordered."""

    NO = 0
    UNDECIDED = 1
    YES = 2


def certain(holds: bool) -> Certainty:
    """YES or NO."""
    return Certainty.YES if holds else Certainty.NO


def holds(value: object, predicate: Callable[[object], bool]) -> Certainty:
    """Whether a property's value fulfils a predicate; undecided where it isn't known.

    Args:
        value: a property's value, None where it is absent.
        predicate: is never given `UNKNOWN` itself; what is within the value may be.
    """
    return Certainty.UNDECIDED if value is UNKNOWN else certain(predicate(value))


def is_true(value: object) -> Certainty:
    """Whether a value is true; absent isn't."""
    return holds(value, lambda known: known is True)


def is_one_of(value: object, names: Collection[str]) -> Certainty:
    """Whether a value is one of these lower-cased names, whatever its own case."""
    return holds(value, lambda known: isinstance(known, str) and known.lower() in names)


def is_text(value: object) -> Certainty:
    """Whether a value is text that isn't blank."""
    return holds(value, lambda known: isinstance(known, str) and known.strip() != "")


def at(properties: object, *path: str) -> object:
    """The value at a path of property names.

    Args:
        properties: a resource's properties, or an object among them.
        *path: property names from the outside in.

    Returns:
        The value; None where it or an object on the way is absent or null; `UNKNOWN` where it or an
        object on the way isn't known.
    """
    value = properties
    for name in path:
        if value is UNKNOWN:
            return UNKNOWN
        value = value.get(name) if isinstance(value, dict) else None
    return value
