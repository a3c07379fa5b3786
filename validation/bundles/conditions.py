"""What a condition mentions: variables, and literals that they are compared with.

Doesn't evaluate. Apigee documentation, "Conditions reference".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s+|(?P<literal>"[^"]*"|'[^']*')|(?P<word>[A-Za-z_][\w.\-]*)|(?P<number>-?\d+(?:\.\d+)?)"""
    r"""|(?P<operator>:=|=\||!=|==|>=|<=|~~|~/|[=<>~!&|]+|[()])|.""",
    re.DOTALL,
)
_WORDS = frozenset(
    (
        *("and", "or", "not", "true", "false", "null", "is", "isnot"),
        *("equals", "notequals", "equalscaseinsensitive", "startswith", "like", "likepath"),
        *("matches", "matchespath", "javaregex", "greaterthan", "greaterthanorequals"),
        *("lesserthan", "lesserthanorequals"),
    )
)
_EQUALS = frozenset({"=", "==", "equals", "is"})


@dataclass(frozen=True)
class Comparison:
    """A variable that a condition demands to equal a literal."""

    variable: str
    literal: str


def variables(condition: str) -> set[str]:
    """Names of the variables that a condition reads."""
    return {
        match["word"]
        for match in _TOKEN.finditer(condition)
        if match["word"] and match["word"].lower() not in _WORDS
    }


def comparisons(condition: str) -> list[Comparison]:
    """Every `variable = "literal"` of a condition, however it is written."""
    tokens = [match for match in _TOKEN.finditer(condition) if match.lastgroup]
    found = []
    for left, middle, right in zip(tokens, tokens[1:], tokens[2:], strict=False):
        is_variable = left["word"] and left["word"].lower() not in _WORDS
        value = right["literal"] or right["number"]
        if is_variable and value and middle[0].lower() in _EQUALS:
            found.append(Comparison(left["word"], value.strip("\"'")))
    return found
