"""`<Authentication>` in AssignMessage, ServiceCallout and target endpoints."""

from __future__ import annotations

import json

import httpx
import pytest

from sandbox import google_tokens, world
from sandbox.gateway.bundle import BundleError, load
from tests.sandbox.gateway.policies.support import deploy, loaded, seen, shown
from tests.sandbox.gateway.rig import ACCOUNT, Site, pack, proxy_files

_IAM = "iamcredentials.googleapis.com"
_FAULT = "messaging.adaptors.http.filter.GoogleTokenGenerationFailure"
_ID = "<GoogleIDToken><Audience>aud</Audience><IncludeEmail>false</IncludeEmail></GoogleIDToken>"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_ACCESS = (
    f"<GoogleAccessToken><Scopes><Scope>{_SCOPE}</Scope><Scope>s2</Scope></Scopes>"
    "</GoogleAccessToken>"
)


def assign(token: str, header: str = "<HeaderName>x-id</HeaderName>") -> str:
    return (
        '<AssignMessage name="A"><AssignTo createNew="true" type="request">m</AssignTo><Set>'
        f"<Authentication>{header}{token}</Authentication></Set></AssignMessage>"
    )


def mint(site: Site) -> None:
    """IAM Credentials answers every request with a token."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(":generateIdToken"):
            return httpx.Response(200, json={"token": "canary-id"})
        return httpx.Response(200, json={"accessToken": "canary-access", "expireTime": "t"})

    site.hosts[_IAM] = answer


def test_an_id_token_is_minted_as_the_service_agent(site: Site) -> None:
    mint(site)
    assert shown(site, assign(_ID), show="{m.header.x-id}") == "Bearer canary-id"
    call = site.calls[0]
    assert call.method == "POST"
    assert call.url.path == f"/v1/projects/-/serviceAccounts/{ACCOUNT}:generateIdToken"
    assert json.loads(call.content) == {"audience": "aud", "includeEmail": False}
    token = call.headers["authorization"].removeprefix("Bearer ")
    assert google_tokens.principal_of(site.cloud, token) == world.APIGEE_SERVICE_AGENT


@pytest.mark.parametrize(
    ("lifetime", "expected"),
    [
        ("", "3600s"),
        ("<LifetimeInSeconds>900</LifetimeInSeconds>", "900s"),
        ('<LifetimeInSeconds ref="request.header.life">900</LifetimeInSeconds>', "60s"),
        ('<LifetimeInSeconds ref="request.header.none">900</LifetimeInSeconds>', "900s"),
    ],
)
def test_an_access_token_has_the_policys_scopes_and_lifetime(
    site: Site, lifetime: str, expected: str
) -> None:
    mint(site)
    token = _ACCESS.replace("</Scopes>", f"</Scopes>{lifetime}")
    value = shown(site, assign(token, ""), show="{m.header.Authorization}", headers={"life": "60"})
    assert value == "Bearer canary-access"
    call = site.calls[0]
    assert call.url.path.endswith(f"/{ACCOUNT}:generateAccessToken")
    assert json.loads(call.content) == {"scope": [_SCOPE, "s2"], "lifetime": expected}


@pytest.mark.parametrize(
    ("audience", "email", "expected"),
    [
        ('<Audience ref="request.header.aud"/>', "", ("given", False)),
        ('<Audience ref="request.header.none">own</Audience>', "", ("own", False)),
        (
            "<Audience>own</Audience>",
            '<IncludeEmail ref="request.header.email">false</IncludeEmail>',
            ("own", True),
        ),
        ("<Audience>own</Audience>", "<IncludeEmail>true</IncludeEmail>", ("own", True)),
    ],
)
def test_audience_and_email_come_from_variables_where_they_are_set(
    site: Site, audience: str, email: str, expected: tuple[str, bool]
) -> None:
    mint(site)
    policy = assign(f"<GoogleIDToken>{audience}{email}</GoogleIDToken>")
    deploy(site, policy)
    site.request(headers={"aud": "given", "email": "true"})
    asked = json.loads(site.calls[0].content)
    assert (asked["audience"], asked["includeEmail"]) == expected


def test_the_header_may_be_named_by_a_variable(site: Site) -> None:
    mint(site)
    policy = assign(_ID, '<HeaderName ref="request.header.where">x-own</HeaderName>')
    deploy(site, policy, show="{m.header.x-given}{m.header.x-own}")
    assert seen(site.request(headers={"where": "x-given"})) == "Bearer canary-id"
    assert seen(site.request()) == "Bearer canary-id"


def test_what_comes_after_authentication_sees_its_header(site: Site) -> None:
    mint(site)
    policy = assign(_ID).replace(
        "</AssignMessage>",
        "<AssignVariable><Name>v</Name><Ref>m.header.x-id</Ref></AssignVariable></AssignMessage>",
    )
    assert shown(site, policy) == "Bearer canary-id"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(403),
        httpx.Response(200, text="{"),
        httpx.Response(200, text="[" * 100_000),
        httpx.Response(200, json={"other": 1}),
        None,
    ],
)
@pytest.mark.parametrize("token", [_ID, _ACCESS])
def test_a_token_that_can_not_be_minted_is_one_fault(
    site: Site, token: str, answer: httpx.Response | None
) -> None:
    if answer is not None:
        site.hosts[_IAM] = lambda request: answer
    deploy(site, assign(token))
    got = site.request()
    assert (got.status, got.fault) == (500, _FAULT)


def test_a_token_without_a_service_account_is_the_same_fault(site: Site) -> None:
    deploy(site, assign(_ID), account="")
    assert site.request().fault == _FAULT


_CALLOUT = (
    '<ServiceCallout name="S"><Request variable="q"/><Response>r</Response><HTTPTargetConnection>'
    "<Authentication>{}</Authentication><URL>https://service.test/x/{{request.verb}}?a=1</URL>"
    "</HTTPTargetConnection></ServiceCallout>"
)


def test_a_callout_sends_the_token_and_keeps_it_out_of_its_variables(site: Site) -> None:
    mint(site)
    site.hosts["service.test"] = lambda request: httpx.Response(
        200, text=request.headers["authorization"]
    )
    value = shown(site, _CALLOUT.format(_ACCESS), show="{r.content}|{q.header.authorization}")
    assert value == "Bearer canary-access|"


def test_the_target_url_without_its_query_can_be_the_audience(site: Site) -> None:
    mint(site)
    site.hosts["service.test"] = lambda request: httpx.Response(200)
    token = (
        '<GoogleIDToken><Audience ref="request.header.none" useTargetUrl="true"/></GoogleIDToken>'
    )
    deploy(site, _CALLOUT.format(token))
    assert site.request().status == 200
    assert json.loads(site.calls[0].content)["audience"] == "https://service.test/x/GET"


def test_a_callout_whose_token_can_not_be_minted_is_not_made(site: Site) -> None:
    deploy(site, _CALLOUT.format(_ID))
    assert site.request().fault == _FAULT
    assert [call.url.host for call in site.calls] == [_IAM]


def test_a_target_endpoint_gets_a_token_that_no_flow_sees(site: Site) -> None:
    mint(site)
    connection = f"<Authentication>{_ID}</Authentication><URL>https://backend.test/base</URL>"
    site.deploy(proxy_files(connection=connection))
    told = site.request().json()
    assert told["headers"]["authorization"] == "Bearer canary-id"


def test_a_bundle_with_authentication_needs_a_service_account_wherever_it_stands() -> None:
    connection = f"<Authentication>{_ID}</Authentication><URL>https://backend.test/base</URL>"
    for files in (
        proxy_files(assign(_ID)),
        proxy_files(_CALLOUT.format(_ACCESS)),
        proxy_files(connection=connection),
    ):
        assert load(pack(files), "proxy").needs_service_account
    assert not load(pack(proxy_files()), "proxy").needs_service_account


@pytest.mark.parametrize(
    ("token", "element"),
    [
        ("", "Authentication"),
        (_ID + _ACCESS, "Authentication"),
        ("<GoogleIDToken/>", "GoogleIDToken"),
        ("<GoogleIDToken><Audience/></GoogleIDToken>", "Audience"),
        ("<GoogleIDToken><Audience>{v}</Audience></GoogleIDToken>", "Audience"),
        ("<GoogleAccessToken/>", "GoogleAccessToken"),
        ("<GoogleAccessToken><Scopes/></GoogleAccessToken>", "GoogleAccessToken"),
        (
            _ACCESS.replace("</Scopes>", "</Scopes><LifetimeInSeconds>0</LifetimeInSeconds>"),
            "LifetimeInSeconds",
        ),
        (_ID.replace("<Audience>", '<Audience unknown="1">'), "Audience"),
    ],
)
def test_an_authentication_that_says_no_token_is_refused(token: str, element: str) -> None:
    with pytest.raises(BundleError) as refused:
        loaded(assign(token))
    assert refused.value.element.endswith(element)
