"""Calls to targets: addresses that they leave from, timeouts, limits, headers of the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest

from sandbox import world
from sandbox.gateway import outgoing
from sandbox.gateway.messages import Message
from sandbox.gateway.outgoing import Timeouts
from tests.sandbox.gateway.rig import Site, proxy_files, steps
from tests.sandbox.gateway.test_flow import assign

_INSTANCE = f"organizations/{world.ORGANIZATION}/instances/{world.INSTANCE}"


def nat(site: Site, name: str, address: str, state: str = "ACTIVE") -> None:
    site.put(
        "natAddress:NatAddress",
        f"{_INSTANCE}/natAddresses/{name}",
        instanceId=_INSTANCE,
        ipAddress=address,
        state=state,
    )


def test_calls_leave_from_googles_address_until_a_nat_address_is_active(site: Site) -> None:
    site.deploy(proxy_files())
    nat(site, "one", "203.0.113.1", state="RESERVED")
    site.request()
    nat(site, "two", "203.0.113.2")
    site.request()
    assert site.sources == [world.APIGEE_DYNAMIC_ADDRESS, "203.0.113.2"]


def test_every_active_nat_address_is_used(site: Site) -> None:
    site.deploy(proxy_files())
    nat(site, "one", "203.0.113.1")
    nat(site, "two", "203.0.113.2")
    for _ in range(4):
        site.request()
    assert sorted(site.sources) == ["203.0.113.1"] * 2 + ["203.0.113.2"] * 2


Raise = Callable[[httpx.Request], httpx.Response]


def raising(error: type[httpx.TransportError]) -> Raise:
    def handle(request: httpx.Request) -> httpx.Response:
        raise error("canary", request=request)

    return handle


@pytest.mark.parametrize(
    ("error", "status", "code", "reason"),
    [
        (httpx.ReadTimeout, 504, "GatewayTimeout", "TARGET_READ_TIMEOUT"),
        (httpx.WriteTimeout, 504, "GatewayTimeout", "TARGET_READ_TIMEOUT"),
        (httpx.ConnectTimeout, 503, "ServiceUnavailable", "TARGET_CONNECT_TIMEOUT"),
        (httpx.ConnectError, 503, "ServiceUnavailable", "TARGET_CONNECT_FAILED"),
        (httpx.RemoteProtocolError, 502, "UnexpectedEOFAtTarget", None),
        (httpx.ReadError, 502, "UnexpectedEOFAtTarget", None),
    ],
)
def test_a_target_that_fails_is_the_documented_fault(
    site: Site, error: type[httpx.TransportError], status: int, code: str, reason: str | None
) -> None:
    site.hosts["backend.test"] = raising(error)
    show = assign("A", "x-fault", "{fault.name} {error.status.code} {message.status.code}")
    rule = f"<DefaultFaultRule name='d'>{steps('A')}</DefaultFaultRule>"
    site.deploy(proxy_files(show, target=rule))
    answer = site.request()
    assert (answer.status, answer.fault) == (status, f"messaging.adaptors.http.flow.{code}")
    assert answer.json()["fault"]["detail"].get("reason") == reason
    assert answer.headers["x-fault"] == f"{code} {status} {status}"
    assert b"canary" not in answer.content


@pytest.mark.parametrize(("size", "status"), [(10 * 1024 * 1024, 200), (10 * 1024 * 1024 + 1, 502)])
def test_an_answer_over_10_megabytes_is_a_fault(site: Site, size: int, status: int) -> None:
    site.hosts["backend.test"] = lambda request: httpx.Response(200, content=b"x" * size)
    site.deploy(proxy_files())
    answer = site.request()
    assert answer.status == status
    if status == 502:
        assert answer.fault == "protocol.http.TooBigBody"


def test_headers_of_one_connection_are_not_passed_on_in_either_direction(site: Site) -> None:
    site.hosts["backend.test"] = lambda request: httpx.Response(
        200,
        headers=[
            ("connection", "x-hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("x-end", "1"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
        ],
        json=dict(request.headers),
    )
    site.deploy(proxy_files())
    sent = {
        "connection": "close, X-Mine",
        "x-mine": "1",
        "te": "trailers",
        "expect": "100-continue",
        "x-end": "1",
    }
    answer = site.request("/p", "POST", sent, b"body")
    assert not {"x-mine", "te", "expect"} & set(answer.json())
    assert answer.json()["x-end"] == "1"
    assert not {"x-hop", "keep-alive"} & set(answer.headers)
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]


class _Silent(httpx.AsyncBaseTransport):
    """A host that never answers, and notes the limits that it was called with."""

    def __init__(self) -> None:
        self.limits: dict[str, float | None] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.limits = request.extensions["timeout"]
        await asyncio.Event().wait()
        raise AssertionError


async def _call(transport: _Silent, timeouts: Timeouts) -> None:
    # Should the limit not hold, the test ends all the same.
    async with asyncio.timeout(20), httpx.AsyncClient(transport=transport) as client:
        await outgoing.call(client, Message("request"), "https://silent.test", timeouts)


def test_a_callouts_timeout_bounds_the_whole_call() -> None:
    with pytest.raises(outgoing.CallTimeoutError):
        asyncio.run(_call(_Silent(), Timeouts(total=0.01)))


def test_a_call_waits_three_seconds_for_a_connection_and_55_for_an_answer() -> None:
    transport = _Silent()
    with pytest.raises(outgoing.CallTimeoutError):
        asyncio.run(_call(transport, Timeouts(total=0.01)))
    assert (transport.limits["connect"], transport.limits["read"]) == (3.0, 55.0)


def test_properties_set_the_times_in_milliseconds(site: Site) -> None:
    seen: list[dict[str, float]] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200)

    site.hosts["backend.test"] = note
    connection = (
        "<URL>https://backend.test</URL><Properties>"
        '<Property name="io.timeout.millis">1500</Property>'
        '<Property name="connect.timeout.millis">250</Property></Properties>'
    )
    site.deploy(proxy_files(connection=connection))
    site.request()
    assert (seen[0]["read"], seen[0]["connect"]) == (1.5, 0.25)


def test_a_path_suffix_follows_the_path_of_a_target_server(site: Site) -> None:
    site.put(
        "targetServer:TargetServer",
        "organizations/sandbox-gateway/environments/alpha/targetservers/t",
        envId="organizations/sandbox-gateway/environments/alpha",
        name="t",
        host="backend.test",
        port=443,
        isEnabled=True,
        sSlInfo={"enabled": True},
    )
    balanced = '<LoadBalancer><Server name="t"/></LoadBalancer><Path>/base</Path>'
    site.deploy(proxy_files(connection=balanced))
    assert site.request("/p/a/b?x=1").json()["url"] == "https://backend.test/base/a/b?x=1"


def test_no_target_server_is_no_active_targets(site: Site) -> None:
    site.deploy(proxy_files(connection='<LoadBalancer><Server name="t"/></LoadBalancer>'))
    answer = site.request()
    assert (answer.status, answer.fault) == (503, "messaging.adaptors.http.flow.NoActiveTargets")


def test_a_target_that_authenticates_needs_a_service_account(site: Site) -> None:
    site.hosts["iamcredentials.googleapis.com"] = lambda request: httpx.Response(
        200, json={"token": "canary-token"}
    )
    connection = (
        "<Authentication><GoogleIDToken><Audience>https://backend.test</Audience></GoogleIDToken>"
        "</Authentication><URL>https://backend.test</URL>"
    )
    site.deploy(proxy_files(connection=connection))
    assert site.request().json()["headers"]["authorization"] == "Bearer canary-token"
    site.deploy(proxy_files(connection=connection, basepath="/q"), "q", account=None)
    answer = site.request("/q")
    assert answer.fault.endswith("GoogleTokenGenerationFailure")
