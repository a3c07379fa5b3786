"""A request's context without a gateway: enough for variables, conditions and templates."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from sandbox.gateway.context import Client, Context, Phase, Target
from sandbox.gateway.deployed import Deployed, View
from sandbox.gateway.messages import FORM, Message, Value
from sandbox.gateway.processors import Processor
from sandbox.gateway.property_sets import read_property_sets
from sandbox.gateway.runtime import Runtime

_NOW = 1_377_112_607.413  # Wed, 21 Aug 2013 19:16:47 UTC


def request_message() -> Message:
    message = Message("request")
    message.verb, message.path, message.query = "POST", "/base/x", "a=hello&b=lovely&a=world"
    message.set_header("Cache-Control", "public, maxage=16544")
    message.add_header("X-One", "1")
    message.add_header("X-One", "2")
    message.content = b"f=1&f=2&g=%26"
    message.set_header("Content-Type", f"{FORM}; charset=utf-8")
    return message


def response_message() -> Message:
    message = Message("response")
    message.status = 404
    message.content = b"\xfb\xff"
    return message


def context(phase: Phase = "request", **variables: Value) -> Context:
    sets = read_property_sets({"apiproxy/resources/properties/s.properties": b"k = v\na.b: 2"})
    bundle = SimpleNamespace(property_sets=sets)
    deployed = SimpleNamespace(name="p", revision=3, environment="alpha", bundle=bundle)
    return Context(
        runtime=cast(Runtime, SimpleNamespace(now=lambda: _NOW)),
        processor=cast(Processor, None),
        view=View(_NOW, {}, {}, {}),
        deployed=cast(Deployed, deployed),
        client=Client("192.0.2.1", 4000, "https", "h.example", _NOW),
        basepath="/base",
        pathsuffix="/x",
        endpoint="default",
        variables={"request": request_message(), "response": response_message(), **variables},
        phase=phase,
        target=Target("t", "https://backend.example:8443/b"),
    )
