"""Flow variables as Apigee's reference lists them: what they read, and which can be written."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.gateway.messages import Message, Value
from sandbox.gateway.numbers import Single
from sandbox.gateway.property_sets import read_property_sets
from sandbox.gateway.variables import (
    CannotSetError,
    UnsupportedVariableError,
    as_text,
    getter,
    setter,
)
from tests.sandbox.gateway.contexts import context, request_message, response_message


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("request.verb", "POST"),
        ("request.uri", "/base/x?a=hello&b=lovely&a=world"),
        ("request.path", "/base/x"),
        ("request.querystring", "a=hello&b=lovely&a=world"),
        ("request.queryparam.a", "hello"),
        ("request.queryparam.a.1", "hello"),
        ("request.queryparam.a.2", "world"),
        ("request.queryparam.a.3", None),
        ("request.queryparam.a.values.count", 2),
        ("request.queryparam.a.values", "[hello, world]"),
        ("request.queryparam.none", None),
        ("request.queryparams.count", 3),
        ("request.queryparams.names", "[a, b]"),
        ("request.queryparams.names.string", "a,b"),
        ("request.formparam.f", "1"),
        ("request.formparam.f.2", "2"),
        ("request.formparam.g", "&"),
        ("request.formparams.count", 3),
        ("request.formparams.names.string", "f,g"),
        ("request.formstring", "f=1&f=2&g=%26"),
        ("request.header.cache-control", "public"),
        ("request.header.Cache-Control.2", "maxage=16544"),
        ("request.header.cache-control.values.count", 2),
        ("request.header.cache-control.values.string", "public, maxage=16544"),
        ("request.header.x-one", "1"),
        ("request.header.x-one.2", "2"),
        ("request.header.x-one.values", "[1, 2]"),
        ("request.header.none", None),
        ("request.header.none.values.count", 0),
        ("request.headers.count", 3),
        ("request.headers.names.string", "Cache-Control,X-One,Content-Type"),
        ("request.content", "f=1&f=2&g=%26"),
        ("response.content.as.base64", "+/8="),
        ("response.content.as.url.safe.base64", "-_8="),
        ("response.status.code", 404),
        ("request.status.code", None),
        ("response.verb", None),
        ("message.verb", "POST"),
        ("apiproxy.name", "p"),
        ("apiproxy.revision", "3"),
        ("client.ip", "192.0.2.1"),
        ("client.ssl.enabled", "true"),
        ("client.received.start.time", "Wed, 21 Aug 2013 19:16:47 UTC"),
        ("client.received.end.timestamp", 1377112607413),
        ("environment.name", "alpha"),
        ("fault.name", None),
        ("fault.reason", None),
        ("is.error", False),
        ("proxy.url", "https://h.example/base/x?a=hello&b=lovely&a=world"),
        ("system.time", "Wed, 21 Aug 2013 19:16:47 GMT"),
        ("system.time.dayofweek", 4),
        ("system.time.millisecond", 413),
        ("target.host", "backend.example"),
        ("target.port", 8443),
        ("target.ssl.enabled", True),
        ("target.basepath", "/b"),
        ("target.evaluated.url", "https://backend.example:8443/b"),
        ("target.sent.start.timestamp", None),
        ("client.sent.start.time", ""),
        ("client.sent.end.timestamp", -1),
        ("current.flow.description", ""),
        ("loadbalancing.targetserver", None),
        ("servicecallout.requesturi", None),
        ("propertyset.s.k", "v"),
        ("propertyset.s.a.b", "2"),
        ("propertyset.s.none", None),
        ("propertyset.none.k", None),
        ("private.x", None),
    ],
)
def test_variable_reads(name: str, expected: Value) -> None:
    assert getter(name)(context()) == expected


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("request.content", "request.content"),
        ("request.header.x-new", "request.header.X-New"),
        ("request.header.cache-control.2", "request.header.cache-control.2"),
        ("request.queryparam.a", "request.queryparam.a"),
        ("request.queryparam.a.3", "request.queryparam.a.3"),
        ("request.formparam.f.1", "request.formparam.f"),
        ("response.header.x.1", "response.header.x"),
        ("message.path", "request.path"),
        ("message.version", "request.version"),
        ("made.verb", "made.verb"),
        ("made.querystring", "made.querystring"),
        ("custom", "custom"),
        ("target.url", "target.url"),
        ("target.evaluated.url", "target.url"),
        ("target.url", "target.evaluated.url"),
    ],
)
def test_written_variable_reads_as_written(name: str, again: str) -> None:
    ctx = context(made=Message("request"))
    setter(name)(ctx, "w")
    assert getter(again)(ctx) == "w"


def test_a_value_by_number_leaves_its_neighbours() -> None:
    ctx = context()
    setter("request.header.cache-control.1")(ctx, "private")
    setter("request.queryparam.a.2")(ctx, "you")
    assert getter("request.header.cache-control.values.string")(ctx) == "private,maxage=16544"
    assert getter("request.queryparam.a.values")(ctx) == "[hello, you]"
    assert getter("request.queryparam.b")(ctx) == "lovely"
    with pytest.raises(CannotSetError):
        setter("request.queryparam.a.9")(ctx, "far")


def test_response_status_can_be_written_within_its_range() -> None:
    ctx = context()
    setter("response.status.code")(ctx, "201")
    assert getter("response.status.code")(ctx) == 201
    for bad in ("20", "1000", "2xx", "10000000000000"):
        with pytest.raises(CannotSetError):
            setter("response.status.code")(ctx, bad)


@pytest.mark.parametrize(
    "name",
    [
        "request",
        "request.verb",
        "request.uri",
        "request.path",
        "request.querystring",
        "request.version",
        "request.headers.count",
        "request.header.x.values",
        "response.version",
        "response.reason.phrase",
        "message.status.code",
        "message.queryparam.a",
        "error.status.code",
        "client.ip",
        "proxy.pathsuffix",
        "system.timestamp",
        "organization.name",
        "propertyset.s.k",
        "messageid",
    ],
)
def test_read_only_variable_can_not_be_written(name: str) -> None:
    ctx = context("error", error=response_message())
    with pytest.raises(CannotSetError):
        setter(name)(ctx, "x")


@pytest.mark.parametrize(
    "name",
    [
        "client.cn",
        "system.pod.name",
        "request.url",
        "request.transport.message",
        "error.state",
        "fault.category",
        "target.ip",
        "target.expectedcn",
        "loadbalancing.failedservers",
        "graphql.operation",
        "mint.status",
        "apigee.metrics.policy.x.timeTaken",
        "apiproduct.operation",
        "variable.expectedcn",
        "propertyset.s",
        "propertyset..k",
    ],
)
def test_built_in_variable_that_is_not_there_is_refused_never_null(name: str) -> None:
    with pytest.raises(UnsupportedVariableError, match=name.replace(".", r"\.")):
        getter(name)


def test_a_variable_whose_effect_is_not_documented_can_not_be_set_but_read() -> None:
    with pytest.raises(UnsupportedVariableError):
        setter("servicecallout.requesturi")


def test_message_is_the_message_of_the_phase() -> None:
    assert getter("message.status.code")(context("response")) == 404
    ctx = context("response")
    setter("message")(ctx, request_message())
    assert getter("response.verb")(ctx) == "POST"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (7, "7"),
        (1.0, "1.0"),
        (1e7, "1.0E7"),
        (-1.5e-5, "-1.5E-5"),
        (123456789.0, "1.23456789E8"),
        (Single(3.142), "3.142"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (Single(1e300), "Infinity"),
    ],
)
def test_value_as_text_looks_as_in_java(value: Value, text: str) -> None:
    assert as_text(value) == text


def test_property_file_is_read_as_java_reads_it() -> None:
    content = (
        b"# comment\n! too\n\n plain = value \\\n   continued\r\ncolon:x=y\nspace separated\n"
        b"k\\:e\\=y = \\u00e9\\t\\q\nempty\nlast=1\nlast=2"
    )
    assert read_property_sets({"apiproxy/resources/properties/a-b.properties": content}) == {
        "a-b": {
            "plain": "value continued",
            "colon": "x=y",
            "space": "separated",
            "k:e=y": "é\tq",
            "empty": "",
            "last": "2",
        }
    }


_HEAD = st.sampled_from(["request", "response", "message", "made", "private", "client", "x", ""])
_REST = st.sampled_from(
    [
        "content",
        "header",
        "queryparam",
        "formparam",
        "a",
        "values",
        "count",
        "string",
        "0",
        "1",
        "2",
    ]
)


@given(
    st.builds(lambda head, rest: ".".join([head, *rest]), _HEAD, st.lists(_REST, max_size=5)),
    st.one_of(st.text(max_size=8), st.integers(), st.none()),
)
def test_any_name_reads_and_writes_or_is_a_declared_error(name: str, value: Value) -> None:
    ctx = context(made=Message("request"))
    with contextlib.suppress(CannotSetError, UnsupportedVariableError):
        setter(name)(ctx, value)
    try:
        assert isinstance(as_text(getter(name)(ctx)), str)
    except UnsupportedVariableError:
        return
