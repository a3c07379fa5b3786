"""Conditions as Apigee's conditions reference has them."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.gateway.conditions import ConditionError, compile_condition
from sandbox.gateway.context import Context
from sandbox.gateway.messages import Message, Value
from sandbox.gateway.variables import UnsupportedVariableError
from tests.sandbox.gateway.contexts import context


class _Variables:
    """As much of a context as conditions over plain variables and messages read."""

    phase = "request"

    def __init__(self, **variables: Value) -> None:
        self.variables: dict[str, Value] = {
            name.replace("__", "."): value for name, value in variables.items()
        }

    def message(self, name: str) -> Message | None:
        value = self.variables.get(self.phase if name == "message" else name)
        return value if isinstance(value, Message) else None


def holds(text: str, **variables: Value) -> bool:
    condition = compile_condition(text)
    return condition is None or condition(cast(Context, _Variables(**variables)))


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ('v = "GET"', "GET", True),
        ('v = "GET"', "get", False),
        ('v == "GET"', "GET", True),
        ('v Equals "GET"', "GET", True),
        ('v is "GET"', "GET", True),
        ('v != "GET"', "PUT", True),
        ('v NotEquals "GET"', "GET", False),
        ('v IsNot "GET"', "PUT", True),
        ('v := "get"', "GET", True),
        ('v EqualsCaseInsensitive "get"', "GOT", False),
        ('v =| "ab"', "abc", True),
        ('v StartsWith "bc"', "abc", False),
        ("v > 3", 4, True),
        ("v GreaterThan 3", 3, False),
        ("v >= 3", 3, True),
        ("v GreaterThanOrEquals 4", 3, False),
        ("v < 3", 2, True),
        ("v LesserThan 3", 3, False),
        ("v <= 3", 3, True),
        ("v LesserThanOrEquals 2", 3, False),
        ("v = 400", "400", True),
        ('v = "400"', 400, True),
        ("v = 1.5f", 1.5, True),
        ("v = 12L", 12, True),
        ("v > 1.5d", 2, True),
        ("v = -1", -1, True),
        ("v = true", True, True),
        ('v = "false"', False, True),
        ("v", True, True),
        ("v", "true", True),
        ("v", "yes", False),
        ("!v", False, True),
        ("v=1", 1, True),
    ],
)
def test_comparison(text: str, value: Value, expected: bool) -> None:
    assert holds(text, v=value) is expected


def test_text_and_number_are_compared_as_text() -> None:
    assert holds("v < 9", v="10")
    assert holds('v = "1.0"', v=1.0)
    assert holds('v = "true"', v=True)
    assert holds("v > w", v="0.9", w="0.75")


def test_numbers_are_compared_in_the_wider_type() -> None:
    assert holds("v = 9007199254740993L", v=9007199254740993)
    assert not holds("v = 9007199254740993L", v=9007199254740992)
    assert not holds("v = 3.142f", v=3.142), "a float beside a double is a double"
    assert holds("v = 16777216f", v=16777217), "an integer beside a float is a float"
    assert holds("v = 1", v=True)


@pytest.mark.parametrize("operator", ["=", "!=", ":=", "=|", ">", ">=", "<", "<="])
def test_a_message_compares_with_nothing(operator: str) -> None:
    assert not holds(f'm {operator} "x"', m=Message("request"))
    assert not holds(f"m {operator} 1", m=Message("request"))


def test_a_message_is_not_null() -> None:
    assert holds("m != null", m=Message("request"))


@pytest.mark.parametrize("word", ["And", "and", "AND", "&&"])
def test_and_has_these_spellings(word: str) -> None:
    assert holds(f"t {word} t", t=True)
    assert not holds(f"t {word} f", t=True, f=False)


def test_evaluation_stops_as_soon_as_the_answer_is_known() -> None:
    class Once(_Variables):
        def message(self, name: str) -> Message | None:
            raise AssertionError(name)

    for text in ("t or request.verb", "f and request.verb"):
        condition = compile_condition(text)
        assert condition is not None
        assert condition(cast(Context, Once(t=True, f=False))) is (text[0] == "t")


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ('v ~ "/c*t"', "/coat", True),
        ('v Matches "/c*t"', "/a/c/t", False),
        ('v Like "*"', "/a/b", True),
        ('v Matches "/cat"', "/cat2", False),
        ('v ~ "/c%*at"', "/c*at", True),
        ('v ~ "/c%*at"', "/coat", False),
        ('v ~ "%{user%}"', "{user}", True),
        ('v ~ "%{user%}"', "user", False),
        ('v ~/ "/*/a/"', "/x/a/", True),
        ('v MatchesPath "/*/a/*"', "/x/a/b", True),
        ('v LikePath "/*/a/*"', "/x/a/b/c", False),
        ('v MatchesPath "/*/a/**"', "/x/a/b/c/d", True),
        ('v MatchesPath "/a/**/feed/**"', "/a/b/feed/rss/1234", True),
        ('v MatchesPath "/orders"', "/orders/", False),
        ('v MatchesPath "/orders"', "/ordersX", False),
        ('v ~~ "/ca?t"', "/ct", True),
        ('v JavaRegex "/[cb]at"', "/bats", False),
        ('v JavaRegex ".at"', "xcat", False),
        ('v !~ "/c*"', "/dog", True),
        ('v ~/ "/*/a/{reader}/feed/"', "/x/a/b/feed/", True),
        ('v ~/ "/a/{id}"', "/a/", False),
        ('v ~/ "/a/{id}"', "/a/b/c", False),
        ('v ~/ "%{user%}"', "{user}", True),
        ('v ~/ "%{user%}"', "user", False),
        ('v ~ "{a}"', "{a}", True),
        ('v ~ "a%"', "a%", True),
        ('v ~ "**"', "/x/y", True),
        ('v ~~ "(?s)a.b"', "a\nb", True),
        ('v ~~ "a.b"', "a\rb", False),
        (r'v ~~ "\d"', "٣", False),
    ],
)
def test_pattern(text: str, value: str, expected: bool) -> None:
    assert holds(text, v=value) is expected


# The documentation's table of null operands, row by row: left, right and both null.
@pytest.mark.parametrize(
    ("operator", "left", "right", "both"),
    [
        ("=", False, False, True),
        (":=", False, False, True),
        ("=|", False, False, False),
        ("!=", True, True, False),
        (">", True, False, False),
        (">=", False, True, True),
        ("<", True, False, False),
        ("<=", True, False, True),
    ],
)
def test_null_operand(operator: str, left: bool, right: bool, both: bool) -> None:
    assert holds(f"a {operator} b", a=None, b="x") is left
    assert holds(f"a {operator} b", a="x", b=None) is right
    assert holds(f"a {operator} b", a=None, b=None) is both


@pytest.mark.parametrize("operator", ["~", "~~", "~/"])
def test_null_matches_no_pattern(operator: str) -> None:
    assert not holds(f'a {operator} "**"' if operator != "~~" else 'a ~~ ".*"', a=None)


def test_null_literal_is_an_absent_variable_but_not_an_empty_one() -> None:
    assert holds("a = null")
    assert not holds("a = null", a="")
    assert holds("a IsNot null", a="")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("t or t and f", True),
        ("(t or t) and f", False),
        ("not f and f", False),
        ("not (f and f)", True),
        ("!f && t", True),
        ("f || t", True),
        ("f OR t AND t", True),
        ('not (a = "x")', True),
        ('!(a = "1") or f', False),
        ('a = "1" and !f', True),
        ('!f and a = "1"', True),
        ("!!t", True),
        ("", True),
        ("  ", True),
    ],
)
def test_precedence_is_not_then_and_then_or(text: str, expected: bool) -> None:
    assert holds(text, t=True, f=False, a="1") is expected


def test_right_side_may_be_a_variable() -> None:
    assert holds("a = b", a="x", b="x")
    assert not holds("a = b", a="x", b="b")


def test_name_with_an_operator_is_quoted() -> None:
    request = Message("request")
    request.set_header("help!me", "1")
    assert holds("'request.header.help!me' = \"1\"", request=request)


def test_header_names_ignore_case() -> None:
    request = Message("request")
    request.set_header("X-Api-Key", "1")
    assert holds('request.header.x-api-key = "1"', request=request)


@pytest.mark.parametrize(
    "text",
    [
        "=",
        "a =",
        'a = "x',
        '(a = "x"',
        'a = "x")',
        "a b",
        "and a",
        "a and",
        "not",
        'a ~~ "("',
        "a ~ b",
        'a "x"',
        "a + 1",
        "a ! b",
        'not a = "x"',
        '!a = "x"',
        'not (a) = "x"',
        'a not StartsWith "x"',
        "a is not null",
        "a = 1.5",
        "a = 1.5L",
        "a = 2147483648",
        "a = 9223372036854775808L",
        f"a = {'9' * 5000}L",
        'a ~/ "/{id"',
        'a ~~ "/{id}"',
        "a ~~ null",
        "a ~ 'b'",
        'a = "x" = "y"',
        "a > b > c",
        "(" * 200 + "a" + ")" * 200,
        "a" * 20_000,
    ],
)
def test_malformed_condition_is_an_error_that_shows_its_text(text: str) -> None:
    with pytest.raises(ConditionError) as raised:
        compile_condition(text)
    assert str(raised.value).startswith(f"condition {text[:200]!r}"[:200])


def test_built_in_variable_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UnsupportedVariableError, match=r"system\.pod\.name"):
        compile_condition('system.pod.name = "x"')


_FRAGMENT = st.sampled_from(
    [
        "a",
        "b.c",
        '"x"',
        "'q'",
        "1",
        "2f",
        "null",
        "true",
        "=",
        "!=",
        "~",
        "~~",
        "~/",
        "=|",
        ":=",
        "(",
        ")",
        "and",
        "or",
        "not",
        "!",
        "&&",
        "||",
        "is",
        " ",
        "<",
        ">=",
        '"("',
        "%",
        "é",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(_FRAGMENT, max_size=14).map(" ".join)))
def test_any_text_compiles_to_a_boolean_or_is_a_declared_error(text: str) -> None:
    try:
        condition = compile_condition(text)
        result = condition is None or condition(context(a="x", q=1))
    except (ConditionError, UnsupportedVariableError):
        return
    assert isinstance(result, bool)
