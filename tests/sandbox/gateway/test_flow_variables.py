"""Variables that the flow itself sets: times of calls and answers, the flow, the fault."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.sandbox.gateway.rig import Site, proxy_files, steps
from tests.sandbox.gateway.test_flow import assign, fault

_CALL = 5.0


def _slow(site: Site) -> None:
    """A target whose answer takes five seconds of the sandbox's clock."""

    def answer(request: httpx.Request) -> httpx.Response:
        site.cloud.clock.advance(_CALL)
        return httpx.Response(200)

    site.hosts["backend.test"] = answer


def _show(name: str, *variables: str) -> str:
    return assign(name, "x-v", " ".join(f"{{{variable}}}" for variable in variables))


def test_times_of_the_call_enclose_it(site: Site) -> None:
    _slow(site)
    began = site.cloud.clock.now()
    show = _show(
        "A",
        "client.received.start.timestamp",
        "target.sent.start.timestamp",
        "target.sent.end.timestamp",
        "target.received.start.timestamp",
        "target.received.end.timestamp",
    )
    site.deploy(proxy_files(show, response=steps("A")))
    times = [int(text) for text in site.request().headers["x-v"].split()]
    assert times == sorted(times)
    assert times[0] >= int(began * 1000)
    assert times[3] - times[2] >= _CALL * 1000
    assert times[4] <= site.cloud.clock.now() * 1000


def test_the_time_of_the_answer_to_the_client_is_known_after_it_only(site: Site) -> None:
    logged: list[str] = []

    def log(request: httpx.Request) -> httpx.Response:
        logged.append(json.loads(request.content)["entries"][0]["textPayload"])
        return httpx.Response(200, json={})

    site.hosts["logging.googleapis.com"] = log
    message = (
        '<MessageLogging name="M"><CloudLogging><LogName>projects/p/logs/x</LogName><Message>'
        "{client.sent.start.timestamp} {target.received.end.timestamp}</Message></CloudLogging>"
        "</MessageLogging>"
    )
    after = f"<PostClientFlow><Response>{steps('M')}</Response></PostClientFlow>"
    files = proxy_files(
        message, _show("A", "client.sent.end.timestamp"), response=steps("A"), proxy=after
    )
    site.deploy(files)
    assert site.request().headers["x-v"] == "-1"
    sent, received = (int(text) for text in logged[0].split())
    assert received <= sent <= site.cloud.clock.now() * 1000


def test_the_description_of_the_flow_that_runs_can_be_read(site: Site) -> None:
    flows = (
        "<Flows><Flow name='F'><Description>canary flow</Description>"
        f"<Request>{steps('A')}</Request></Flow></Flows>"
    )
    site.deploy(
        proxy_files(_show("A", "current.flow.name", "current.flow.description"), proxy=flows)
    )
    assert site.request().json()["headers"]["x-v"] == "F canary flow"


def test_the_reason_of_a_fault_can_be_read(site: Site) -> None:
    rule = f"<DefaultFaultRule name='d'>{steps('A')}</DefaultFaultRule>"
    show = _show("A", "fault.name", "fault.reason")
    site.deploy(proxy_files(fault("R"), show, request=steps("R"), proxy=rule))
    assert site.request().headers["x-v"] == "RaiseFault Raising fault. Fault name : R"


def test_each_processor_has_a_uuid_of_its_own(site: Site) -> None:
    site.deploy(proxy_files(_show("A", "system.uuid"), request=steps("A")))
    seen = [site.request().json()["headers"]["x-v"] for _ in range(4)]
    assert seen[:2] == seen[2:]
    assert len(set(seen)) == 2


@pytest.mark.parametrize("name", ["target.url", "target.evaluated.url"])
def test_either_name_of_the_target_url_says_where_to_call(site: Site, name: str) -> None:
    policy = (
        f'<AssignMessage name="A"><AssignVariable><Name>{name}</Name>'
        "<Value>https://backend.test/other</Value></AssignVariable></AssignMessage>"
    )
    target = f"<PreFlow><Request>{steps('A')}</Request></PreFlow>"
    site.deploy(proxy_files(policy, target=target))
    assert site.request("/p/x").json()["url"] == "https://backend.test/other"


def test_the_target_url_has_neither_the_requests_path_nor_its_query(site: Site) -> None:
    site.deploy(proxy_files(_show("A", "target.url", "target.basepath"), response=steps("A")))
    assert site.request("/p/x?y=1").headers["x-v"] == "https://backend.test/base /base"
