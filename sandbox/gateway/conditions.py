"""Conditions: compiles the text of a `<Condition>` into a function. Owns the grammar.

Apigee documentation, "Conditions reference". Unary not binds tightest, then a comparison, then and,
then or. What the reference leaves open is refused: a not before a comparison without parentheses,
a decimal without its `f` or `d`, a pattern that is no literal. How values compare is `comparisons`'.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.gateway.comparisons import (
    OPERATIONS,
    PatternError,
    path_expression,
    text_of,
    wildcard,
)
from sandbox.gateway.context import Context
from sandbox.gateway.java_regex import JavaRegexError, compile_regex
from sandbox.gateway.limited import limited
from sandbox.gateway.messages import Value
from sandbox.gateway.model import Condition
from sandbox.gateway.numbers import Single
from sandbox.gateway.variables import getter

_Operand = Callable[[Context], Value]


class ConditionError(ValueError):
    """A condition that isn't one; the message says where and why."""


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"[^"]*")
    | (?P<name>'[^']+')
    | (?P<symbol>:=|==|=\||=|!=|!~|!|>=|>|<=|<|~~|~/|~|&&|\|\||\(|\))
    | (?P<number>-?\d+(?:\.\d+)?[fFdDlL]?(?![\w.\-:]))
    | (?P<word>[A-Za-z_][\w.\-:]*)
    )""",
    re.VERBOSE | re.ASCII,
)
_NAMES = {
    "equals": "=",
    "is": "=",
    "==": "=",
    "notequals": "!=",
    "isnot": "!=",
    "equalscaseinsensitive": ":=",
    "greaterthan": ">",
    "greaterthanorequals": ">=",
    "lesserthan": "<",
    "lesserthanorequals": "<=",
    "startswith": "=|",
    "javaregex": "~~",
    "matches": "~",
    "like": "~",
    "matchespath": "~/",
    "likepath": "~/",
    "and": "&&",
    "or": "||",
    "not": "!",
}
_PATTERNS: dict[str, Callable[[str], re.Pattern[str]]] = {
    "~~": compile_regex,
    "~": wildcard,
    "!~": wildcard,
    "~/": path_expression,
}
_LITERALS: dict[str, Value] = {"null": None, "true": True, "false": False}
_INTEGER = 2**31
_LONG = 2**63
_DIGITS = 40
_DEEPEST = 50
_LONGEST = 10_000
_SHOWN = 200


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int

    @property
    def operator(self) -> str | None:
        """The operator's symbol, where the token is one."""
        if self.kind == "symbol" or (self.kind == "word" and self.text.lower() in _NAMES):
            return _NAMES.get(self.text.lower(), self.text)
        return None


def compile_condition(text: str) -> Condition | None:
    """A function that evaluates `text`, or None where it is blank (always true).

    Raises ConditionError, and UnsupportedVariableError for a built-in variable that isn't there.
    """
    if not text.strip():
        return None
    try:
        if len(text) > _LONGEST:
            raise ConditionError(f"longer than {_LONGEST:,} characters")
        parser = _Parser(_tokens(text))
        condition = parser.disjunction(0)
        parser.end()
    except ConditionError as error:
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        raise ConditionError(f"condition {shown!r}: {error}") from error
    return condition


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise ConditionError(f"can't read {text[position : position + 20]!r} at {position}")
        kind = str(match.lastgroup)
        found.append(_Token(kind, match.group(kind), match.start(kind)))
        position = match.end()
    return found


class _Parser:
    """Recursive descent: or, and, not, then a comparison or a group."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def end(self) -> None:
        if self._next < len(self._tokens):
            token = self._tokens[self._next]
            raise ConditionError(f"unexpected {token.text!r} at {token.at}")

    def disjunction(self, depth: int) -> Condition:
        terms = [self._conjunction(depth)]
        while self._accept("||"):
            terms.append(self._conjunction(depth))
        return terms[0] if len(terms) == 1 else (lambda ctx: any(term(ctx) for term in terms))

    def _conjunction(self, depth: int) -> Condition:
        terms = [self._negation(depth)]
        while self._accept("&&"):
            terms.append(self._negation(depth))
        return terms[0] if len(terms) == 1 else (lambda ctx: all(term(ctx) for term in terms))

    def _negation(self, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise ConditionError(f"nested deeper than {_DEEPEST}")
        if self._accept("!"):
            return self._negated(depth)
        if self._accept("("):
            inner = self.disjunction(depth + 1)
            if not self._accept(")"):
                raise ConditionError("a parenthesis is not closed")
            return inner
        return self._comparison()

    def _negated(self, depth: int) -> Condition:
        """What follows a not: a group, another not, or a variable alone."""
        grouped = self._peek() in ("(", "!")
        inner = self._negation(depth + 1) if grouped else _alone(self._operand("a variable"))
        if self._peek() in _PATTERNS or self._peek() in OPERATIONS:
            raise ConditionError(
                "a not binds tighter than a comparison: put the comparison into parentheses,"
                ' not (a = "b")'
            )
        return lambda ctx: not inner(ctx)

    def _comparison(self) -> Condition:
        left = self._operand("a variable")
        operator = self._peek()
        if operator in _PATTERNS:
            return self._matched(str(operator), left)
        if operator not in OPERATIONS:
            return _alone(left)
        self._next += 1
        right = self._operand("a value")
        operation = OPERATIONS[str(operator)]
        return lambda ctx: operation(left(ctx), right(ctx))

    def _matched(self, operator: str, left: _Operand) -> Condition:
        self._next += 1
        token = self._take("a pattern")
        if token.kind != "string":
            raise ConditionError(f"{operator} needs a pattern in double quotes at {token.at}")
        try:
            expression = _PATTERNS[operator](token.text[1:-1])
        except (JavaRegexError, PatternError) as error:
            raise ConditionError(str(error)) from error
        negated = operator == "!~"

        def match(ctx: Context) -> bool:
            value = text_of(left(ctx))
            if value is None:
                return negated
            found = limited(lambda: expression.fullmatch(value))
            return (found is not None) != negated

        return match

    def _operand(self, wanted: str) -> _Operand:
        token = self._take(wanted)
        if token.operator is not None:
            raise ConditionError(f"{wanted} is missing before {token.text!r} at {token.at}")
        if token.kind == "word" and token.text.lower() not in _LITERALS:
            return getter(token.text)
        if token.kind == "name":
            return getter(token.text[1:-1])
        value = _literal(token)
        return lambda ctx: value

    def _take(self, wanted: str) -> _Token:
        if self._next >= len(self._tokens):
            raise ConditionError(f"{wanted} is missing at the end")
        self._next += 1
        return self._tokens[self._next - 1]

    def _peek(self) -> str | None:
        return self._tokens[self._next].operator if self._next < len(self._tokens) else None

    def _accept(self, operator: str) -> bool:
        if self._peek() != operator:
            return False
        self._next += 1
        return True


def _alone(operand: _Operand) -> Condition:
    """A variable that is compared with nothing: true when it holds true."""
    return lambda ctx: text_of(operand(ctx)) == "true"


def _literal(token: _Token) -> Value:
    if token.kind == "string":
        return token.text[1:-1]
    if token.kind == "word":
        return _LITERALS[token.text.lower()]
    digits, suffix = token.text.rstrip("fFdDlL"), token.text[-1].lower()
    if suffix == "f":
        return Single(float(digits))
    if suffix == "d":
        return float(digits)
    if "." in digits:
        raise ConditionError(
            f"{token.text} at {token.at} needs an f or a d: it would be an integer"
        )
    limit = _LONG if suffix == "l" else _INTEGER
    if len(digits) > _DIGITS or not -limit <= int(digits) < limit:
        bits = 64 if suffix == "l" else 32
        raise ConditionError(f"the number at {token.at} doesn't fit into {bits} bits")
    return int(digits)
