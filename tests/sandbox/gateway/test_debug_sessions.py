"""Debug sessions: what they record, what they hide, what they mask, when they end."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from sandbox.gateway import debug_sessions
from sandbox.gateway.debug_masks import MASKED, Mask
from sandbox.gateway.debug_trace import LONGEST_TEXT
from tests.sandbox.gateway.rig import Site, proxy_files, shared_files, steps
from tests.sandbox.gateway.test_flow import fault

_MASK = "gcp:apigee/environmentDebugmask:EnvironmentDebugmask"
_MASK_ID = "organizations/sandbox-gateway/environments/alpha/debugmask"


def start(site: Site, count: int = debug_sessions.DEFAULT_COUNT) -> str:
    now = site.cloud.clock.now()
    return site.gateway.debug.start("alpha", "p", now, count)


def recorded(site: Site, session: str) -> list[dict[str, Any]]:
    return site.gateway.debug.transactions(session)


def points(site: Site, session: str) -> list[dict[str, Any]]:
    """The points of the session's only request."""
    (one,) = recorded(site, session)
    return list(one["points"])


def policy(site: Site, session: str, name: str) -> dict[str, Any]:
    return next(point for point in points(site, session) if point.get("policy") == name)


def mask(site: Site, **body: object) -> None:
    site.cloud.store.insert(_MASK, _MASK_ID, body, 0.0)


def assign_variable(name: str, variable: str, template: str) -> str:
    return (
        f'<AssignMessage name="{name}"><AssignVariable><Name>{variable}</Name>'
        f"<Template>{template}</Template></AssignVariable></AssignMessage>"
    )


def test_a_session_records_policies_variables_and_messages_in_order(site: Site) -> None:
    skipped = '<Step><Name>B</Name><Condition>request.verb = "PUT"</Condition></Step>'
    site.deploy(
        proxy_files(
            assign_variable("A", "v", "{request.header.x}!"),
            assign_variable("B", "w", "1"),
            request=steps("A") + skipped,
        )
    )
    session = start(site)
    site.request("/p/a?q=1", "POST", {"x": "hello"}, b"sent")
    found = points(site, session)
    assert [point["point"] for point in found] == [
        "request received",
        "policy",
        "policy",
        "target request",
        "target response",
    ]
    received = found[0]["messages"]["request"]
    assert (received["verb"], received["path"], received["querystring"]) == ("POST", "/p/a", "q=1")
    assert (received["content"], ["x", "hello"] in received["headers"]) == ("sent", True)
    assert found[1]["reads"] == {"request.header.x": "hello"}
    assert found[1]["writes"] == {"v": "hello!"}
    assert (found[1]["executed"], found[2]["executed"]) == (True, False)
    answered = found[4]["messages"]["response"]
    assert (answered["status.code"], json.loads(answered["content"])["method"]) == ("200", "POST")


def test_policies_of_a_shared_flow_lie_within_the_flow_callout(site: Site) -> None:
    call = '<FlowCallout name="F"><SharedFlowBundle>s</SharedFlowBundle></FlowCallout>'
    site.deploy(shared_files(assign_variable("A", "v", "1"), steps=steps("A")), name="s")
    site.deploy(proxy_files(call, request=steps("F")))
    session = start(site)
    site.request()
    names = [point["policy"] for point in points(site, session) if point["point"] == "policy"]
    assert names == ["F", "A"]
    assert policy(site, session, "A")["sharedFlow"] == "s"


def test_what_a_shared_flow_reads_is_recorded_with_the_policy_that_reads_it(site: Site) -> None:
    call = '<FlowCallout name="F"><SharedFlowBundle>s</SharedFlowBundle></FlowCallout>'
    inner = [assign_variable("A", "v", "1"), assign_variable("B", "w", "{v}{messageid}")]
    site.deploy(shared_files(*inner, steps=steps("A", "B")), name="s")
    site.deploy(proxy_files(call, request=steps("F")))
    session = start(site)
    assert site.request().status == 200
    assert policy(site, session, "B")["reads"]["v"] == "1"
    assert policy(site, session, "F")["reads"] == {}


def test_a_fault_is_recorded_where_it_arose_and_as_the_answer(site: Site) -> None:
    site.deploy(proxy_files(fault("F", 403, "no"), request=steps("F")))
    session = start(site)
    site.request()
    assert policy(site, session, "F")["fault"] == "steps.raisefault.RaiseFault"
    last = points(site, session)[-1]
    assert last["point"] == "error"
    assert last["messages"]["error"]["content"] == "no"


def test_private_variables_and_messages_are_never_recorded(site: Site) -> None:
    site.key_value("k", "canary-secret")
    kvm = (
        '<KeyValueMapOperations name="K" mapIdentifier="m"><Get assignTo="private.v"><Key>'
        "<Parameter>k</Parameter></Key></Get></KeyValueMapOperations>"
    )
    message = (
        '<AssignMessage name="M"><AssignTo createNew="true" type="request">private.m</AssignTo>'
        "<Set><Payload>{private.v}</Payload></Set></AssignMessage>"
    )
    copy = assign_variable("C", "private.w", "{private.v}{private.m.content}")
    site.deploy(proxy_files(kvm, message, copy, request=steps("K", "M", "C")))
    session = start(site)
    site.request()
    assert policy(site, session, "C")["reads"] == {}
    text = json.dumps(recorded(site, session))
    assert "canary-secret" not in text
    assert "private." not in text


def test_a_secret_in_a_variable_that_is_not_private_shows(site: Site) -> None:
    site.deploy(proxy_files(assign_variable("A", "open", "canary-secret"), request=steps("A")))
    session = start(site)
    site.request()
    assert policy(site, session, "A")["writes"] == {"open": "canary-secret"}


def test_masked_variables_show_as_asterisks_wherever_they_are_shown(site: Site) -> None:
    mask(site, variables=["open", "request.header.Authorization", "made.content", "whole"])
    made = [
        (
            f'<AssignMessage name="{name.upper()}"><AssignTo createNew="true" type="request">'
            f"{name}</AssignTo><Set><Payload>canary-content</Payload></Set></AssignMessage>"
        )
        for name in ("made", "whole")
    ]
    site.deploy(
        proxy_files(
            assign_variable("A", "open", "{request.header.authorization}"),
            *made,
            assign_variable("B", "kept", "{made.content}"),
            request=steps("A", "MADE", "WHOLE"),
        )
    )
    session = start(site)
    site.request(headers={"authorization": "canary-token"})
    assert policy(site, session, "A")["reads"] == {"request.header.authorization": MASKED}
    assert policy(site, session, "A")["writes"] == {"open": MASKED}
    assert policy(site, session, "MADE")["messages"]["made"]["content"] == MASKED
    assert policy(site, session, "WHOLE")["messages"]["whole"] == {"masked": MASKED}
    shown = json.dumps(points(site, session)[:-1])
    assert "canary" not in shown


def test_a_masked_header_is_masked_in_the_message_that_bears_it_only(site: Site) -> None:
    mask(site, variables=["request.header.x-key"])
    site.deploy(proxy_files())
    session = start(site)
    site.request(headers={"x-key": "canary-key"})
    first, last = points(site, session)[0], points(site, session)[-1]
    assert ["x-key", MASKED] in first["messages"]["request"]["headers"]
    # The echoing backend's answer holds the header as content, which the mask doesn't name.
    assert "canary-key" in last["messages"]["response"]["content"]


def test_paths_mask_the_flows_own_messages(site: Site) -> None:
    mask(
        site,
        requestJsonPaths=["$.card.number", "$..pin"],
        responseXPaths=["//n:token", "//n:a/@key"],
        namespaces={"n": "urn:n"},
    )
    xml = '<r xmlns="urn:n"><token>canary-t</token><a key="canary-k">open</a></r>'
    site.hosts["backend.test"] = lambda request: httpx.Response(200, text=xml)
    site.deploy(proxy_files(assign_variable("A", "v", "{request.content}"), request=steps("A")))
    session = start(site)
    sent = {"card": {"number": "canary-1", "kind": "open"}, "list": [{"pin": "canary-2"}]}
    answer = site.request(method="POST", content=json.dumps(sent).encode())
    assert answer.content.decode() == xml
    first = points(site, session)[0]["messages"]["request"]["content"]
    assert json.loads(first) == {
        "card": {"number": MASKED, "kind": "open"},
        "list": [{"pin": MASKED}],
    }
    assert json.loads(policy(site, session, "A")["reads"]["request.content"]) == json.loads(first)
    shown = points(site, session)[-1]["messages"]["response"]["content"]
    assert shown.count(MASKED) == 2
    assert "open" in shown
    assert "canary" not in shown


def test_paths_do_not_reach_messages_that_policies_make(site: Site) -> None:
    mask(site, requestJsonPaths=["$.a"])
    make = (
        '<AssignMessage name="M"><AssignTo createNew="true" type="request">m</AssignTo>'
        '<Set><Payload contentType="application/json" variablePrefix="@">{"a":"canary"}'
        "</Payload></Set></AssignMessage>"
    ).replace(' variablePrefix="@"', "")
    site.deploy(proxy_files(make, request=steps("M")))
    session = start(site)
    site.request()
    assert "canary" in policy(site, session, "M")["messages"]["m"]["content"]


def test_fault_paths_mask_the_error_message(site: Site) -> None:
    mask(site, faultXPaths=["/e/secret"])
    body = "&lt;e&gt;&lt;secret&gt;canary&lt;/secret&gt;&lt;/e&gt;"
    site.deploy(proxy_files(fault("F", 403, body), request=steps("F")))
    session = start(site)
    assert site.request().content == b"<e><secret>canary</secret></e>"
    content = points(site, session)[-1]["messages"]["error"]["content"]
    assert content == f"<e><secret>{MASKED}</secret></e>"


def test_a_changed_mask_holds_for_new_sessions_only(site: Site) -> None:
    site.deploy(proxy_files(assign_variable("A", "v", "canary"), request=steps("A")))
    before = start(site)
    mask(site, variables=["v"])
    site.request()
    after = start(site)
    site.request()
    shown = [one["points"][1]["writes"]["v"] for one in recorded(site, before)]
    assert shown == ["canary"]
    assert policy(site, after, "A")["writes"]["v"] == MASKED


def test_texts_are_cut_at_10_kilobytes(site: Site) -> None:
    site.deploy(proxy_files(assign_variable("A", "v", "{request.content}"), request=steps("A")))
    session = start(site)
    site.request(method="POST", content=b"x" * (LONGEST_TEXT + 1))
    assert len(points(site, session)[0]["messages"]["request"]["content"]) == 10 * 1024
    assert len(policy(site, session, "A")["writes"]["v"]) == 10 * 1024


def test_a_session_takes_so_many_requests_and_ends_in_time(site: Site) -> None:
    site.deploy(proxy_files())
    session = start(site, count=2)
    for _ in range(3):
        site.request()
    assert len(recorded(site, session)) == 2
    session = start(site)
    site.cloud.clock.advance(debug_sessions.SECONDS)
    site.request()
    assert recorded(site, session) == []


def test_a_session_is_the_deployed_revisions_own(site: Site) -> None:
    site.deploy(proxy_files())
    site.deploy(proxy_files(basepath="/q"), name="q")
    session = start(site)
    site.request("/q")
    site.deploy(proxy_files())
    site.request("/p")
    assert recorded(site, session) == []


@pytest.mark.parametrize(
    ("environment", "proxy", "count", "message"),
    [
        ("alpha", "gone", 10, "isn't deployed"),
        ("beta", "p", 10, "isn't deployed"),
        ("alpha", "p", 16, "1 to 15"),
        ("alpha", "p", 0, "1 to 15"),
    ],
)
def test_a_session_that_can_not_be_is_refused(
    site: Site, environment: str, proxy: str, count: int, message: str
) -> None:
    site.deploy(proxy_files())
    with pytest.raises(ValueError, match=message):
        site.gateway.debug.start(environment, proxy, 0.0, count)
    with pytest.raises(ValueError, match="no debug session"):
        site.gateway.debug.transactions("gone")


def test_the_record_names_the_processor(site: Site) -> None:
    site.deploy(proxy_files())
    session = start(site)
    for _ in range(3):
        site.request()
    assert [one["processor"] for one in recorded(site, session)] == [0, 1, 0]


@pytest.mark.parametrize("text", ["", "no", "{", "<a", "[1]", '"s"', "null", "<a/>"])
def test_a_mask_leaves_content_of_another_kind_as_it_is(text: str) -> None:
    rules = {"requestJsonPaths": ["$.a"], "requestXPaths": ["//b"]}
    assert Mask(rules).content("request", text) == text


def test_paths_that_meet_or_are_none_mask_what_they_can() -> None:
    rules = {
        "requestJsonPaths": ["$.a", "$.a.b", "$..b", "$[", "$.c[*]"],
        "requestXPaths": ["//", "//x"],
    }
    text = json.dumps({"a": {"b": "canary"}, "c": ["canary", 1], "d": {"b": ["canary"]}})
    shown = Mask(rules).content("request", text)
    assert json.loads(shown) == {"a": MASKED, "c": [MASKED, MASKED], "d": {"b": MASKED}}
    assert Mask({"requestJsonPaths": ["$"]}).content("request", text) == json.dumps(MASKED)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("//a/text()", f"<r>one<a>{MASKED}</a>three</r>"),
        ("/r/text()", f"<r>{MASKED}<a>two</a>{MASKED}</r>"),
        ("//a", f"<r>one<a>{MASKED}</a>three</r>"),
        ("/r", f"<r>{MASKED}</r>"),
        ("count(//a)", "<r>one<a>two</a>three</r>"),
    ],
)
def test_an_xpath_masks_elements_and_texts(path: str, shown: str) -> None:
    text = "<r>one<a>two</a>three</r>"
    assert Mask({"responseXPaths": [path]}).content("response", text) == shown
