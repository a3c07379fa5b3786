"""API products, developers and their apps."""

from __future__ import annotations

import pytest

from tests.sandbox.controlplane.rig import (
    APP,
    DEVELOPER,
    ENVIRONMENT,
    ORGANIZATION,
    PRODUCT,
    Clouds,
    Deployed,
    Plain,
    Refused,
)

_PRODUCT: Plain = {"orgId": ORGANIZATION, "name": "orders", "displayName": "Orders"}
_DEVELOPER: Plain = {
    "orgId": ORGANIZATION,
    "email": "ada@example.com",
    "userName": "ada",
    "firstName": "Ada",
    "lastName": "L",
}
_APP: Plain = {
    "orgId": ORGANIZATION,
    "developerEmail": "ada@example.com",
    "name": "app",
    "callbackUrl": "https://app.example.com",
    "apiProducts": ["orders"],
}


@pytest.fixture(autouse=True)
def product(clouds: Clouds) -> Deployed:
    clouds.gcp.create(DEVELOPER, _DEVELOPER)
    return clouds.gcp.create(PRODUCT, _PRODUCT)


def _key(made: Deployed) -> Plain:
    (credential,) = made["credentials"]
    return dict(credential)


def test_app_gets_a_key_of_its_own_for_its_products(clouds: Clouds) -> None:
    made = clouds.gcp.create(APP, _APP)
    other = clouds.gcp.create(APP, {**_APP, "name": "other"})
    key = _key(made)
    assert key["apiProducts"] == [{"apiproduct": "orders", "status": "approved"}]
    assert (key["status"], key["expiresAt"]) == ("approved", "-1")
    assert len({key["consumerKey"], key["consumerSecret"], _key(other)["consumerKey"]}) == 3
    assert (made["status"], made["appFamily"], made["apiProducts"]) == (
        "approved",
        "default",
        ["orders"],
    )


def test_apps_key_stays_when_its_products_change(clouds: Clouds) -> None:
    made = clouds.gcp.create(APP, _APP)
    before = _key(made)
    clouds.gcp.create(PRODUCT, {**_PRODUCT, "name": "invoices"})
    changed = {**_APP, "apiProducts": ["invoices", "orders"], "scopes": ["read"]}
    assert clouds.gcp.diff(made, changed).replaced == set()
    clouds.gcp.update(made, changed)
    after = _key(made)
    assert after["consumerKey"] == before["consumerKey"]
    assert {item["apiproduct"] for item in after["apiProducts"]} == {"orders", "invoices"}
    assert after["scopes"] == ["read"]
    clouds.gcp.update(made, {**_APP, "apiProducts": []})
    assert _key(made)["apiProducts"] == []


def test_products_of_an_app_are_a_set(clouds: Clouds) -> None:
    clouds.gcp.create(PRODUCT, {**_PRODUCT, "name": "invoices"})
    inputs = {**_APP, "apiProducts": ["invoices", "orders"]}
    made = clouds.gcp.create(APP, inputs)
    assert clouds.gcp.diff(made, {**inputs, "apiProducts": ["orders", "invoices"]}).changed == set()


def test_product_with_manual_approval_leaves_the_key_pending(clouds: Clouds) -> None:
    clouds.gcp.create(PRODUCT, {**_PRODUCT, "name": "slow", "approvalType": "manual"})
    made = clouds.gcp.create(APP, {**_APP, "apiProducts": ["slow"]})
    assert _key(made)["apiProducts"] == [{"apiproduct": "slow", "status": "pending"}]


def test_approval_once_given_stays_when_the_product_asks_for_it_later(
    clouds: Clouds, product: Deployed
) -> None:
    made = clouds.gcp.create(APP, _APP)
    clouds.gcp.update(product, {**_PRODUCT, "approvalType": "manual"})
    clouds.gcp.update(made, {**_APP, "scopes": ["read"]})
    assert _key(made)["apiProducts"] == [{"apiproduct": "orders", "status": "approved"}]


def test_apps_own_key_replaces_the_generated_one_and_is_unique(clouds: Clouds) -> None:
    own = {"consumerKey": "canary-key", "consumerSecret": "canary-secret"}
    made = clouds.gcp.create(APP, {**_APP, **own})
    assert (_key(made)["consumerKey"], _key(made)["consumerSecret"]) == (
        "canary-key",
        "canary-secret",
    )
    with pytest.raises(Refused, match="Error 409"):
        clouds.gcp.create(APP, {**_APP, **own, "name": "other"})
    difference = clouds.gcp.diff(made, {**_APP, **own, "consumerKey": "canary-new"})
    assert (difference.replaced, difference.deletes_first) == ({"consumerKey"}, True)


def test_apps_own_key_needs_its_secret(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="consumerSecret is required"):
        clouds.gcp.create(APP, {**_APP, "consumerKey": "canary-key"})


def test_key_with_a_lifetime_expires(clouds: Clouds) -> None:
    made = clouds.gcp.create(APP, {**_APP, "keyExpiresIn": "3600000"})
    key = _key(made)
    assert int(key["expiresAt"]) - int(key["issuedAt"]) == 3_600_000
    with pytest.raises(Refused, match="no number of milliseconds"):
        clouds.gcp.create(APP, {**_APP, "name": "other", "keyExpiresIn": "an hour"})


def test_renamed_app_is_looked_for_under_its_new_name(clouds: Clouds) -> None:
    made = clouds.gcp.create(APP, _APP)
    renamed = {**_APP, "name": "renamed"}
    assert clouds.gcp.diff(made, renamed).replaced == set()
    with pytest.raises(Refused, match=r"Error 404.*apps/renamed"):
        clouds.gcp.update(made, renamed)


@pytest.mark.parametrize(
    "change",
    [
        {"apiProducts": ["none"]},
        {"developerEmail": "nobody@example.com"},
        {"orgId": "sandbox-gateway"},
    ],
)
def test_app_needs_its_organization_developer_and_products(clouds: Clouds, change: Plain) -> None:
    with pytest.raises(Refused, match=r"Error 40[34]"):
        clouds.gcp.create(APP, {**_APP, **change})


def test_apps_go_with_their_developer(clouds: Clouds) -> None:
    app = clouds.gcp.create(APP, _APP)
    developer = clouds.gcp.import_(DEVELOPER, f"{ORGANIZATION}/developers/ada@example.com")
    assert developer is not None
    clouds.gcp.delete(developer)
    assert clouds.gcp.read(app) is None


def test_product_is_deleted_though_apps_use_it(clouds: Clouds, product: Deployed) -> None:
    clouds.gcp.create(APP, _APP)
    clouds.gcp.delete(product)
    assert clouds.gcp.read(product) is None


@pytest.mark.parametrize("email", ["Ada@example.com", "ada", "ada@", "a b@example.com"])
def test_developers_email_is_in_lower_case(clouds: Clouds, email: str) -> None:
    with pytest.raises(Refused, match="no email address in lower case"):
        clouds.gcp.create(DEVELOPER, {**_DEVELOPER, "email": email})


def test_developer_changes_in_place_but_for_the_email(clouds: Clouds) -> None:
    made = clouds.gcp.create(DEVELOPER, {**_DEVELOPER, "email": "bob@example.com"})
    assert (made["status"], made["organizatioName"]) == ("active", "sandbox-gateway")
    renamed = {**made.inputs, "firstName": "Robert"}
    assert clouds.gcp.diff(made, renamed).replaced == set()
    clouds.gcp.update(made, renamed)
    assert made["firstName"] == "Robert"
    moved = clouds.gcp.diff(made, {**renamed, "email": "robert@example.com"})
    assert (moved.replaced, moved.deletes_first) == ({"email"}, False)


@pytest.mark.parametrize("token", [PRODUCT, DEVELOPER, APP])
def test_custom_attributes_are_limited_to_18(clouds: Clouds, token: str) -> None:
    inputs = {PRODUCT: _PRODUCT, DEVELOPER: _DEVELOPER, APP: _APP}[token]
    many = [{"name": f"n{index}", "value": "v"} for index in range(19)]
    other = {"email": "eve@example.com"} if token == DEVELOPER else {"name": "other"}
    with pytest.raises(Refused, match="at most 18 custom attributes"):
        clouds.gcp.create(token, {**inputs, **other, "attributes": many})
    clouds.gcp.create(token, {**inputs, **other, "attributes": many[:18]})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "1st"}, "doesn't match regexp"),
        ({"approvalType": "never"}, "expected approval_type"),
        ({"environments": ["none"]}, "environments/none not found"),
        ({"proxies": ["none"]}, "apis/none not found"),
        ({"quota": "10"}, "quota needs quotaInterval and quotaTimeUnit"),
        ({"space": "team"}, "the sandbox has no such part"),
        ({"grpcOperationGroup": {"operationConfigs": []}}, "the sandbox has no such part"),
    ],
)
def test_product_is_checked(clouds: Clouds, change: Plain, words: str) -> None:
    with pytest.raises(Refused, match=words):
        clouds.gcp.create(PRODUCT, {**_PRODUCT, "name": "other", **change})


def test_products_lists_are_sets(clouds: Clouds) -> None:
    clouds.gcp.create(ENVIRONMENT, {"orgId": ORGANIZATION, "name": "alpha", "type": "INTERMEDIATE"})
    inputs = {**_PRODUCT, "name": "other", "apiResources": ["/a", "/b"], "environments": ["alpha"]}
    made = clouds.gcp.create(PRODUCT, inputs)
    assert clouds.gcp.diff(made, {**inputs, "apiResources": ["/b", "/a"]}).changed == set()
    assert clouds.gcp.diff(made, {**inputs, "apiResources": ["/b"]}).changed != set()
