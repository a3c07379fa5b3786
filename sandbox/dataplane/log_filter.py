"""The Logging query language, as far as it is needed here: comparisons joined by AND.

Google Cloud, "Logging query language": `FIELD OPERATOR VALUE`, where the field is `logName`,
`timestamp`, `textPayload`, `resource.type` or a path below `resource.labels` or `jsonPayload`, the
operator one of `= != < <= > >=` or `:` (has; `:*` is there at all), the value quoted text or a bare
word; comparisons that follow each other are joined by AND as well. Text is compared without regard
to case; a comparison fails of what a payload or the labels don't have, of an object, and where the
value is of another type; of a list it holds where it holds of a member. OR, NOT, parentheses,
functions, regular expressions, comments and a search in all fields are refused.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

_TERM: Final = re.compile(
    r"\s*(?P<field>[A-Za-z_][\w.-]*)\s*(?P<operator>!=|<=|>=|=|<|>|:)\s*"
    r'(?P<value>"(?:[^"\\]|\\.)*"|\*(?=\s|$)|[^\s()"~=:<>,*]+)\s*(?:(?P<and>AND)(?=\s))?'
)
_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    ":": lambda held, wanted: wanted in held if isinstance(held, str) else held == wanted,
}
_FIELDS: Final = ("logName", "timestamp", "textPayload", "resource.type")
_PATHS: Final = ("jsonPayload.", "resource.labels.")

Entry = Mapping[str, Any]
Predicate = Callable[[Entry], bool]


class FilterError(ValueError):
    """A filter that isn't understood; its text is for the caller."""


def compile_filter(text: str) -> Predicate:
    """Read a filter; an empty one is true of every entry.

    Raises:
        FilterError: it is none, or has what is not supported here.
    """
    terms: list[Predicate] = []
    at = 0
    while text[at:].strip():
        match = _TERM.match(text, at)
        if match is None or match["field"] in {"AND", "OR", "NOT"}:
            raise FilterError(
                f"Unparseable filter: not supported at {text[at : at + 40].strip()!r}"
            )
        terms.append(_term(match["field"], match["operator"], match["value"]))
        at = match.end()
        if match["and"] and not text[at:].strip():
            raise FilterError("Unparseable filter: nothing follows AND")
    return lambda entry: all(term(entry) for term in terms)


def _term(field: str, comparison: str, raw: str) -> Predicate:
    if field not in _FIELDS and not field.startswith(_PATHS):
        raise FilterError(f"Unparseable filter: the field {field} is not supported")
    text = re.sub(r"\\(.)", r"\1", raw[1:-1]) if raw.startswith('"') else raw
    compare = _OPERATORS[comparison]
    if field == "timestamp":
        moment = time_of(text)
        return lambda entry: compare(time_of(entry["timestamp"]), moment)
    path = field.split(".")
    # What is a field of every entry has a default; what isn't there in a payload fails.
    default = "" if field in _FIELDS else None

    def holds(entry: Entry) -> bool:
        held = _at(entry, path)
        held = default if held is None else held
        if (comparison, raw) == (":", "*"):
            return bool(held) if default == "" else held is not None
        members = held if isinstance(held, list) else [held]
        return any(_compare(compare, member, text) for member in members)

    return holds


def time_of(text: str) -> datetime:
    """A moment in RFC 3339. Raises FilterError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise FilterError(f"Unparseable filter: {text!r} is no time in RFC 3339") from None
    if moment.tzinfo is None:
        raise FilterError(f"Unparseable filter: {text!r} has no time zone")
    return moment


def _at(entry: Entry, path: list[str]) -> object:
    held: object = entry
    for name in path:
        held = held.get(name) if isinstance(held, Mapping) else None
    return held


def _compare(compare: Callable[[Any, Any], bool], held: object, text: str) -> bool:
    """The value is brought to the held one's type: what can't be, or has none, compares false."""
    if isinstance(held, str):
        return compare(_folded(held), _folded(text))
    if isinstance(held, bool):
        wanted = {"true": True, "false": False}.get(text.lower())
        return wanted is not None and compare(held, wanted)
    if isinstance(held, int | float):
        try:
            return compare(held, float(text))
        except ValueError:
            return False
    return False


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text.casefold())
