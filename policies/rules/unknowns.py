"""Values that a preview can't know, as data instead of as an exception.

`pulumi_policy` raises when a rule touches an unknown value, and then turns the whole rule into an
advisory. Rules here get plain data in which such a value is `UNKNOWN`, so they judge all the rest.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import partial
from typing import Final

from pulumi_policy.proxy import UnknownValueError


class Unknown(Enum):
    """The type of `UNKNOWN`; an enum, so that type checkers can narrow on identity."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


def plain(value: object) -> object:
    """Copies a policy's property value to dicts and lists, with `UNKNOWN` where it isn't known.

    Args:
        value: a property value as `pulumi_policy` hands it out, lazily raising mappings and
            sequences included.

    Returns:
        The same value in plain dicts and lists; anything else in it (text, numbers, assets) as is.
    """
    if isinstance(value, Mapping):
        return plain_mapping(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_known(partial(value.__getitem__, index)) for index in range(len(value))]
    return value


def plain_mapping(values: Mapping[str, object]) -> dict[str, object]:
    """Copies a mapping of properties as `plain` does.

    Args:
        values: property name to value.

    Returns:
        A plain dict with the same keys.
    """
    # Iterating keys is safe; reading values (`items`, `get`, `in`) raises on an unknown one.
    return {key: _known(partial(values.__getitem__, key)) for key in values}


def _known(read: Callable[[], object]) -> object:
    try:
        value = read()
    except UnknownValueError:
        return UNKNOWN
    return plain(value)
