"""What the documentation of VerifyAPIKey promises."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.gateway.bundle import BundleError
from tests.sandbox.gateway.policies.support import deploy, loaded, seen, with_processors
from tests.sandbox.gateway.rig import Answer, Site

_ORG = "organizations/sandbox-gateway"
_POLICY = '<VerifyAPIKey name="V"><APIKey ref="request.header.x-key"/></VerifyAPIKey>'
_KEY = "canary-key"


def publish(
    site: Site,
    *,
    product: dict[str, Any] | None = None,
    app: dict[str, Any] | None = None,
    credential: dict[str, Any] | None = None,
    developer: dict[str, Any] | None = None,
) -> None:
    """A developer with an app whose key may use one product."""
    site.put(
        "apiProduct:ApiProduct",
        f"{_ORG}/apiproducts/gold",
        **{"name": "gold", "attributes": [{"name": "tier", "value": "1"}], **(product or {})},
    )
    site.put(
        "developer:Developer",
        f"{_ORG}/developers/d@example.com",
        **{
            "email": "d@example.com",
            "developerId": "dev-1",
            "status": "active",
            "attributes": [{"name": "team", "value": "blue"}],
            **(developer or {}),
        },
    )
    key = {
        "consumerKey": _KEY,
        "consumerSecret": "canary-secret",
        "status": "approved",
        "expiresAt": "-1",
        "apiProducts": [{"apiproduct": "gold", "status": "approved"}],
        **(credential or {}),
    }
    site.put(
        "developerApp:DeveloperApp",
        f"{_ORG}/developers/d@example.com/apps/shop",
        **{
            "name": "shop",
            "appId": "app-1",
            "developerEmail": "d@example.com",
            "status": "approved",
            "callbackUrl": "https://shop.example.com",
            "credentials": [key],
            **(app or {}),
        },
    )


def ask(site: Site, key: str | None = _KEY, path: str = "/p/orders/1", verb: str = "GET") -> Answer:
    deploy(site, _POLICY)
    return site.request(path, verb, {} if key is None else {"x-key": key})


def test_an_approved_key_lets_the_request_pass(site: Site) -> None:
    publish(site)
    assert ask(site).status == 200


@pytest.mark.parametrize(
    ("key", "fault"),
    [(None, "FailedToResolveAPIKey"), ("", "FailedToResolveAPIKey"), ("x", "InvalidApiKey")],
)
def test_a_missing_or_unknown_key_is_refused(site: Site, key: str | None, fault: str) -> None:
    publish(site)
    answer = ask(site, key)
    assert (answer.status, answer.fault) == (401, f"oauth.v2.{fault}")


@pytest.mark.parametrize(
    ("given", "status", "fault"),
    [
        ({"credential": {"status": "revoked"}}, 401, "oauth.v2.InvalidApiKey"),
        (
            {"app": {"status": "revoked"}},
            401,
            "keymanagement.service.invalid_client-app_not_approved",
        ),
        (
            {"developer": {"status": "inactive"}},
            401,
            "keymanagement.service.DeveloperStatusNotActive",
        ),
        (
            {"credential": {"apiProducts": []}},
            400,
            "keymanagement.service.consumer_key_missing_api_product_association",
        ),
        (
            {"credential": {"apiProducts": [{"apiproduct": "gold", "status": "pending"}]}},
            401,
            "oauth.v2.InvalidApiKeyForGivenResource",
        ),
        (
            {"credential": {"apiProducts": [{"apiproduct": "gone", "status": "approved"}]}},
            401,
            "oauth.v2.InvalidApiKeyForGivenResource",
        ),
        ({"product": {"environments": ["beta"]}}, 401, "oauth.v2.InvalidApiKeyForGivenResource"),
        ({"product": {"proxies": ["other"]}}, 401, "oauth.v2.InvalidApiKeyForGivenResource"),
        (
            {"product": {"apiResources": ["/invoices/**"]}},
            401,
            "oauth.v2.InvalidApiKeyForGivenResource",
        ),
    ],
)
def test_what_is_not_in_force_is_refused_by_its_fault(
    site: Site, given: dict[str, Any], status: int, fault: str
) -> None:
    publish(site, **given)
    answer = ask(site)
    assert (answer.status, answer.fault) == (status, fault)


def test_a_key_expires(site: Site) -> None:
    expires = int((site.cloud.clock.now() + 100) * 1000)
    publish(site, credential={"expiresAt": str(expires)})
    assert ask(site).status == 200
    site.cloud.clock.advance(101)
    assert site.request(headers={"x-key": _KEY}).fault == "oauth.v2.InvalidApiKey"


@pytest.mark.parametrize(
    ("resource", "path", "allowed"),
    [
        ("/", "/p/a/b", True),
        ("/", "/p", True),
        ("/**", "/p/a/b", True),
        ("/*", "/p/a", True),
        ("/*", "/p/a/b", False),
        ("/a/*", "/p/a/b", True),
        ("/a/*", "/p/b/b", False),
        ("/a/**", "/p/a/b/c", True),
        ("/a", "/p/a", True),
        ("/a", "/p/ab", False),
        ("/a.b", "/p/axb", False),
    ],
)
def test_a_resource_path_stands_for_what_is_beneath_the_proxy(
    site: Site, resource: str, path: str, allowed: bool
) -> None:
    publish(site, product={"apiResources": [resource]})
    assert (ask(site, path=path).status == 200) is allowed


def operations(source: str, *given: dict[str, Any]) -> dict[str, Any]:
    config = {"apiSource": source, "operations": list(given), "quota": {"limit": "7"}}
    return {"operationGroup": {"operationConfigs": [config]}, "proxies": ["ignored"]}


@pytest.mark.parametrize(
    ("source", "operation", "verb", "allowed"),
    [
        ("p", {"resource": "/orders/**"}, "GET", True),
        ("p", {"resource": "/orders/**", "methods": ["GET"]}, "GET", True),
        ("p", {"resource": "/orders/**", "methods": ["PUT"]}, "GET", False),
        ("p", {"resource": "/invoices/**"}, "GET", False),
        ("other", {"resource": "/orders/**"}, "GET", False),
    ],
)
def test_operations_allow_a_proxys_path_by_method(
    site: Site, source: str, operation: dict[str, Any], verb: str, allowed: bool
) -> None:
    publish(site, product=operations(source, operation))
    assert (ask(site, verb=verb).status == 200) is allowed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("client_id", _KEY),
        ("app.name", "shop"),
        ("app.id", "app-1"),
        ("developer.app.name", "shop"),
        ("developer.id", "dev-1"),
        ("developer.email", "d@example.com"),
        ("developer.team", "blue"),
        ("apiproduct.name", "gold"),
        ("apiproduct.tier", "1"),
        ("apiproduct.developer.quota.limit", "20"),
        ("apiproduct.developer.quota.interval", "2"),
        ("apiproduct.developer.quota.timeunit", "minute"),
        ("redirection_uris", "https://shop.example.com"),
        ("failed", "false"),
    ],
)
def test_what_is_known_of_the_key_stands_in_variables(site: Site, name: str, expected: str) -> None:
    publish(site, product={"quota": "20", "quotaInterval": "2", "quotaTimeUnit": "minute"})
    deploy(site, _POLICY, show=f"{{verifyapikey.V.{name}}}")
    assert seen(site.request(headers={"x-key": _KEY})) == expected


def test_the_operation_that_lets_through_stands_in_variables(site: Site) -> None:
    operation = {"resource": "/orders/**", "methods": ["GET", "PUT"]}
    publish(site, product=operations("p", operation))
    prefix = "verifyapikey.V.apiproduct.operation"
    show = f"{{{prefix}.resource}} {{{prefix}.methods}} {{{prefix}.quota.limit}}"
    deploy(site, _POLICY, show=show)
    assert seen(site.request("/p/orders/1", headers={"x-key": _KEY})) == "/orders/** GET,PUT 7"


def test_a_failure_sets_the_documented_variable(site: Site) -> None:
    policy = _POLICY.replace('name="V"', 'name="V" continueOnError="true"')
    deploy(site, policy, show="{oauthV2.V.failed}")
    assert seen(site.request(headers={"x-key": "x"})) == "true"


def test_a_cached_key_is_known_until_its_time_is_over(site: Site) -> None:
    with_processors(site, 1)
    publish(site)
    policy = _POLICY.replace(
        "</VerifyAPIKey>", "<CacheExpiryInSeconds>60</CacheExpiryInSeconds></VerifyAPIKey>"
    )
    deploy(site, policy)
    assert site.request(headers={"x-key": _KEY}).status == 200
    type_ = "gcp:apigee/developerApp:DeveloperApp"
    app = f"{_ORG}/developers/d@example.com/apps/shop"
    site.cloud.store.remove(type_, app, site.cloud.clock.now())
    site.cloud.clock.advance(50)
    assert site.request(headers={"x-key": _KEY}).status == 200
    site.cloud.clock.advance(11)
    assert site.request(headers={"x-key": _KEY}).fault == "oauth.v2.InvalidApiKey"


@pytest.mark.parametrize(
    ("inner", "element"),
    [
        ("", "VerifyAPIKey"),
        ("<APIKey/>", "APIKey"),
        ('<APIKey ref="a"/><CacheExpiryInSeconds>0</CacheExpiryInSeconds>', "CacheExpiryInSeconds"),
        (
            '<APIKey ref="a"/><CacheExpiryInSeconds>181</CacheExpiryInSeconds>',
            "CacheExpiryInSeconds",
        ),
        ('<APIKey ref="a"/><OAuthConfig/>', "OAuthConfig"),
    ],
)
def test_what_can_not_be_executed_is_refused_with_its_element(inner: str, element: str) -> None:
    with pytest.raises(BundleError) as refused:
        loaded(f'<VerifyAPIKey name="V">{inner}</VerifyAPIKey>')
    assert refused.value.element.endswith(element)
