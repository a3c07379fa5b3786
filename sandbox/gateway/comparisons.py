"""How a condition's operators compare values: types, nulls, wildcards and path expressions.

Apigee documentation, "Conditions reference": its table of data types (text as soon as one side is
text, else the wider number), its table of null operands, and its path expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from sandbox.gateway.messages import Message, Value
from sandbox.gateway.numbers import Single, number_text

Operation = Callable[[Value, Value], bool]


class PatternError(ValueError):
    """A wildcard pattern or path expression that is none."""


def text_of(value: Value) -> str | None:
    """A value as text; None for null and for a message, which no operator compares."""
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if isinstance(value, Message) else number_text(value)


def _adapted(left: Value, right: Value) -> tuple[str, str] | tuple[float, float] | None:
    """Two values, neither of them null, in their common type; None where there is none."""
    if isinstance(left, Message) or isinstance(right, Message) or left is None or right is None:
        return None
    if isinstance(left, str) or isinstance(right, str):
        return text_of(left) or "", text_of(right) or ""
    if not (isinstance(left, float) or isinstance(right, float)):
        return int(left), int(right)
    if isinstance(left, float) and isinstance(right, float) and type(left) is not type(right):
        return float(left), float(right)
    narrow = isinstance(left, Single) or isinstance(right, Single)
    return (Single(left), Single(right)) if narrow else (float(left), float(right))


def _equal(left: Value, right: Value) -> bool:
    if type(left) is str and type(right) is str:  # nearly every comparison in a flow
        return left == right
    if left is None or right is None:
        return left is None and right is None
    pair = _adapted(left, right)
    return pair is not None and pair[0] == pair[1]


def _not_equal(left: Value, right: Value) -> bool:
    if left is None or right is None:
        return not (left is None and right is None)
    pair = _adapted(left, right)
    return pair is not None and pair[0] != pair[1]


def _equal_ignoring_case(left: Value, right: Value) -> bool:
    if left is None or right is None:
        return left is None and right is None
    one, other = text_of(left), text_of(right)
    return one is not None and other is not None and one.lower() == other.lower()


def _starts_with(left: Value, right: Value) -> bool:
    one, other = text_of(left), text_of(right)
    return one is not None and other is not None and one.startswith(other)


def _ordered(
    decide: Callable[[int], bool], left_null: bool, right_null: bool, both_null: bool
) -> Operation:
    """An ordering operator with its documented answers for null operands."""

    def compare(left: Value, right: Value) -> bool:
        if left is None:
            return both_null if right is None else left_null
        if right is None:
            return right_null
        pair = _adapted(left, right)
        return pair is not None and decide((pair[0] > pair[1]) - (pair[0] < pair[1]))  # type: ignore[operator]  # both are text or both are numbers

    return compare


OPERATIONS: dict[str, Operation] = {
    "=": _equal,
    "!=": _not_equal,
    ":=": _equal_ignoring_case,
    "=|": _starts_with,
    ">": _ordered(lambda order: order > 0, True, False, False),
    ">=": _ordered(lambda order: order >= 0, False, True, True),
    "<": _ordered(lambda order: order < 0, True, False, False),
    "<=": _ordered(lambda order: order <= 0, True, False, True),
}


@lru_cache(maxsize=1024)
def wildcard(pattern: str) -> re.Pattern[str]:
    """The pattern of `Matches`: `*` stands for anything, `%` takes the next character literally."""
    parts = [".*" if part in ("*", "**") else _literal(part) for part in _PART.findall(pattern)]
    return re.compile("".join(parts), re.DOTALL)


@lru_cache(maxsize=1024)
def path_expression(pattern: str) -> re.Pattern[str]:
    """The pattern of `MatchesPath`: `*` and `{name}` are one path element, `**` any number.

    Raises PatternError for a brace that is not closed.
    """
    parts = []
    for part in _PART.findall(pattern):
        if part == "**":
            parts.append(".*")
        elif part == "*" or (part.startswith("{") and len(part) > 1):
            parts.append("[^/]+")
        elif part in ("{", "}"):
            raise PatternError(f"the path expression {pattern!r} has a lone brace (write %{part})")
        else:
            parts.append(_literal(part))
    return re.compile("".join(parts), re.DOTALL)


_PART = re.compile(r"%.|\*\*?|\{[^{}/*%]+\}|.", re.DOTALL)


def _literal(part: str) -> str:
    return re.escape(part[1:] if len(part) == 2 and part[0] == "%" else part)
