"""What each policy's documentation promises."""

from __future__ import annotations

import json

import httpx
import pytest

from sandbox import google_tokens, world
from tests.sandbox.gateway.rig import ACCOUNT, Site, proxy_files, steps

_SHOW = (
    '<AssignMessage name="Show"><Set><Headers><Header name="x-v">{v}</Header></Headers></Set>'
    "<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables></AssignMessage>"
)


def shown(site: Site, *policies: str, show: str = "v", **request: object) -> str:
    """Deploy policies in order, then one that shows a variable to the backend; its value."""
    names = [policy.split('name="')[1].split('"')[0] for policy in policies]
    last = _SHOW.replace("{v}", f"{{{show}}}")
    site.deploy(proxy_files(*policies, last, request=steps(*names, "Show")))
    return str(site.request(**request).json()["headers"]["x-v"])  # type: ignore[arg-type]  # passed on as given


def variable(name: str, inner: str) -> str:
    return (
        f'<AssignMessage name="A-{name}"><AssignVariable><Name>{name}</Name>{inner}'
        "</AssignVariable></AssignMessage>"
    )


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<Value>lit {x}</Value>", "lit {x}"),
        ("<Ref>request.verb</Ref><Value>lit</Value>", "GET"),
        ("<Ref>request.header.none</Ref><Value>lit</Value>", "lit"),
        ("<Template>{request.verb}-{environment.name}</Template>", "GET-alpha"),
    ],
)
def test_assign_variable(site: Site, inner: str, expected: str) -> None:
    assert shown(site, variable("v", inner)) == expected


def test_unresolved_variable_is_a_fault_unless_ignored(site: Site) -> None:
    policy = '<AssignMessage name="A"><Set><Payload>{none}</Payload></Set></AssignMessage>'
    site.deploy(proxy_files(policy, request=steps("A")))
    answer = site.request()
    assert answer.fault == "steps.assignmessage.UnresolvedVariable"
    assert "AssignMessage[A]" in answer.json()["fault"]["faultstring"]


def test_form_params_make_a_form(site: Site) -> None:
    policy = (
        '<AssignMessage name="A"><Set><FormParams><FormParam name="a">1 2</FormParam></FormParams>'
        "<Verb>POST</Verb></Set></AssignMessage>"
    )
    site.deploy(proxy_files(policy, request=steps("A")))
    told = site.request().json()
    assert (told["method"], told["content"]) == ("POST", "a=1+2")
    assert told["headers"]["content-type"] == "application/x-www-form-urlencoded"


def test_remove_drops_every_value_of_a_header(site: Site) -> None:
    policy = (
        '<AssignMessage name="A"><Remove><Headers><Header name="X-A"/></Headers></Remove>'
        "</AssignMessage>"
    )
    site.deploy(proxy_files(policy, request=steps("A")))
    assert "x-a" not in site.request(headers={"x-a": "1"}).json()["headers"]


_AUTHENTICATION = (
    '<AssignMessage name="A"><AssignTo createNew="true" type="request">m</AssignTo><Set>'
    "<Authentication><HeaderName>x-id</HeaderName><GoogleIDToken><Audience>aud</Audience>"
    "<IncludeEmail>false</IncludeEmail></GoogleIDToken></Authentication></Set></AssignMessage>"
)
_IAM = "iamcredentials.googleapis.com"


def test_authentication_mints_as_the_service_agent(site: Site) -> None:
    site.hosts[_IAM] = lambda request: httpx.Response(200, json={"token": "canary"})
    assert shown(site, _AUTHENTICATION, show="m.header.x-id") == "Bearer canary"
    call = site.calls[0]
    assert call.method == "POST"
    assert call.url.path == f"/v1/projects/-/serviceAccounts/{ACCOUNT}:generateIdToken"
    assert json.loads(call.content) == {"audience": "aud", "includeEmail": False}
    token = call.headers["authorization"].removeprefix("Bearer ")
    assert google_tokens.principal_of(site.cloud, token) == world.APIGEE_SERVICE_AGENT


@pytest.mark.parametrize("answer", [httpx.Response(403), httpx.Response(200, text="{"), None])
def test_token_that_can_not_be_minted_is_one_fault(
    site: Site, answer: httpx.Response | None
) -> None:
    if answer is not None:
        site.hosts[_IAM] = lambda request: answer
    site.deploy(proxy_files(_AUTHENTICATION, request=steps("A")))
    got = site.request()
    assert got.status == 500
    assert got.fault.endswith(".GoogleTokenGenerationFailure")


def test_token_without_a_service_account_is_the_same_fault(site: Site) -> None:
    site.deploy(proxy_files(_AUTHENTICATION, request=steps("A")), account=None)
    assert site.request().fault.endswith(".GoogleTokenGenerationFailure")


def callout(extra: str = "", properties: str = "", attributes: str = "") -> str:
    return (
        f'<ServiceCallout name="S" {attributes}><Request variable="q">{extra}'
        "<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables></Request>"
        f"<Response>r</Response><HTTPTargetConnection>{properties}"
        "<URL>https://service.test/{request.verb}?a=1</URL></HTTPTargetConnection></ServiceCallout>"
    )


def test_service_callout_keeps_the_answer_in_its_variable(site: Site) -> None:
    site.hosts["service.test"] = lambda request: httpx.Response(201, text="made")
    extra = '<Set><QueryParams><QueryParam name="b">2</QueryParam></QueryParams></Set>'
    assert shown(site, callout(extra), show="r.status.code}{r.content") == "201made"
    assert str(site.calls[0].url) == "https://service.test/GET?a=1&b=2"


@pytest.mark.parametrize("reachable", [True, False])
def test_service_callout_that_fails_is_execution_failed(site: Site, reachable: bool) -> None:
    if reachable:
        site.hosts["service.test"] = lambda request: httpx.Response(404)
    site.deploy(proxy_files(callout(), request=steps("S")))
    answer = site.request()
    assert (answer.status, answer.fault) == (500, "steps.servicecallout.ExecutionFailed")
    wanted = "ResponseCode 404 is treated as error" if reachable else "Host not reachable"
    assert wanted in answer.json()["fault"]["faultstring"]


def test_service_callout_that_may_fail_sets_failed(site: Site) -> None:
    policy = callout(attributes='continueOnError="true"')
    assert shown(site, policy, show="servicecallout.S.failed") == "true"


def test_service_callout_refuses_a_variable_that_is_no_request(site: Site) -> None:
    site.deploy(
        proxy_files(variable("q", "<Value>x</Value>"), callout(), request=steps("A-q") + steps("S"))
    )
    assert site.request().fault == "steps.servicecallout.RequestVariableNotMessageType"


def extract(inner: str, prefix: str = "") -> str:
    return f'<ExtractVariables name="E">{prefix}{inner}</ExtractVariables>'


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ('<Header name="a"><Pattern>Bearer {v}</Pattern></Header>', "tok"),
        ('<Header name="a"><Pattern>bearer {v}</Pattern></Header>', ""),
        ('<Header name="a"><Pattern ignoreCase="true">bearer {v}</Pattern></Header>', "tok"),
        ('<QueryParam name="code"><Pattern>DBN{v}</Pattern></QueryParam>', "88"),
        ("<URIPath><Pattern>/x/{v}</Pattern></URIPath>", "7"),
        ("<URIPath><Pattern>/y/{w}</Pattern><Pattern>/{u}/{v}</Pattern></URIPath>", "7"),
        ('<Variable name="request.verb"><Pattern>G{v}</Pattern></Variable>', "ET"),
        (
            (
                '<JSONPayload><Variable name="v"><JSONPath>$.a[1].b</JSONPath></Variable>'
                "</JSONPayload>"
            ),
            "2",
        ),
    ],
)
def test_extract_variables(site: Site, inner: str, expected: str) -> None:
    value = shown(
        site,
        extract(inner),
        path="/p/x/7?code=DBN88",
        headers={"a": "Bearer tok", "content-type": "application/json"},
        content=b'{"a": [0, {"b": 2}]}',
    )
    assert value == expected


def test_extract_variables_prefixes_its_variables(site: Site) -> None:
    policy = extract(
        '<Header name="a"><Pattern>{v}</Pattern></Header>', "<VariablePrefix>q.r</VariablePrefix>"
    )
    assert shown(site, policy, show="q.r.v", headers={"a": "1"}) == "1"


@pytest.mark.parametrize(
    ("source", "content", "fault"),
    [
        ("gone", b"{}", "SourceMessageNotAvailable"),
        ("request", b"{", "ExecutionFailed"),
        ("request", b"[" * 100_000, "ExecutionFailed"),
        ("request", b"{}", "InvalidJSONPath"),
    ],
)
def test_extract_variables_faults(site: Site, source: str, content: bytes, fault: str) -> None:
    inner = '<JSONPayload><Variable name="v"><JSONPath>$.a</JSONPath></Variable></JSONPayload>'
    site.deploy(proxy_files(extract(inner, f"<Source>{source}</Source>"), request=steps("E")))
    answer = site.request(headers={"content-type": "application/json"}, content=content)
    assert answer.fault == f"steps.extractvariables.{fault}"


_KEY = '<CacheKey><Prefix>c</Prefix><KeyFragment ref="request.header.k"/></CacheKey>'


def _cache(site: Site, populate: str = '<TimeoutInSeconds ref="ttl">60</TimeoutInSeconds>') -> None:
    lookup = f'<LookupCache name="L">{_KEY}<AssignTo>v</AssignTo></LookupCache>'
    put = (
        f'<PopulateCache name="P">{_KEY}<Source>request.header.put</Source><ExpirySettings>'
        f"{populate}</ExpirySettings></PopulateCache>"
    )
    drop = f'<InvalidateCache name="I">{_KEY}</InvalidateCache>'
    when = "<Step><Name>{}</Name><Condition>request.header.{} != null</Condition></Step>"
    flow = when.format("P", "put") + when.format("I", "drop") + steps("L", "Show")
    show = _SHOW.replace("{v}", "{v}/{lookupcache.L.cachehit}")
    site.deploy(proxy_files(lookup, put, drop, show, request=flow))


def _value(site: Site, **headers: str) -> str:
    return str(site.request(headers={"k": "1", **headers}).json()["headers"]["x-v"])


def test_cached_value_lives_until_its_time_is_over(site: Site) -> None:
    _cache(site)
    assert _value(site) == "/false"
    assert _value(site, put="x") == "x/true"
    site.cloud.clock.advance(58)
    assert _value(site) == "x/true"
    assert _value(site, k="2") == "/false"
    site.cloud.clock.advance(2)
    assert _value(site) == "/false"


def test_invalidated_value_is_gone(site: Site) -> None:
    _cache(site)
    assert _value(site, put="x") == "x/true"
    assert _value(site, drop="1") == "/false"


def test_value_over_256_kilobytes_is_not_cached(site: Site) -> None:
    put = (
        '<PopulateCache name="P"><CacheKey><Prefix>c</Prefix></CacheKey>'
        "<Source>request.content</Source><ExpirySettings><TimeoutInSeconds>1</TimeoutInSeconds>"
        "</ExpirySettings></PopulateCache>"
    )
    site.deploy(proxy_files(put, request=steps("P")))
    assert site.request(method="POST", content=b"x" * 262_145).status == 500
    assert site.request(method="POST", content=b"x" * 262_144).status == 200


def kvm(target: str = "private.v") -> str:
    return (
        '<KeyValueMapOperations name="K" mapIdentifier="m"><Scope>environment</Scope>'
        f'<ExpiryTimeInSecs>60</ExpiryTimeInSecs><Get assignTo="{target}"><Key>'
        '<Parameter ref="request.header.k"/></Key></Get></KeyValueMapOperations>'
    )


def test_key_value_is_served_from_the_runtime_until_it_expires(site: Site) -> None:
    entry = site.key_value("a:b/c", "old")
    assert shown(site, kvm(), show="private.v", headers={"k": "a:b/c"}) == "old"
    type_ = "gcp:apigee/environmentKeyvaluemapsEntries:EnvironmentKeyvaluemapsEntries"
    site.cloud.store.remove(type_, entry, site.cloud.clock.now())
    site.cloud.clock.advance(58)
    assert site.request(headers={"k": "a:b/c"}).json()["headers"]["x-v"] == "old"
    site.cloud.clock.advance(2)
    assert site.request(headers={"k": "a:b/c"}).json()["headers"]["x-v"] == ""


def test_another_environments_key_value_is_not_seen(site: Site) -> None:
    site.key_value("a", "beta's", environment="beta")
    assert shown(site, kvm(), show="private.v", headers={"k": "a"}) == ""


def test_key_value_goes_to_private_variables_only(site: Site) -> None:
    site.key_value("a", "x")
    site.deploy(proxy_files(kvm("v"), request=steps("K")))
    assert site.request(headers={"k": "a"}).fault == "steps.keyvaluemapoperations.SetVariableFailed"


_LOG = (
    '<MessageLogging name="M"><CloudLogging><LogName>projects/{organization.name}/logs/x</LogName>'
    '<Message contentType="application/json">{"verb":"{request.verb}"}</Message></CloudLogging>'
    "</MessageLogging>"
)


def test_log_line_is_written_as_the_deploy_account_after_the_response(site: Site) -> None:
    site.hosts["logging.googleapis.com"] = lambda request: httpx.Response(200, json={})
    site.deploy(proxy_files(_LOG, request=steps("M")))
    assert site.request().status == 200
    assert [call.url.host for call in site.calls] == ["backend.test", "logging.googleapis.com"]
    written = site.calls[1]
    token = written.headers["authorization"].removeprefix("Bearer ")
    assert google_tokens.principal_of(site.cloud, token) == ACCOUNT
    entry = json.loads(written.content)["entries"][0]
    assert entry["logName"] == "projects/sandbox-gateway/logs/x"
    assert entry["jsonPayload"] == {"verb": "GET"}


def test_post_client_flow_logs_after_a_fault_too(site: Site) -> None:
    site.hosts["logging.googleapis.com"] = lambda request: httpx.Response(200, json={})
    after = f"<PostClientFlow><Response>{steps('M')}</Response></PostClientFlow>"
    files = proxy_files(_LOG, '<RaiseFault name="F"/>', request=steps("F"), proxy=after)
    site.deploy(files)
    assert site.request().status == 500
    assert [call.url.host for call in site.calls] == ["logging.googleapis.com"]


def test_log_that_fails_reaches_no_request(site: Site) -> None:
    site.deploy(proxy_files(_LOG, request=steps("M")))
    assert site.request().status == 200
    site.hosts["logging.googleapis.com"] = lambda request: httpx.Response(403)
    assert site.request().status == 200
