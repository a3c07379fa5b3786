"""Requests through deployed bundles: routing, flows, faults."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from sandbox.gateway.processors import COUNT_VARIABLE, count_of
from tests.sandbox.gateway.rig import HOST, Site, proxy_files, shared_files, steps


def assign(name: str, header: str, value: str = "1", attributes: str = "") -> str:
    return (
        f'<AssignMessage name="{name}" {attributes}><Add><Headers><Header name="{header}">{value}'
        "</Header></Headers></Add></AssignMessage>"
    )


def fault(name: str, status: int = 403, body: str = "no") -> str:
    return (
        f'<RaiseFault name="{name}"><FaultResponse><Set><StatusCode>{status}</StatusCode>'
        f'<Payload contentType="text/plain">{body}</Payload></Set></FaultResponse></RaiseFault>'
    )


def test_path_suffix_and_query_follow_the_target_url(site: Site) -> None:
    site.deploy(proxy_files())
    answer = site.request("/p/a%20b/c?x=1&y=%2F", "POST", {"x-mine": "m"}, b"body")
    assert answer.status == 200
    told = answer.json()
    assert told["url"] == "https://backend.test/base/a%20b/c?x=1&y=%2F"
    assert (told["method"], told["content"]) == ("POST", "body")
    assert told["headers"]["x-mine"] == "m"
    assert told["headers"]["host"] == "backend.test"


@pytest.mark.parametrize(("host", "path"), [(HOST, "/q"), (HOST, "/pp"), ("other.test", "/p")])
def test_unknown_path_or_host_is_application_not_found(site: Site, host: str, path: str) -> None:
    site.deploy(proxy_files())
    answer = site.request(path, host=host)
    assert answer.status == 404
    assert answer.fault == "messaging.adaptors.http.flow.ApplicationNotFound"


def test_longest_base_path_wins(site: Site) -> None:
    site.deploy(proxy_files(), name="short")
    site.deploy(
        proxy_files(basepath="/p/q", connection="<URL>https://backend.test/q</URL>"), "long"
    )
    assert site.request("/p/q/z").json()["url"] == "https://backend.test/q/z"
    assert site.request("/p/z").json()["url"] == "https://backend.test/base/z"


def test_environment_without_instance_serves_nothing(site: Site) -> None:
    site.deploy(proxy_files())
    attachment = "organizations/sandbox-gateway/instances/i/attachments/a"
    site.cloud.store.remove("gcp:apigee/instanceAttachment:InstanceAttachment", attachment, 0)
    assert site.request().status == 404


def test_first_conditional_flow_that_applies_runs_alone(site: Site) -> None:
    flows = "".join(
        f"<Flow name='{n}'><Condition>proxy.pathsuffix MatchesPath \"{path}\"</Condition>"
        f"<Request>{steps(n)}</Request></Flow>"
        for n, path in (("A", "/a"), ("B", "/**"), ("C", "/a"))
    )
    policies = [assign(n, "x-flow", n) for n in "ABC"]
    site.deploy(proxy_files(*policies, proxy=f"<Flows>{flows}</Flows>"))
    assert site.request("/p/a").json()["headers"]["x-flow"] == "A"
    assert site.request("/p/b").json()["headers"]["x-flow"] == "B"


def test_disabled_policy_and_false_condition_are_skipped(site: Site) -> None:
    step = '<Step><Name>B</Name><Condition>request.verb = "PUT"</Condition></Step>'
    policies = (assign("A", "x-a", attributes='enabled="false"'), assign("B", "x-b"))
    site.deploy(proxy_files(*policies, request=steps("A") + step))
    assert not {"x-a", "x-b"} & set(site.request().json()["headers"])


def test_raised_fault_ends_the_flow_before_the_target(site: Site) -> None:
    site.deploy(proxy_files(fault("F"), request=steps("F")))
    answer = site.request()
    assert (answer.status, answer.content) == (403, b"no")
    assert site.calls == []


def test_fault_without_payload_has_apigees_json(site: Site) -> None:
    site.deploy(proxy_files('<RaiseFault name="F"/>', request=steps("F")))
    answer = site.request()
    assert answer.status == 500
    assert answer.json() == {
        "fault": {
            "faultstring": "Raising fault. Fault name : F",
            "detail": {"errorcode": "steps.raisefault.RaiseFault"},
        }
    }


def _rules(*names: str, default: str = "") -> str:
    rules = "".join(
        f"<FaultRule name='{n}'><Condition>fault.name = \"RaiseFault\"</Condition>{steps(n)}"
        "</FaultRule>"
        for n in names
    )
    return f"<FaultRules>{rules}</FaultRules>{default}"


def test_proxy_endpoint_tries_fault_rules_from_the_last(site: Site) -> None:
    policies = (fault("F"), assign("A", "x-rule", "A"), assign("B", "x-rule", "B"))
    site.deploy(proxy_files(*policies, request=steps("F"), proxy=_rules("A", "B")))
    assert site.request().headers.get_list("x-rule") == ["B"]


def test_target_endpoint_tries_fault_rules_from_the_first(site: Site) -> None:
    flow = f"<PreFlow><Request>{steps('F')}</Request></PreFlow>"
    policies = (fault("F"), assign("A", "x-rule", "A"), assign("B", "x-rule", "B"))
    site.deploy(proxy_files(*policies, target=flow + _rules("A", "B")))
    assert site.request().headers.get_list("x-rule") == ["A"]


@pytest.mark.parametrize(
    ("always", "rules", "ran"),
    [
        ("", (), ["D"]),
        ("", ("A",), ["A"]),
        ("<AlwaysEnforce>true</AlwaysEnforce>", ("A",), ["A", "D"]),
    ],
)
def test_default_fault_rule(
    site: Site, always: str, rules: tuple[str, ...], ran: list[str]
) -> None:
    default = f"<DefaultFaultRule name='d'>{always}{steps('D')}</DefaultFaultRule>"
    policies = (fault("F"), assign("A", "x-rule", "A"), assign("D", "x-rule", "D"))
    site.deploy(proxy_files(*policies, request=steps("F"), proxy=_rules(*rules, default=default)))
    assert site.request().headers.get_list("x-rule") == ran


def test_continue_on_error_goes_on_and_sets_failed(site: Site) -> None:
    copy = '<AssignMessage name="A" continueOnError="true"><Copy source="gone"/></AssignMessage>'
    show = assign("B", "x-failed", "{assignmessage.A.failed}")
    site.deploy(proxy_files(copy, show, request=steps("A", "B")))
    assert site.request().json()["headers"]["x-failed"] == "true"


def test_error_status_of_the_target_is_a_fault_with_its_answer(site: Site) -> None:
    site.hosts["backend.test"] = lambda request: httpx.Response(401, text="who?")
    show = assign("A", "x-fault", "{fault.name}")
    site.deploy(proxy_files(show, assign("B", "x-response"), target=_rules(), response=steps("B")))
    answer = site.request()
    assert (answer.status, answer.content) == (401, b"who?")
    assert "x-response" not in answer.headers


def test_success_codes_make_an_error_status_a_response(site: Site) -> None:
    site.hosts["backend.test"] = lambda request: httpx.Response(404, text="none")
    connection = (
        '<URL>https://backend.test</URL><Properties><Property name="success.codes">2xx, 404'
        "</Property></Properties>"
    )
    files = proxy_files(assign("B", "x-response"), connection=connection, response=steps("B"))
    site.deploy(files)
    assert site.request().headers["x-response"] == "1"


def test_unreachable_and_slow_target_are_503_and_504(site: Site) -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow")

    site.deploy(proxy_files())
    site.hosts["backend.test"] = slow
    assert (site.request().status, site.request().fault.rpartition(".")[2]) == (
        504,
        "GatewayTimeout",
    )
    del site.hosts["backend.test"]
    assert (site.request().status, site.request().fault.rpartition(".")[2]) == (
        503,
        "ServiceUnavailable",
    )


def test_route_without_target_makes_no_call(site: Site) -> None:
    site.deploy(proxy_files(assign("A", "x-a"), route='<RouteRule name="r"/>', response=steps("A")))
    answer = site.request()
    assert (answer.status, answer.headers["x-a"], site.calls) == (200, "1", [])


def test_no_route_that_applies_is_route_failed(site: Site) -> None:
    route = '<RouteRule name="r"><Condition>false = true</Condition></RouteRule>'
    site.deploy(proxy_files(route=route))
    assert site.request().fault == "messaging.runtime.RouteFailed"


def test_body_over_10_megabytes_is_413(site: Site) -> None:
    site.deploy(proxy_files())
    answer = site.request(method="POST", content=b"x" * (10 * 1024 * 1024 + 1))
    assert (answer.status, answer.fault) == (413, "protocol.http.TooBigBody")


def test_read_only_variable_can_not_be_set(site: Site) -> None:
    policy = (
        '<AssignMessage name="A"><AssignVariable><Name>apiproxy.name</Name><Value>x</Value>'
        "</AssignVariable></AssignMessage>"
    )
    site.deploy(proxy_files(policy, request=steps("A")))
    assert site.request().fault == "steps.assignmessage.SetVariableFailed"


def test_shared_flow_sees_parameters_and_the_callers_name(site: Site) -> None:
    call = (
        '<FlowCallout name="F"><Parameters><Parameter name="q.a">{request.verb}</Parameter>'
        '<Parameter name="q.b" ref="request.header.x"/><Parameter name="q.c" value="lit"/>'
        "</Parameters><SharedFlowBundle>s</SharedFlowBundle></FlowCallout>"
    )
    show = assign("A", "x-seen", "{q.a} {q.b} {q.c} {apiproxy.name} {sharedflow.name}")
    site.deploy(shared_files(show, steps=steps("A")), name="s")
    site.deploy(proxy_files(call, request=steps("F")))
    assert site.request(headers={"x": "h"}).json()["headers"]["x-seen"] == "GET h lit p s"


def test_fault_in_a_shared_flow_ends_the_request(site: Site) -> None:
    call = '<FlowCallout name="F"><SharedFlowBundle>s</SharedFlowBundle></FlowCallout>'
    site.deploy(shared_files(fault("R", 418), steps=steps("R")), name="s")
    site.deploy(proxy_files(call, request=steps("F")))
    assert site.request().status == 418


def test_shared_flow_that_is_not_deployed_or_calls_itself_is_a_fault(site: Site) -> None:
    call = '<FlowCallout name="F"><SharedFlowBundle>s</SharedFlowBundle></FlowCallout>'
    site.deploy(proxy_files(call, request=steps("F")))
    assert site.request().fault == "flow.SharedFlowNotFound"
    site.deploy(shared_files(call, steps=steps("F")), name="s")
    site.spread()
    assert site.request().fault == "flow.SharedFlowRecursion"


def callout(name: str, shared_flow: str, attributes: str = "") -> str:
    return (
        f'<FlowCallout name="{name}" {attributes}><SharedFlowBundle>{shared_flow}'
        "</SharedFlowBundle></FlowCallout>"
    )


def test_fault_in_a_nested_shared_flow_ends_the_outer_ones_and_the_request(site: Site) -> None:
    site.deploy(shared_files(fault("R", 418), steps=steps("R")), name="inner")
    outer = shared_files(callout("I", "inner"), assign("B", "x-b"), steps=steps("I", "B"))
    site.deploy(outer, name="outer")
    site.deploy(proxy_files(callout("O", "outer"), request=steps("O")))
    assert site.request().status == 418
    assert site.calls == []


def test_flow_callout_may_go_on_after_a_fault_in_its_shared_flow(site: Site) -> None:
    inner = shared_files(fault("R", 418), assign("B", "x-b"), steps=steps("R", "B"))
    site.deploy(inner, name="inner")
    call = callout("F", "inner", 'continueOnError="true"')
    show = assign("A", "x-failed", "{raisefault.R.failed} {flowcallout.F.failed}")
    site.deploy(proxy_files(call, show, request=steps("F", "A")))
    headers = site.request().json()["headers"]
    assert headers["x-failed"] == "true true"
    assert "x-b" not in headers


def test_fault_in_the_response_runs_the_endpoints_fault_rules(site: Site) -> None:
    policies = (fault("F", 409), assign("A", "x-rule", "proxy"), assign("T", "x-rule", "target"))
    target = f"<DefaultFaultRule name='d'>{steps('T')}</DefaultFaultRule>"
    proxy = f"<DefaultFaultRule name='d'>{steps('A')}</DefaultFaultRule>"
    site.deploy(proxy_files(*policies, response=steps("F"), proxy=proxy, target=target))
    answer = site.request()
    assert (answer.status, answer.headers.get_list("x-rule")) == (409, ["proxy"])
    assert len(site.calls) == 1
    flow = f"<PostFlow><Response>{steps('F')}</Response></PostFlow>"
    site.deploy(proxy_files(*policies, proxy=proxy, target=flow + target))
    assert site.request().headers.get_list("x-rule") == ["target"]


def test_fault_inside_a_fault_rule_replaces_the_first(site: Site) -> None:
    proxy = f"<DefaultFaultRule name='d'>{steps('G')}</DefaultFaultRule>"
    site.deploy(proxy_files(fault("F"), fault("G", 451), request=steps("F"), proxy=proxy))
    assert site.request().status == 451


@pytest.mark.parametrize("status", [101, 199, 600, 999])
def test_status_that_no_response_can_have_is_a_fault(site: Site, status: int) -> None:
    site.deploy(proxy_files(fault("F", status), request=steps("F")))
    answer = site.request()
    assert (answer.status, answer.fault) == (500, "messaging.runtime.InvalidStatusCode")


def test_client_that_leaves_in_the_middle_of_its_body_reaches_no_target(site: Site) -> None:
    site.deploy(proxy_files())
    events: list[dict[str, object]] = [
        {"type": "http.request", "body": b"half", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        return events.pop(0)

    async def send(event: object) -> None:
        sent.append(event)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/p",
        "raw_path": b"/p",
        "query_string": b"",
        "headers": [(b"host", HOST.encode())],
    }
    asyncio.run(site.gateway(scope, receive, send))
    assert (sent, site.calls) == ([], [])


def test_requests_at_the_same_time_keep_their_variables_apart(site: Site) -> None:
    show = assign("A", "x-mine", "{request.header.n}")
    site.deploy(proxy_files(show, route='<RouteRule name="r"/>', response=steps("A")))

    async def all_at_once() -> list[str]:
        transport = httpx.ASGITransport(app=site.gateway)
        async with httpx.AsyncClient(transport=transport) as client:
            url = f"https://{HOST}/p"
            calls = [client.get(url, headers={"n": str(n)}) for n in range(50)]
            return [answer.headers["x-mine"] for answer in await asyncio.gather(*calls)]

    assert asyncio.run(all_at_once()) == [str(n) for n in range(50)]


def test_header_with_several_values_reaches_the_target_as_several_lines(site: Site) -> None:
    site.deploy(
        proxy_files(assign("A", "x-m", "2"), assign("B", "x-m", "3"), request=steps("A", "B"))
    )
    site.request(headers={"x-m": "1"})
    assert site.calls[0].headers.get_list("x-m") == ["1", "2", "3"]


@pytest.mark.parametrize(("count", "wanted"), [(1, "000"), (2, "010"), (3, "012")])
def test_requests_go_to_the_processors_in_turn(site: Site, count: int, wanted: str) -> None:
    site.processors = count
    site.restart()
    site.deploy(proxy_files())
    session = site.gateway.debug.start("alpha", "p", site.cloud.clock.now())
    for _ in range(3):
        site.request()
    found = [one["processor"] for one in site.gateway.debug.transactions(session)]
    assert "".join(map(str, found)) == wanted


def test_the_number_of_processors_comes_from_the_environment() -> None:
    assert count_of({}) == 2
    assert count_of({COUNT_VARIABLE: "4"}) == 4
    for text in ("", "0", "65", "-1", "two", "1.5"):
        with pytest.raises(ValueError, match=COUNT_VARIABLE):
            count_of({COUNT_VARIABLE: text})
