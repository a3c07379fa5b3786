"""Message templates as Apigee documents them."""

from __future__ import annotations

import uuid
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.messages import Message, Value
from sandbox.gateway.templates import TemplateError, UnresolvedError, compile_template
from sandbox.gateway.variables import UnsupportedVariableError
from tests.sandbox.gateway.contexts import context


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
        ("{timeFormatUTCMs(pattern,when)}", "2001-09-09T01:46:40.123Z"),
        ("{timeFormatMs('EEEE d MMMM yy h a',when)}", "Sunday 9 September 01 1 AM"),
        ("{timeFormat('yyyyMMdd-HHmmss','1494390266')}", "20170510-042426"),
        ("{timeFormatUTC('h k K a D',0)}", "12 24 0 AM 1"),
        ("{timeFormatUTC('yyyy',a)}", ""),
        ("{timeFormatUTCMs('yyyy',99999999999999999)}", ""),
        ("{timeFormatUTC('yyyy',n)}", "1970"),
        ("{jsonPath('$.x',json)}", "1"),
        ("{jsonPath('$.list[?(@.n == \"b\")].v',json)}", "2"),
        ("{jsonPath('$.list[*].v',json)}", "1"),
        ("{jsonPath('$.list[*].v',json,false)}", "1"),
        ("{jsonPath('$.list[*].v',json,true)}", '["1","2"]'),
        ("{jsonPath('$.list[*].v',json,'true')}", '["1","2"]'),
        ("{jsonPath(path,json)}", "1"),
        ("{jsonPath('$.list',json)}", '[{"n":"a","v":"1"},{"n":"b","v":"2"}]'),
        ("{jsonPath('$.x',json,true)}", "[1]"),
        ("{jsonPath('$.absent',json)}", ""),
        ("{jsonPath('$.x',a)}", ""),
        ("{request.header.x}{request.verb}", "vGET"),
        # Defaults, of variables and of arguments.
        ("{none:Unknown}", "Unknown"),
        ("{a:Unknown}", "x"),
        ("{none:}", ""),
        ("{toLowerCase(none:FOO)}", "foo"),
        ("{protocol:https}://{site:google.com}/p", "https://google.com/p"),
        # The documentation's own examples.
        ("hello {substring(alpha,22)}", "hello WXYZ"),
        ("{substring(alpha,-4)}", "WXYZ"),
        ("{substring(alpha,-8,-4)}", "STUV"),
        ("{substring(alpha,0,10)}", "ABCDEFGHIJ"),
        ("{substring(alpha,0,seven)}", "ABCDEFG"),
        ("{substring(alpha,99)}", ""),
        ("{replaceAll(header,'9993','')}", "Bearer ABC-"),
        ("{replaceAll(header,regex,'')}", "ABC-9993"),
        ("{replaceAll(header,regex,replacement)}", "TOKEN: ABC-9993"),
        ("{replaceFirst(header,'9','')}", "Bearer ABC-993"),
        ("{sha256Base64('abc')}", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
        ("{md5Hex('abc')}", "900150983cd24fb0d6963f7d28e17f72"),
        ("{sha1Base64('abc')}", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="),
        ("{decodeBase64('aGVsbG8sIHdvcmxk')}", "hello, world"),
        ("{decodeBase64('abc_-d')}", ""),
        ("{escapeXML(quoted)}", "say &quot;hi&quot;\n"),
        ("{escapeXML11(control)}", "&#1;&amp;"),
        ("{xpath('/tag/id',xml)}", '<id>250397</id><id n="2">8</id>'),
        ("{xpath('/tag/id',xml,'node')}", "<id>250397</id>"),
        ("{xpath('/tag/id/@n',xml)}", "2"),
        ("{xpath('/tag/id',xml,'string')}", "250397"),
        ("{xpath('count(/tag/id)',xml,'number')}", "2"),
        ("{xpath('count(/tag/id)>0',xml,'boolean')}", "true"),
        ("{xpath('/tag/none',xml)}", ""),
        ("{xpath(body,envelope,soap)}", '<a xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"/>'),
        ("{xpath('/tag',a)}", ""),
        ("{firstnonnull(none,none,'fallback value')}", "fallback value"),
        ("{firstnonnull(none,none)}", ""),
        ("{randomLong(5,5)}", "5"),
        # RFC 2202 and RFC 4231, test case 2.
        (
            "{hmacSha256('Jefe','what do ya want for nothing?','utf-8','HEX')}",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            "{hmacSha1('4a656665','what do ya want for nothing?','hex','base16')}",
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        ),
        (
            "{hmacMd5('SmVmZQ==','what do ya want for nothing?','base64')}",
            "dQx4PmqwtQPqqG4xCl23OA==",
        ),
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
        "pattern": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
        "path": "$.x",
        "alpha": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "seven": "7",
        "control": "\x01&\x00",
        "header": "Bearer ABC-9993",
        "regex": "^Bearer ",
        "replacement": "TOKEN: ",
        "soap": "s:http://schemas.xmlsoap.org/soap/envelope/",
        "body": "/s:Envelope/s:Body/*",
        "envelope": '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><a/>'
        "</e:Body></e:Envelope>",
        "xml": "<tag><id>250397</id><id n='2'>8</id></tag>",
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


def test_unresolved_argument_is_an_error_where_variables_must_resolve() -> None:
    with pytest.raises(UnresolvedError, match="none"):
        fill("{toUpperCase(none)}")
    assert fill("{toUpperCase(none)}", lenient=True) == ""
    assert fill("{firstnonnull(none,a)}", a="x") == "x"


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{substring(a,b)}", {"b": "two"}),
        ("{timeFormatUTC(b,n)}", {"b": "YYYY"}),
        ("{replaceAll(a,b,a)}", {"b": "("}),
        ("{hmacSha256(a,a,b)}", {"b": "rot13"}),
        ("{hmacSha256(a,a,'hex')}", {}),
        ("{randomLong(9,b)}", {"b": "1"}),
    ],
)
def test_value_that_a_function_can_not_take_is_a_fault(
    text: str, variables: dict[str, Value]
) -> None:
    with pytest.raises(Fault, match=r"steps\.template\.ExecutionFailed"):
        filled(text, {"a": "x", "n": 1, **variables})


def test_random_long_stays_within_its_bounds() -> None:
    assert all(3 <= int(fill("{randomLong(3,6)}")) <= 6 for _ in range(50))
    assert int(fill("{randomLong(3)}")) >= 3
    assert -(2**63) <= int(fill("{randomLong()}")) < 2**63


@pytest.mark.parametrize("source", ["<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "<a>", "\0"])
def test_xpath_finds_nothing_in_hostile_or_broken_xml(source: str) -> None:
    assert fill("{xpath('/a',x)}", x=source) == ""


def test_legacy_delimiters_stand_around_variables_only() -> None:
    template = compile_template('{"a":"@a#","b":"{a}"}', "@", "#")
    assert template(cast(Context, _Variables(a="x")), False) == '{"a":"x","b":"{a}"}'
    with pytest.raises(TemplateError, match="one character"):
        compile_template("x", "@@", "#")


def test_filled_in_text_is_not_filled_in_again() -> None:
    assert fill("{a}", a="{b}", b="secret") == "{b}"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{xeger('a')}", "xeger"),
        ("{createUuid(1)}", "arguments"),
        ("{toUpperCase()}", "arguments"),
        ("{jsonPath('x[',json)}", "JSONPath"),
        ("{timeFormatUTCMs('YYYY',n)}", "YYYY"),
        ("{timeFormatUTCMs('HH:mm',n)}", "colon"),
        ("{toUpperCase(a b)}", "a b"),
        ("{substring( a, 0, 4 )}", "space"),
        ("{toUpperCase(toLowerCase(a))}", "toUpperCase"),
        ("{substring(a,0", "substring"),
        ("{replaceAll(a,'(','')}", "regular expression"),
        ("{hmacSha256(a,a,'utf-16')}", "utf-16"),
        ("{xpath('][',json)}", "XPath"),
        ("{jsonPath($.x,json)}", "single quotes"),
        ('"Hello {a}"', "optional"),
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
        ":d}",
        "{xpath('/a',",
        "{hmacMd5(a,a,",
        "{replaceAll(a,'",
        "{randomLong(",
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
        result = compile_template(text)(context(a=value), True)
    except (TemplateError, UnsupportedVariableError, Fault):
        return
    assert isinstance(result, str)


_LITERAL_TEXT = st.text(
    st.characters(exclude_characters="{}'\"", exclude_categories=["Cs"]), max_size=8
)
_MADE = st.one_of(
    _LITERAL_TEXT.map(lambda text: (text, text)),
    st.sampled_from(
        [
            ("{a}", "x"),
            ("{b.c}", "Y y"),
            ("{none}", ""),
            ("{none:d f}", "d f"),
            ("{toUpperCase(a)}", "X"),
            ("{toLowerCase(b.c)}", "y y"),
            ("{toUpperCase('q r')}", "Q R"),
            ("{firstnonnull(none,a)}", "x"),
            ("{substring(b.c,0,1)}", "Y"),
            ("{ a }", "{ a }"),
            ('{"k":"{a}"}', '{"k":"x"}'),
        ]
    ),
)


@given(st.lists(_MADE, max_size=8))
def test_a_made_template_is_its_parts_one_after_the_other(parts: list[tuple[str, str]]) -> None:
    text = "-".join(source for source, _ in parts)
    expected = "-".join(value for _, value in parts)
    assert fill(text, lenient=True, a="x", **{"b.c": "Y y"}) == expected
