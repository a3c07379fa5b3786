"""`<LoadBalancer>`: target servers in turn, failures, retries and the fallback."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest

from sandbox.gateway.bundle import BundleError, load
from tests.sandbox.gateway.policies.support import with_processors
from tests.sandbox.gateway.rig import Site, pack, proxy_files, steps

_ORG = "organizations/sandbox-gateway"


def balancer(inner: str, servers: str = "") -> str:
    servers = servers or '<Server name="a"/><Server name="b"/>'
    return f"<LoadBalancer>{servers}{inner}</LoadBalancer><Path>/base</Path>"


def server(site: Site, name: str, status: int | None = 200, **body: Any) -> None:  # noqa: ANN401 - a body of any shape
    """A target server that answers with its name; None for one that can't be reached."""
    site.put(
        "targetServer:TargetServer",
        f"{_ORG}/environments/alpha/targetservers/{name}",
        **{
            "name": name,
            "host": f"{name}.test",
            "port": 443,
            "isEnabled": True,
            "sSlInfo": {"enabled": True},
            **body,
        },
    )
    if status is not None:
        site.hosts[f"{name}.test"] = lambda request: httpx.Response(status, text=name)


def asked(site: Site) -> list[str]:
    return [str(call.url.host).removesuffix(".test") for call in site.calls]


def request(site: Site, times: int = 1) -> list[int]:
    return [site.request("/p/x").status for _ in range(times)]


@pytest.fixture
def one(site: Site) -> Site:
    """A site with one message processor, so that what it counts is counted once."""
    return with_processors(site, 1)


def test_requests_go_to_the_servers_in_turn(one: Site) -> None:
    server(one, "a")
    server(one, "b")
    one.deploy(proxy_files(connection=balancer("")))
    request(one, 4)
    assert asked(one) == ["a", "b", "a", "b"]
    assert str(one.calls[0].url) == "https://a.test/base/x"


def test_weights_are_kept_and_spread(one: Site) -> None:
    server(one, "a")
    server(one, "b")
    servers = '<Server name="a"><Weight>3</Weight></Server><Server name="b"/>'
    one.deploy(proxy_files(connection=balancer("<Algorithm>Weighted</Algorithm>", servers)))
    request(one, 8)
    assert Counter(asked(one)) == {"a": 6, "b": 2}
    assert asked(one)[:4].count("b") == 1


def test_the_server_with_the_fewest_connections_is_asked(one: Site) -> None:
    server(one, "a")
    server(one, "b")
    one.deploy(proxy_files(connection=balancer("<Algorithm>LeastConnections</Algorithm>")))
    request(one, 3)
    assert asked(one) == ["a", "a", "a"]  # none is under way when the next one comes


def test_a_failed_request_is_tried_on_the_next_server(one: Site) -> None:
    server(one, "a", None)
    server(one, "b")
    one.deploy(proxy_files(connection=balancer("")))
    assert request(one, 2) == [200, 200]
    assert asked(one) == ["a", "b", "b"]


def test_without_retries_a_failure_is_the_clients(one: Site) -> None:
    server(one, "a", None)
    server(one, "b")
    one.deploy(proxy_files(connection=balancer("<RetryEnabled>false</RetryEnabled>")))
    assert request(one, 2) == [503, 200]


def test_an_unhealthy_answer_counts_as_a_failure(one: Site) -> None:
    server(one, "a", 500)
    server(one, "b")
    unhealthy = (
        "<ServerUnhealthyResponse><ResponseCode>500</ResponseCode></ServerUnhealthyResponse>"
    )
    one.deploy(proxy_files(connection=balancer(unhealthy)))
    assert request(one) == [200]
    assert asked(one) == ["a", "b"]


def test_the_last_answer_counts_where_no_server_is_healthy(one: Site) -> None:
    server(one, "a", 500)
    server(one, "b", 500)
    unhealthy = (
        "<ServerUnhealthyResponse><ResponseCode>500</ResponseCode></ServerUnhealthyResponse>"
    )
    one.deploy(proxy_files(connection=balancer(unhealthy)))
    assert request(one) == [500]
    assert asked(one) == ["a", "b"]


def test_a_server_that_fails_too_often_leaves_the_rotation(one: Site) -> None:
    server(one, "a", None)
    server(one, "b")
    one.deploy(proxy_files(connection=balancer("<MaxFailures>2</MaxFailures>")))
    request(one, 6)
    assert asked(one).count("a") == 2


def test_an_answer_ends_a_row_of_failures(one: Site) -> None:
    server(one, "a", None)
    server(one, "b")
    one.deploy(proxy_files(connection=balancer("<MaxFailures>2</MaxFailures>")))
    request(one, 1)
    one.hosts["a.test"] = lambda request: httpx.Response(200)
    request(one, 2)
    del one.hosts["a.test"]
    before = asked(one).count("a")
    request(one, 6)
    assert asked(one).count("a") == before + 2


def test_the_fallback_is_asked_only_when_the_others_are_out(one: Site) -> None:
    server(one, "a")
    server(one, "b")
    servers = '<Server name="a"/><Server name="b"><IsFallback>true</IsFallback></Server>'
    one.deploy(proxy_files(connection=balancer("<MaxFailures>1</MaxFailures>", servers)))
    assert request(one, 2) == [200, 200]
    del one.hosts["a.test"]
    assert request(one, 2) == [200, 200]
    assert asked(one) == ["a", "a", "a", "b", "b"]


def test_each_processor_balances_on_its_own(site: Site) -> None:
    two = with_processors(site, 2)
    server(two, "a")
    server(two, "b")
    two.deploy(proxy_files(connection=balancer("")))
    request(two, 4)
    assert asked(two) == ["a", "a", "b", "b"]


def test_no_server_is_service_unavailable(one: Site) -> None:
    server(one, "a", isEnabled=False)
    one.deploy(proxy_files(connection=balancer("")))
    answer = one.request("/p/x")
    assert answer.status == 503
    assert answer.fault == "messaging.adaptors.http.flow.NoActiveTargets"


_SHOW = (
    '<AssignMessage name="S"><Set><Headers><Header name="x-v">{loadbalancing.targetserver}'
    " {loadbalancing.isfallback} {target.host}</Header></Headers></Set>"
    "<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables></AssignMessage>"
)


def test_variables_tell_which_server_was_asked(one: Site) -> None:
    server(one, "a", status=None)
    server(one, "b")
    servers = '<Server name="a"/><Server name="b"><IsFallback>true</IsFallback></Server>'
    files = proxy_files(_SHOW, connection=balancer("", servers), response=steps("S"))
    one.deploy(files)
    assert one.request("/p/x").headers["x-v"] == "b true b.test"


def test_without_a_path_no_variable_names_the_server(one: Site) -> None:
    server(one, "a")
    connection = '<LoadBalancer><Server name="a"/></LoadBalancer>'
    one.deploy(proxy_files(_SHOW, connection=connection, response=steps("S")))
    assert one.request("/p/x").headers["x-v"] == "false a.test"


def test_a_server_without_tls_is_asked_in_plain_http(one: Site) -> None:
    server(one, "a", sSlInfo=None, port=8080)
    one.deploy(proxy_files(connection=balancer("", '<Server name="a"/>')))
    assert request(one) == [200]
    assert str(one.calls[0].url) == "http://a.test:8080/base/x"


@pytest.mark.parametrize(
    ("inner", "servers", "element"),
    [
        ("<Algorithm>Random</Algorithm>", "", "LoadBalancer"),
        ("", "<Server/>", "Server"),
        ("<MaxFailures>-1</MaxFailures>", "", "MaxFailures"),
        ("", '<Server name="a"/><Server name="a"/>', "LoadBalancer"),
        ("", '<Server name="a"><Weight>0</Weight></Server>', "Weight"),
        ("<TargetDisableSecs>5</TargetDisableSecs>", "", "TargetDisableSecs"),
    ],
)
def test_what_can_not_be_executed_is_refused(inner: str, servers: str, element: str) -> None:
    with pytest.raises(BundleError) as refused:
        load(pack(proxy_files(connection=balancer(inner, servers))), "proxy")
    assert refused.value.element.endswith(element)


def test_a_health_monitor_is_refused() -> None:
    connection = balancer("") + "<HealthMonitor/>"
    with pytest.raises(BundleError) as refused:
        load(pack(proxy_files(connection=connection)), "proxy")
    assert refused.value.element.endswith("HealthMonitor")
