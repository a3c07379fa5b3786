"""Requests through deployed bundles: routing, flows, faults."""

from __future__ import annotations

import httpx
import pytest

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


def test_new_revision_serves_as_soon_as_it_is_deployed(site: Site) -> None:
    site.deploy(proxy_files(assign("A", "x-v", "{apiproxy.revision}"), response=steps("A")))
    assert site.request().headers["x-v"] == "1"
    site.deploy(proxy_files(assign("A", "x-v", "{apiproxy.revision}"), response=steps("A")))
    assert site.request().headers["x-v"] == "2"


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


def test_header_value_can_not_start_a_new_header(site: Site) -> None:
    policy = assign("A", "x-a", "{request.content}")
    site.deploy(proxy_files(policy, route='<RouteRule name="r"/>', response=steps("A")))
    answer = site.request(method="POST", content=b"a\r\nset-cookie: b")
    assert answer.headers["x-a"] == "a  set-cookie: b"


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
    assert site.request().fault == "flow.SharedFlowRecursion"
