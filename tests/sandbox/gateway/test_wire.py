"""Header lines on the wire: bytes that pass through, and what HTTP can't carry."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from sandbox.gateway.messages import Message
from sandbox.gateway.wire import header_lines
from tests.sandbox.gateway.policies.support import ask
from tests.sandbox.gateway.rig import Site, proxy_files, steps
from tests.sandbox.gateway.test_flow import assign

_BYTES = ["café".encode("latin-1"), "каша".encode(), b"\xff\x80 \xe9", b"tab\there"]


def _exchange(site: Site, value: bytes) -> httpx.Response:
    """The gateway's answer to a request with that value in the header `x-a`."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=site.gateway)
        async with httpx.AsyncClient(transport=transport) as client:
            url = "https://alpha.api.example.com/p"
            return await client.get(url, headers=[(b"x-a", value)])

    return asyncio.run(send())


@pytest.mark.parametrize("value", _BYTES)
def test_header_bytes_pass_through_in_both_directions(site: Site, value: bytes) -> None:
    site.hosts["backend.test"] = lambda request: httpx.Response(
        200, headers=[(b"x-b", dict(request.headers.raw)[b"x-a"])]
    )
    site.deploy(proxy_files())
    answer = _exchange(site, value)
    assert answer.status_code == 200
    assert dict(answer.headers.raw)[b"x-b"] == value


def test_a_letter_that_a_policy_sets_is_sent_in_iso_8859_1(site: Site) -> None:
    site.deploy(proxy_files(assign("A", "x-a", "café "), request=steps("A")))
    site.request()
    assert (b"x-a", b"caf\xe9") in site.calls[0].headers.raw


_UNSENDABLE = ["€", "каша", "a{n}b", "{z}"]


def _template(name: str, variable: str, template: str) -> str:
    return (
        f'<AssignMessage name="{name}"><AssignVariable><Name>{variable}</Name>'
        f"<Template>{template}</Template></AssignVariable></AssignMessage>"
    )


_BREAKS = (
    _template("N", "n", "&#10;x-c: 1&#13;"),
    _template("Z", "z", "{decodeBase64('AA==')}"),
)
"""Policies that put a line break into `n` and a null character into `z`."""


@pytest.mark.parametrize("value", _UNSENDABLE)
def test_a_header_that_http_can_not_carry_is_a_fault_and_no_call_is_made(
    site: Site, value: str
) -> None:
    answer = ask(site, *_BREAKS, assign("A", "x-a", value))
    assert (answer.status, answer.fault) == (500, "messaging.runtime.InvalidHeader")
    assert not site.calls


@pytest.mark.parametrize("value", _UNSENDABLE)
def test_such_a_header_of_the_response_is_a_fault_too(site: Site, value: str) -> None:
    files = proxy_files(
        *_BREAKS, assign("A", "x-a", value), request=steps("N", "Z"), response=steps("A")
    )
    site.deploy(files)
    answer = site.request()
    assert (answer.status, answer.fault) == (500, "messaging.runtime.InvalidHeader")
    assert "x-c" not in answer.headers


def test_such_a_header_reaches_the_fault_rules(site: Site) -> None:
    rule = f"<DefaultFaultRule name='d'>{steps('S')}</DefaultFaultRule>"
    files = proxy_files(
        assign("A", "x-a", "€"), assign("S", "x-f", "{fault.name}"), request=steps("A"), target=rule
    )
    site.deploy(files)
    assert site.request().headers["x-f"] == "InvalidHeader"


def test_a_callout_with_such_a_header_is_that_fault_and_not_an_outage(site: Site) -> None:
    callout = (
        '<ServiceCallout name="C"><Request><Set><Headers><Header name="x-a">€</Header></Headers>'
        "</Set></Request><Response>r</Response><HTTPTargetConnection>"
        "<URL>https://backend.test</URL></HTTPTargetConnection></ServiceCallout>"
    )
    answer = ask(site, callout)
    assert (answer.status, answer.fault) == (500, "messaging.runtime.InvalidHeader")


@pytest.mark.parametrize("name", ["a b", "é", "a:", "a{n}"])
def test_a_header_name_that_is_none_is_a_fault(site: Site, name: str) -> None:
    answer = ask(site, assign("A", name))
    assert (answer.status, answer.fault) == (500, "messaging.runtime.InvalidHeader")


def test_a_verb_that_is_none_is_a_fault(site: Site) -> None:
    policy = '<AssignMessage name="A"><Set><Verb>G T</Verb></Set></AssignMessage>'
    answer = ask(site, policy)
    assert (answer.status, answer.fault) == (500, "messaging.runtime.InvalidVerb")


def test_a_header_value_can_not_start_a_new_header(site: Site) -> None:
    policy = assign("A", "x-a", "{request.content}")
    site.deploy(proxy_files(policy, route='<RouteRule name="r"/>', response=steps("A")))
    answer = site.request(method="POST", content=b"a\r\nset-cookie: b")
    assert (answer.status, answer.fault) == (500, "messaging.runtime.InvalidHeader")
    assert "set-cookie" not in answer.headers


def test_blanks_around_a_value_are_not_sent() -> None:
    message = Message("request")
    message.set_header("x-a", " \t v w\t ")
    assert header_lines(message) == [(b"x-a", b"v w")]
