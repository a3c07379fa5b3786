"""What the documentation of ServiceCallout promises."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from sandbox.gateway.bundle import BundleError
from tests.sandbox.gateway.policies.support import ask, deploy, loaded, seen, shown, variable
from tests.sandbox.gateway.rig import Site, proxy_files, steps

_HOST = "service.test"
_URL = "<URL>https://service.test/{request.verb}?a=1</URL>"


def callout(
    inner: str = "",
    *,
    request: str = 'variable="q"',
    response: str = "<Response>r</Response>",
    connection: str = _URL,
    rest: str = "",
    attributes: str = "",
) -> str:
    return (
        f'<ServiceCallout name="S" {attributes}><Request {request}>{inner}'
        "<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables></Request>"
        f"{response}{rest}<HTTPTargetConnection>{connection}</HTTPTargetConnection>"
        "</ServiceCallout>"
    )


def serve(site: Site, status: int = 200, text: str = "") -> None:
    site.hosts[_HOST] = lambda request: httpx.Response(status, text=text)


def test_the_answer_is_kept_in_the_response_variable(site: Site) -> None:
    serve(site, 201, "made")
    extra = '<Set><QueryParams><QueryParam name="b">2</QueryParam></QueryParams></Set>'
    assert shown(site, callout(extra), show="{r.status.code}{r.content}") == "201made"
    assert str(site.calls[0].url) == "https://service.test/GET?a=1&b=2"


def _unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no")


def _slow(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("slow")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda request: httpx.Response(404), "ResponseCode 404 is treated as error"),
        (_unreachable, "Host not reachable"),
        (_slow, "timeout occurred in S"),
    ],
)
def test_a_call_that_fails_is_execution_failed(
    site: Site, answer: Callable[[httpx.Request], httpx.Response], reason: str
) -> None:
    site.hosts[_HOST] = answer
    got = ask(site, callout())
    assert (got.status, got.fault) == (500, "steps.servicecallout.ExecutionFailed")
    assert reason in got.json()["fault"]["faultstring"]


def test_a_call_that_may_fail_sets_failed(site: Site) -> None:
    policy = callout(attributes='continueOnError="true"')
    assert shown(site, policy, show="{servicecallout.S.failed}") == "true"


@pytest.mark.parametrize(
    ("codes", "status", "works"),
    [("2xx", 302, False), ("404", 404, True), ("4XX,200", 404, True), ("404", 200, False)],
)
def test_success_codes_replace_the_usual_ones(
    site: Site, codes: str, status: int, works: bool
) -> None:
    serve(site, status)
    properties = f'<Properties><Property name="success.codes">{codes}</Property></Properties>{_URL}'
    assert (ask(site, callout(connection=properties)).status == 200) is works


@pytest.mark.parametrize(
    ("policies", "fault"),
    [
        ((variable("q", "x"),), "RequestVariableNotMessageType"),
        (
            ('<AssignMessage name="M"><AssignTo type="response">q</AssignTo></AssignMessage>',),
            "RequestVariableNotRequestMessageType",
        ),
    ],
)
def test_a_request_variable_that_is_no_request_is_a_fault(
    site: Site, policies: tuple[str, ...], fault: str
) -> None:
    serve(site)
    assert ask(site, *policies, callout()).fault == f"steps.servicecallout.{fault}"
    assert not site.calls


def test_a_custom_request_message_is_what_is_sent(site: Site) -> None:
    serve(site)
    made = (
        '<AssignMessage name="M"><AssignTo createNew="true" type="request">q</AssignTo><Set>'
        "<Verb>POST</Verb><Payload>x</Payload><Path>/more</Path></Set></AssignMessage>"
    )
    deploy(site, made, callout(), show="{q.content}|{q.verb}")
    assert seen(site.request()) == "|POST"
    call = site.calls[0]
    assert (call.method, call.content) == ("POST", b"x")
    assert str(call.url) == "https://service.test/GET/more?a=1"


def test_clear_payload_false_keeps_the_request(site: Site) -> None:
    serve(site)
    policy = callout("<Set><Payload>x</Payload></Set>", request='variable="q" clearPayload="false"')
    assert shown(site, policy, show="{q.content}") == "x"


def test_without_a_variable_no_callout_inherits_from_another(site: Site) -> None:
    serve(site)
    first = callout('<Set><Headers><Header name="h">1</Header></Headers></Set>', request="")
    second = callout(request="").replace('name="S"', 'name="T"')
    deploy(site, first, second)
    assert site.request().status == 200
    assert "h" in site.calls[0].headers
    assert "h" not in site.calls[1].headers


def test_without_a_response_the_flow_neither_waits_nor_fails(site: Site) -> None:
    policy = callout("<Set><Payload>x</Payload></Set>", response="")
    assert shown(site, policy, show="{servicecallout.S.failed}|{q.content}") == "|"
    assert [call.url.host for call in site.calls] == ["backend.test", _HOST]
    assert site.calls[1].content == b"x"


def test_a_url_that_a_policy_has_set_is_called_instead(site: Site) -> None:
    site.hosts["other.test"] = lambda request: httpx.Response(200, text="other")
    given = variable("servicecallout.S.target.url", "https://other.test/y")
    assert shown(site, given, callout(), show="{r.content}") == "other"


def test_a_variable_shows_where_the_call_went(site: Site) -> None:
    serve(site)
    show = "{servicecallout.S.target.url}"
    assert shown(site, callout(), show=show) == "https://service.test/GET?a=1"


def test_a_variable_shows_the_calls_uri(site: Site) -> None:
    serve(site)
    assert shown(site, callout(), show="{servicecallout.requesturi}") == "/GET?a=1"


def test_a_repeated_callout_fills_its_url_anew(site: Site) -> None:
    serve(site)
    connection = "<URL>https://service.test/{n}</URL>"
    again = callout(connection=connection)
    policies = (variable("n", "1"), again, variable("n", "2").replace("A-n", "B-n"))
    site.deploy(proxy_files(*policies, request=steps("A-n", "S", "B-n", "S")))
    assert site.request().status == 200
    assert [call.url.path for call in site.calls[:2]] == ["/1", "/2"]


@pytest.mark.parametrize(
    ("policy", "element"),
    [
        (callout(connection=""), "HTTPTargetConnection"),
        (callout(connection="<URL>{v}</URL>"), "URL"),
        (callout(connection="<URL/>"), "URL"),
        (callout(connection=f"{_URL}<Verb>POST</Verb>"), "Verb"),
        (callout(connection=f"{_URL}<LoadBalancer/>"), "HTTPTargetConnection"),
        (
            callout(connection=f"{_URL}<SSLInfo><Enforce>false</Enforce></SSLInfo>"),
            "SSLInfo/Enforce",
        ),
        (
            callout(
                connection=f"{_URL}<SSLInfo><IgnoreValidationErrors>true</IgnoreValidationErrors>"
                "</SSLInfo>"
            ),
            "IgnoreValidationErrors",
        ),
        (callout(connection=f"{_URL}<SSLInfo><KeyStore>k</KeyStore></SSLInfo>"), "KeyStore"),
        (
            callout(
                connection=f'{_URL}<Properties><Property name="request.streaming.enabled">true'
                "</Property></Properties>"
            ),
            "Properties/Property",
        ),
        (callout(rest="<Timeout>soon</Timeout>"), "Timeout"),
        (callout("<Set><Authentication/></Set>"), "Authentication"),
        (
            '<ServiceCallout name="S"><LocalTargetConnection/></ServiceCallout>',
            "ServiceCallout",
        ),
    ],
)
def test_what_can_not_be_executed_is_refused_with_its_element(policy: str, element: str) -> None:
    with pytest.raises(BundleError) as refused:
        loaded(policy)
    assert refused.value.file == "apiproxy/policies/0.xml"
    assert refused.value.element.endswith(element)


def test_a_property_with_its_documented_default_is_allowed() -> None:
    properties = (
        '<Properties><Property name="request.streaming.enabled">false</Property></Properties>'
    )
    loaded(callout(connection=properties + _URL))
