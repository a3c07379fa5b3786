"""The syntax of role assignments' conditions, to tell what Azure takes from what it refuses.

Follows Microsoft Learn, "Azure role assignment condition format and syntax", whose spelling of
words is the only one taken. Whether the attributes and actions that a condition names exist isn't
checked, and nothing here evaluates one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<attribute>@(?:Environment|Principal|Request|Resource)\[[^\[\]'{}]+\])
  | (?P<string>'[^']*')
  | (?P<guid>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})
  | (?P<number>-?[0-9]+)(?![0-9A-Za-z-])
  | (?P<boolean>(?:true|false)\b)
  | (?P<word>[A-Za-z]+(?::[A-Za-z]+)?)
  | (?P<mark>&&|\|\||[!(){},])
    )""",
    re.VERBOSE,
)
_VALUES = ("string", "guid", "number", "boolean")
_JOINS = MappingProxyType({"AND": "AND", "&&": "AND", "OR": "OR", "||": "OR"})
_DEEPEST = 50

_CASES = ("", "IgnoreCase")
_SINGLE = {f"String{name}{case}" for name in ("StartsWith", "NotStartsWith") for case in _CASES}
_MANY = {
    f"String{name}{case}" for name in ("Equals", "NotEquals", "Like", "NotLike") for case in _CASES
}
_ORDERED = ("Equals", "NotEquals", "GreaterThan", "GreaterThanEquals", "LessThan", "LessThanEquals")
_MANY |= {f"Numeric{name}" for name in _ORDERED} | {"GuidEquals", "GuidNotEquals"}
_SINGLE |= {f"DateTime{name}" for name in _ORDERED} | {"BoolEquals", "BoolNotEquals"}
_CROSS = [f"For{left}Of{right}Values" for left in ("Any", "All") for right in ("Any", "All")]
_OPERATORS = _SINGLE | _MANY | {f"{cross}:{name}" for cross in _CROSS for name in _MANY}
_TAKES: Mapping[str, Collection[str]] = MappingProxyType(
    {
        "String": ("string",),
        "Numeric": ("number",),
        "Guid": ("guid", "string"),
        "DateTime": ("string",),
        "Bool": ("boolean",),
    }
)


def check(condition: str) -> None:
    """Raises ValueError, saying what was expected where, unless `condition` can be read."""
    _Reader(condition).condition()


class _Reader:
    """Reads a condition from left to right; a token is its kind and its text."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0

    def condition(self) -> None:
        self._expression()
        if self._peek() != ("", ""):
            raise self._expected("AND, OR or the end")

    def _expression(self) -> None:
        self._term()
        joined = ""
        while (kind := _JOINS.get(self._peek()[1], "")) != "":
            if joined not in ("", kind):
                raise self._expected(f"parentheses where {kind} follows {joined}")
            joined = kind
            self._take()
            self._term()

    def _term(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._expected(f"at most {_DEEPEST} levels of parentheses and negations")
        self._read_term()
        self._depth -= 1

    def _read_term(self) -> None:
        kind, text = self._peek()
        if text in ("NOT", "!"):
            self._take()
            self._term()
        elif text == "(":
            self._take()
            self._expression()
            self._mark(")")
        elif text in ("ActionMatches", "SubOperationMatches"):
            self._take()
            self._mark("{")
            self._kind("string")
            self._mark("}")
        elif text == "Exists":
            self._take()
            self._kind("attribute")
        elif kind == "attribute" or text == "{" or kind in _VALUES:
            self._comparison()
        else:
            raise self._expected("an expression")

    def _comparison(self) -> None:
        left = self._operand()
        _, operator = self._peek()
        if operator not in _OPERATORS:
            raise self._expected("an operator of comparison")
        self._take()
        function = operator.rpartition(":")[2]
        takes = next(kinds for name, kinds in _TAKES.items() if function.startswith(name))
        for kinds in (left, self._operand()):
            if not kinds <= {*takes, "attribute"}:
                raise self._expected(f"{operator} to compare values of its own type")

    def _operand(self) -> set[str]:
        """The kinds of what stands there: an attribute, a value, or values in braces."""
        if self._peek()[1] != "{":
            return {self._kind("attribute", *_VALUES)}
        self._take()
        kinds = {self._kind(*_VALUES)}
        while self._peek()[1] == ",":
            self._take()
            kinds.add(self._kind(*_VALUES))
        self._mark("}")
        return kinds

    def _peek(self) -> tuple[str, str]:
        """The next token; two empty texts at the end."""
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            if self._text[self._at :].strip():
                raise self._expected("something that belongs into a condition")
            return "", ""
        return str(found.lastgroup), found[str(found.lastgroup)]

    def _take(self) -> None:
        found = _TOKEN.match(self._text, self._at)
        assert found is not None, "was looked at before"
        self._at = found.end()

    def _mark(self, mark: str) -> None:
        if self._peek() != ("mark", mark):
            raise self._expected(mark)
        self._take()

    def _kind(self, *kinds: str) -> str:
        kind, _ = self._peek()
        if kind not in kinds:
            raise self._expected(" or ".join(kinds))
        self._take()
        return kind

    def _expected(self, what: str) -> ValueError:
        rest = self._text[self._at :].strip()
        return ValueError(f"expected {what} at '{rest[:40]}'" if rest else f"expected {what}")
