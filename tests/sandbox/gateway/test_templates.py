"""Message templates as Apigee documents them."""

from __future__ import annotations

import uuid
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.gateway.context import Context, Value
from sandbox.gateway.messages import Message
from sandbox.gateway.templates import TemplateError, UnresolvedError, compile_template
from sandbox.gateway.variables import UnsupportedVariableError


class _Variables:
    phase = "request"

    def __init__(self, **variables: Value) -> None:
        self.variables = variables

    def message(self, name: str) -> Message | None:
        value = self.variables.get(self.phase if name == "message" else name)
        return value if isinstance(value, Message) else None


def fill(text: str, lenient: bool = False, **variables: Value) -> str:
    return filled(text, variables, lenient)


def filled(text: str, variables: dict[str, Value], lenient: bool = False) -> str:
    return compile_template(text)(cast(Context, _Variables(**variables)), lenient)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain", "plain"),
        ("{a}", "x"),
        ("-{a}-{a}-", "-x-x-"),
        ('{"a": "{a}"}', '{"a": "x"}'),
        ('{"a":{"b":{n}}}', '{"a":{"b":7}}'),
        ("{ a }", "{ a }"),
        ("{}", "{}"),
        ("{a", "{a"),
        ("a}", "a}"),
        ("{{a}}", "{x}"),
        ("{flag}", "true"),
        ("{toUpperCase(a)}", "X"),
        ("{toLowerCase('ABC')}", "abc"),
        ("{encodeBase64(a)}", "eA=="),
        ("{decodeBase64('eA==')}", "x"),
        ("{escapeJSON(quoted)}", 'say \\"hi\\"\\n'),
        ("{firstnonnull(none,a)}", "x"),
        ("{substring('abcdef',1,3)}", "bc"),
        ("{substring('abcdef',-2)}", "ef"),
        ("{sha256Hex('')}", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("{encodeHTML('<a>')}", "&lt;a&gt;"),
        ("{timeFormatUTCMs('yyyy-MM-dd'T'HH:mm:ss.SSSXXX',when)}", "2001-09-09T01:46:40.123Z"),
        ("{timeFormatUTC('yyyy',n)}", "1970"),
        ("{jsonPath('$.x',json)}", "1"),
        ("{jsonPath($.list[?(@.n == 'b')].v,json)}", "2"),
        ("{jsonPath('$.list[*].v',json)}", '["1", "2"]'),
        ("{jsonPath('$.x',json,true)}", "[1]"),
        ("{jsonPath('$.absent',json)}", ""),
        ("{jsonPath('$.x',a)}", ""),
        ("{request.header.x}{request.verb}", "vGET"),
    ],
)
def test_template(text: str, expected: str) -> None:
    request = Message("request")
    request.set_header("X", "v")
    variables: dict[str, Value] = {
        "a": "x",
        "n": 7,
        "flag": True,
        "quoted": 'say "hi"\n',
        "when": 1_000_000_000_123,
        "json": '{"x": 1, "list": [{"n": "a", "v": "1"}, {"n": "b", "v": "2"}]}',
        "request": request,
    }
    assert filled(text, variables) == expected


def test_create_uuid_is_new_each_time() -> None:
    first, second = fill("{createUuid()}"), fill("{createUuid()}")
    assert first != second
    assert str(uuid.UUID(first)) == first


def test_unresolved_variable_is_empty_or_an_error() -> None:
    assert fill("[{none}]", lenient=True) == "[]"
    with pytest.raises(UnresolvedError, match="none"):
        fill("[{none}]")


def test_filled_in_text_is_not_filled_in_again() -> None:
    assert fill("{a}", a="{b}", b="secret") == "{b}"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{xeger('a')}", "xeger"),
        ("{createUuid(1)}", "arguments"),
        ("{toUpperCase()}", "arguments"),
        ("{jsonPath('x[',json)}", "JSONPath"),
        ("{timeFormatUTCMs('EEEE',n)}", "EEEE"),
        ("{timeFormatUTCMs(pattern,n)}", "literal"),
        ("{toUpperCase(a b)}", "a b"),
    ],
)
def test_function_that_can_not_run_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(TemplateError, match=named.replace("(", r"\(")):
        compile_template(text)


def test_built_in_variable_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnsupportedVariableError, match=r"client\.cn"):
        compile_template("{client.cn}")


_FRAGMENT = st.sampled_from(
    [
        "{",
        "}",
        "{a}",
        "{jsonPath(",
        "$.x",
        ",",
        ")",
        "'",
        "(",
        "[",
        "]",
        "{createUuid()}",
        "a",
        "\x00",
        "{timeFormatUTCMs('",
        "yyyy",
        "{substring(",
        "-1",
        "%",
        "é",
    ]
)


@given(
    st.one_of(st.text(max_size=60), st.lists(_FRAGMENT, max_size=12).map("".join)),
    st.one_of(st.none(), st.text(max_size=20), st.integers(), st.floats(), st.booleans()),
)
def test_any_text_fills_to_text_or_is_a_declared_error(text: str, value: Value) -> None:
    try:
        result = fill(text, lenient=True, a=value)
    except (TemplateError, UnsupportedVariableError):
        return
    assert isinstance(result, str)
