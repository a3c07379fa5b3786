"""Conditions made from the grammar hold exactly when a second, naive evaluator says so."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from sandbox.gateway.conditions import ConditionError, compile_condition
from sandbox.gateway.messages import Value
from sandbox.gateway.variables import UnsupportedVariableError
from tests.sandbox.gateway.contexts import context

_VARIABLES: dict[str, Value] = {
    "a": "x",
    "b": "10",
    "c": 10,
    "d": True,
    "e": False,
    "f": None,
    "g.h": "/x/y",
    "i-j": -1,
}


@dataclass(frozen=True)
class Made:
    """A condition's text, its value, and how tightly its outermost operator binds."""

    text: str
    value: bool
    level: int


_SPELLINGS = {
    "=": ("=", "==", "Equals", "is", "Is"),
    "!=": ("!=", "NotEquals", "IsNot"),
    ":=": (":=", "EqualsCaseInsensitive"),
    "=|": ("=|", "StartsWith"),
    ">": (">", "GreaterThan"),
    ">=": (">=", "GreaterThanOrEquals"),
    "<": ("<", "LesserThan"),
    "<=": ("<=", "LesserThanOrEquals"),
}
_NULL_TABLE = {
    "=": "FFT",
    ":=": "FFT",
    "=|": "FFF",
    "!=": "TTF",
    ">": "TFF",
    ">=": "FTT",
    "<": "TFF",
    "<=": "TFT",
}


def _as_text(value: Value) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _compare(operator: str, left: Value, right: Value) -> bool:
    """Straight from the reference's tables, one case after the other."""
    if left is None or right is None:
        column = 2 if left is None and right is None else 0 if left is None else 1
        return _NULL_TABLE[operator][column] == "T"
    one, other = _as_text(left), _as_text(right)
    if operator == "=|":
        return other == one[: len(other)]
    if operator == ":=":
        return one.lower() == other.lower()
    if isinstance(left, str) or isinstance(right, str):
        outcome = (one > other) - (one < other)
    else:
        assert isinstance(left, int)
        assert isinstance(right, int)
        outcome = (left > right) - (left < right)
    return {
        "=": outcome == 0,
        "!=": outcome != 0,
        ">": outcome > 0,
        ">=": outcome >= 0,
        "<": outcome < 0,
        "<=": outcome <= 0,
    }[operator]


_OPERAND = st.one_of(
    st.sampled_from(sorted(_VARIABLES)).map(lambda name: (name, _VARIABLES[name])),
    st.sampled_from(["", "x", "X", "10", "9", "true", "/x", "a b", "and"]).map(
        lambda text: (f'"{text}"', text)
    ),
    st.integers(-20, 20).map(lambda number: (str(number), number)),
    st.sampled_from([("null", None), ("true", True), ("false", False)]),
)


@st.composite
def _comparison(draw: st.DrawFn) -> Made:
    left, right = draw(_OPERAND), draw(_OPERAND)
    operator = draw(st.sampled_from(sorted(_SPELLINGS)))
    spelled = draw(st.sampled_from(_SPELLINGS[operator]))
    value = _compare(operator, left[1], right[1])
    return Made(f"{left[0]} {spelled} {right[0]}", value, 3)


_ALONE = st.sampled_from(["d", "e", "f", "a"]).map(
    lambda name: Made(name, _VARIABLES[name] is True, 4)
)


def _wrapped(made: Made, level: int) -> str:
    return made.text if made.level > level else f"({made.text})"


@st.composite
def _negated(draw: st.DrawFn, inner: st.SearchStrategy[Made]) -> Made:
    word = draw(st.sampled_from(["!", "not ", "Not "]))
    made = draw(inner)
    return Made(word + _wrapped(made, 3), not made.value, 4)


@st.composite
def _joined(draw: st.DrawFn, inner: st.SearchStrategy[Made]) -> Made:
    parts = draw(st.lists(inner, min_size=2, max_size=3))
    if draw(st.booleans()):
        word = draw(st.sampled_from([" and ", " And ", " && "]))
        return Made(word.join(_wrapped(p, 1) for p in parts), all(p.value for p in parts), 2)
    word = draw(st.sampled_from([" or ", " OR ", " || "]))
    return Made(word.join(_wrapped(p, 0) for p in parts), any(p.value for p in parts), 1)


_CONDITION = st.recursive(
    st.one_of(_comparison(), _ALONE),
    lambda inner: st.one_of(_negated(inner), _joined(inner)),
    max_leaves=10,
)


def _evaluate(text: str) -> bool:
    condition = compile_condition(text)
    ctx = context()
    ctx.variables.update(_VARIABLES)
    return condition is None or condition(ctx)


@given(_CONDITION)
def test_a_made_condition_holds_when_the_reference_evaluator_says_so(made: Made) -> None:
    assert _evaluate(made.text) is made.value, made.text


@given(_CONDITION, st.data())
def test_a_mutated_condition_is_a_boolean_or_a_declared_error(
    made: Made, data: st.DataObject
) -> None:
    text = made.text
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 3))
        put = data.draw(
            st.sampled_from(["", "(", ")", '"', "!", "~~", "~/", " and ", "'", "{", "9"])
        )
        text = text[:at] + put + text[at + cut :]
    try:
        assert isinstance(_evaluate(text), bool)
    except (ConditionError, UnsupportedVariableError):
        return
