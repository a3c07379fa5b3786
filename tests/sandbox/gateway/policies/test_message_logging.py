"""What the documentation of MessageLogging promises."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from sandbox import google_tokens
from sandbox.gateway.bundle import BundleError
from tests.sandbox.gateway.policies.support import deploy, loaded
from tests.sandbox.gateway.rig import ACCOUNT, Site, proxy_files, steps

_HOST = "logging.googleapis.com"
_MESSAGE = '<Message contentType="application/json">{"verb":"{request.verb}"}</Message>'
_NAME = "<LogName>projects/{organization.name}/logs/x</LogName>"


def log(message: str = _MESSAGE, rest: str = "", outside: str = "") -> str:
    return (
        f'<MessageLogging name="M"><CloudLogging>{_NAME}{message}{rest}</CloudLogging>{outside}'
        "</MessageLogging>"
    )


def written(site: Site, policy: str) -> dict[str, Any]:
    """The entry that the policy writes."""
    site.hosts[_HOST] = lambda request: httpx.Response(200, json={})
    deploy(site, policy)
    assert site.request().status == 200
    entry: dict[str, Any] = json.loads(site.calls[-1].content)["entries"][0]
    return entry


def test_an_entry_is_written_as_the_deploy_account_after_the_response(site: Site) -> None:
    entry = written(site, log())
    assert [call.url.host for call in site.calls] == ["backend.test", _HOST]
    token = site.calls[1].headers["authorization"].removeprefix("Bearer ")
    assert google_tokens.principal_of(site.cloud, token) == ACCOUNT
    assert entry["logName"] == "projects/sandbox-gateway/logs/x"
    assert entry["jsonPayload"] == {"verb": "GET"}
    assert entry["resource"] == {"type": "global"}


@pytest.mark.parametrize(
    ("message", "payload"),
    [
        ("<Message>a {request.verb}</Message>", {"textPayload": "a GET"}),
        ('<Message contentType="text/plain">{"a":1}</Message>', {"textPayload": '{"a":1}'}),
        ('<Message contentType="application/json">[1]</Message>', {"textPayload": "[1]"}),
        ('<Message contentType="application/json">{"a":</Message>', {"textPayload": '{"a":'}),
        (
            '<Message contentType="application/json">{"a":"{gone}"}</Message>',
            {"jsonPayload": {"a": ""}},
        ),
    ],
)
def test_a_message_is_json_only_where_it_is_an_object(
    site: Site, message: str, payload: dict[str, object]
) -> None:
    assert payload.items() <= written(site, log(message)).items()


def test_labels_may_hold_variables(site: Site) -> None:
    labels = (
        "<Labels><Label><Key>verb</Key><Value>{request.verb}</Value></Label>"
        "<Label><Key>fixed</Key><Value>1</Value></Label></Labels>"
    )
    assert written(site, log(rest=labels))["labels"] == {"verb": "GET", "fixed": "1"}


def test_a_post_client_flow_logs_after_a_fault_too(site: Site) -> None:
    site.hosts[_HOST] = lambda request: httpx.Response(200, json={})
    after = f"<PostClientFlow><Response>{steps('M')}</Response></PostClientFlow>"
    site.deploy(proxy_files(log(), '<RaiseFault name="F"/>', request=steps("F"), proxy=after))
    assert site.request().status == 500
    assert [call.url.host for call in site.calls] == [_HOST]


def test_an_entry_that_is_lost_reaches_no_request(site: Site) -> None:
    deploy(site, log())
    assert site.request().status == 200
    site.hosts[_HOST] = lambda request: httpx.Response(403)
    assert site.request().status == 200


def test_without_a_service_account_nothing_is_sent(site: Site) -> None:
    deploy(site, log(), account="")
    assert site.request().status == 200
    assert [call.url.host for call in site.calls] == ["backend.test"]


@pytest.mark.parametrize(
    ("policy", "element"),
    [
        ('<MessageLogging name="M"/>', "MessageLogging"),
        ('<MessageLogging name="M"><Syslog/></MessageLogging>', "MessageLogging"),
        (log(outside="<Syslog><Host>h</Host></Syslog>"), "Syslog"),
        (log(outside="<logLevel>INFO</logLevel>"), "logLevel"),
        (log('<Message contentType="text/html">x</Message>'), "Message"),
        (log(""), "CloudLogging"),
        (log(rest="<ResourceType>gce_instance</ResourceType>"), "ResourceType"),
        (log(rest="<Labels><Label><Key>a</Key></Label></Labels>"), "Label"),
    ],
)
def test_what_can_not_be_executed_is_refused_with_its_element(policy: str, element: str) -> None:
    with pytest.raises(BundleError) as refused:
        loaded(policy)
    assert refused.value.element.endswith(element)
