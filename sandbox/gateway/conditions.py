"""Conditions: compiles the text of a `<Condition>` into a function. Owns grammar and comparison.

Apigee documentation, "Conditions reference" and "Pattern matching with conditionals".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from sandbox.gateway.context import Context, Value
from sandbox.gateway.messages import Message
from sandbox.gateway.variables import getter

Condition = Callable[[Context], bool]
_Operand = Callable[[Context], Value]
_Operation = Callable[[Value, Value], bool]


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
_COMPARISONS = {"=", "!=", ":=", ">", ">=", "<", "<=", "=|", "~~", "~", "~/", "!~"}
_PATTERNS = {"~~", "~", "~/", "!~"}
_LITERALS: dict[str, Value] = {"null": None, "true": True, "false": False}
_DEEPEST = 50
_LONGEST = 10_000


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
    if len(text) > _LONGEST:
        raise ConditionError(f"longer than {_LONGEST:,} characters")
    parser = _Parser(_tokens(text))
    condition = parser.disjunction(0)
    parser.end()
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
            inner = self._negation(depth + 1)
            return lambda ctx: not inner(ctx)
        if self._accept("("):
            inner = self.disjunction(depth + 1)
            if not self._accept(")"):
                raise ConditionError("a parenthesis is not closed")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        left = self._operand("a variable")
        negated = self._accept("!")
        operator = self._peek()
        if operator not in _COMPARISONS:
            if negated:
                raise ConditionError("`not` after an operand needs an operator after it")
            # A variable on its own: true when it holds true.
            return lambda ctx: _text(left(ctx)) == "true"
        self._next += 1
        compare = self._compared(str(operator), left)
        return (lambda ctx: not compare(ctx)) if negated else compare

    def _compared(self, operator: str, left: _Operand) -> Condition:
        if operator in _PATTERNS:
            token = self._take("a pattern")
            if token.kind != "string":
                raise ConditionError(f"{operator} needs a pattern in double quotes at {token.at}")
            return _pattern(operator, left, token.text[1:-1])
        right = self._operand("a value")
        operation = _OPERATIONS[operator]
        return lambda ctx: operation(left(ctx), right(ctx))

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


def _literal(token: _Token) -> Value:
    if token.kind == "string":
        return token.text[1:-1]
    if token.kind == "word":
        return _LITERALS[token.text.lower()]
    digits = token.text.rstrip("fFdDlL")
    if "." in digits or token.text[-1] in "fFdD":
        return float(digits)
    return int(digits)


def _text(value: Value) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None or isinstance(value, Message) else str(value)


def _adapted(left: Value, right: Value) -> tuple[str, str] | tuple[float, float] | None:
    """Both operands in their common type: text as soon as one is text, else numbers."""
    if isinstance(left, Message) or isinstance(right, Message):
        return None
    if isinstance(left, str) or isinstance(right, str):
        return _text(left) or "", _text(right) or ""
    return float(left or 0), float(right or 0)


def _equal(left: Value, right: Value) -> bool:
    if type(left) is str and type(right) is str:  # nearly every comparison in a flow
        return left == right
    if left is None or right is None:
        return left is None and right is None
    pair = _adapted(left, right)
    return pair is not None and pair[0] == pair[1]


def _equal_ignoring_case(left: Value, right: Value) -> bool:
    if left is None or right is None:
        return left is None and right is None
    return (_text(left) or "").lower() == (_text(right) or "").lower()


def _starts_with(left: Value, right: Value) -> bool:
    if left is None or right is None:
        return False
    return (_text(left) or "").startswith(_text(right) or "")


def _ordered(
    decide: Callable[[int], bool], left_null: bool, right_null: bool, both_null: bool
) -> _Operation:
    """An ordering operator with its documented answers for null operands."""

    def compare(left: Value, right: Value) -> bool:
        if left is None:
            return both_null if right is None else left_null
        if right is None:
            return right_null
        pair = _adapted(left, right)
        return pair is not None and decide((pair[0] > pair[1]) - (pair[0] < pair[1]))  # type: ignore[operator]  # both are text or both are numbers

    return compare


_OPERATIONS: dict[str, _Operation] = {
    "=": _equal,
    "!=": lambda left, right: not _equal(left, right),
    ":=": _equal_ignoring_case,
    "=|": _starts_with,
    ">": _ordered(lambda order: order > 0, True, False, False),
    ">=": _ordered(lambda order: order >= 0, False, True, True),
    "<": _ordered(lambda order: order < 0, True, False, False),
    "<=": _ordered(lambda order: order <= 0, True, False, True),
}


def _pattern(operator: str, left: _Operand, pattern: str) -> Condition:
    expression = _expression(operator, pattern)
    negated = operator == "!~"

    def match(ctx: Context) -> bool:
        value = left(ctx)
        if value is None:
            return negated
        return (expression.fullmatch(_text(value) or "") is not None) != negated

    return match


@lru_cache(maxsize=1024)
def _expression(operator: str, pattern: str) -> re.Pattern[str]:
    if operator == "~~":
        try:
            return re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise ConditionError(f"{pattern!r} is not a regular expression: {error}") from error
    return re.compile(_glob(pattern, path=operator == "~/"), re.DOTALL)


def _glob(pattern: str, path: bool) -> str:
    """A regular expression for a wildcard pattern; `%` takes the next character literally."""
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "%" and position + 1 < len(pattern):
            position += 1
            parts.append(re.escape(pattern[position]))
        elif path and pattern.startswith("**", position):
            position += 1
            parts.append(".*")
        elif character == "*":
            parts.append("[^/]+" if path else ".*")
        else:
            parts.append(re.escape(character))
        position += 1
    return "".join(parts)
