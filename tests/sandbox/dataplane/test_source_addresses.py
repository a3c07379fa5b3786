"""Where a caller is: told to the proxy, seen by the clouds."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.utils import parsedate_to_datetime

import httpx
import pytest
import requests
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox import world
from tests.sandbox.dataplane.rig import Rig
from tests.sandbox.dataplane.test_connections import CERTS, raw, serves

URL = "https://where.example.com/"


@pytest.fixture
def where(rig: Rig) -> Rig:
    """With a host that answers where its caller is, and by which connection it came."""

    async def tell(scope: Scope, receive: Receive, send: Send) -> None:
        client = Request(scope).client
        assert client is not None
        await PlainTextResponse(f"{client.host} {client.port}")(scope, receive, send)

    rig.hosts.mount(lambda: {"where.example.com"}, tell, 1024, "{}")
    return rig


@contextmanager
def caller(rig: Rig, user: str) -> Iterator[httpx.Client]:
    proxy = f"http://{user}@127.0.0.1:{rig.proxy.port}"
    with httpx.Client(proxy=proxy, verify=rig.authority.client_context()) as client:
        yield client


def connect(rig: Rig, *fields: str) -> tuple[int, bytes]:
    head = "\r\n".join(("CONNECT where.example.com:443 HTTP/1.1", *fields, "", ""))
    # What follows the head is no TLS, so that a connection that was accepted ends as well.
    answer = raw(rig, head.encode(), half_close=True)
    return int(answer.split(b" ", 2)[1]), answer


def basic(text: str) -> str:
    return f"Proxy-Authorization: Basic {base64.b64encode(text.encode()).decode()}"


def test_an_app_sees_the_address_that_the_caller_told_the_proxy(where: Rig) -> None:
    for address in ("203.0.113.7", "10.0.0.4"):
        with caller(where, f"{address}:") as client:
            assert client.get(URL).text.split()[0] == address


def test_any_client_tells_its_address_by_the_proxys_url(where: Rig) -> None:
    answer = requests.get(
        URL,
        proxies={"https": f"http://203.0.113.9:@127.0.0.1:{where.proxy.port}"},
        verify=str(where.authority.certificate),
        timeout=10,
    )
    assert answer.text.split()[0] == "203.0.113.9"


def test_a_caller_that_tells_nothing_is_a_visitor(where: Rig) -> None:
    assert where.request("GET", URL).text.split()[0] == world.VISITOR_ADDRESS


def test_a_connection_keeps_its_address_and_leaves_it_to_no_other(where: Rig) -> None:
    with caller(where, "203.0.113.7:") as near, caller(where, "203.0.113.8:") as far:
        first = near.get(URL).text
        assert far.get(URL).text.split()[0] == "203.0.113.8"
        assert near.get(URL).text == first
    assert where.request("GET", URL).text.split()[0] == world.VISITOR_ADDRESS


def test_a_client_cannot_claim_an_address_in_its_request(where: Rig) -> None:
    headers = {"X-Forwarded-For": "203.0.113.7", "Proxy-Authorization": "Basic MjAzLjAuMTEzLjc6"}
    answer = where.request("GET", URL, headers=headers)
    assert answer.text.split()[0] == world.VISITOR_ADDRESS


@pytest.mark.parametrize(
    "fields",
    [
        ["Proxy-Authorization: Bearer canary"],
        ["Proxy-Authorization: Basic"],
        ["Proxy-Authorization: Basic !!!"],
        [basic("203.0.113.7")],
        [basic("203.0.113.7:canary")],
        [basic("203.0.113:")],
        [basic("203.0.113.256:")],
        [basic("::1:")],
        [basic("where.example.com:")],
        [basic(":")],
        [basic("203.0.113.7:"), basic("203.0.113.7:")],
    ],
)
def test_credentials_that_are_no_address_are_refused_with_the_reason(
    where: Rig, fields: list[str]
) -> None:
    status, answer = connect(where, *fields)
    assert status == 407
    assert b"Proxy-Authenticate: Basic " in answer
    assert b"the caller's IPv4 address" in answer.split(b"\r\n", 1)[0]
    assert b"canary" not in answer
    assert serves(where)


def test_the_fields_name_and_scheme_are_read_in_any_case(where: Rig) -> None:
    value = basic("203.0.113.7:").partition("Basic ")[2]
    assert connect(where, f"proxy-authorization:  basic   {value} ")[0] == 200


def test_every_answer_has_a_date_on_the_sandboxs_clock(where: Rig) -> None:
    where.cloud.clock.advance(1_000_000)
    for url in (URL, CERTS, f"{CERTS}/missing"):
        told = parsedate_to_datetime(where.request("GET", url).headers["date"]).timestamp()
        assert -1 <= where.cloud.clock.now() - told < 60


def test_a_date_that_an_app_gives_is_left_alone(rig: Rig) -> None:
    given = "Thu, 01 Jan 2026 00:00:00 GMT"
    rig.hosts.mount(lambda: {"dated.example.com"}, Response(headers={"Date": given}), 1024, "{}")
    with closing(rig.request("GET", "https://dated.example.com/")) as answer:
        assert answer.headers.get_list("date") == [given]
