"""Where a secret lists client applications, the one that the proxy has verified must be among them."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.apigee.answers import NAME
from tests.apigee.scene import COLD, Edit, Scene, get

APP = "77777777-7777-4777-8777-777777777777"
OTHER_APP = "88888888-8888-4888-8888-888888888888"
KEYS = {APP: "canary-consumer-key", OTHER_APP: "canary-other-consumer-key"}
CLIENT_GRANT = f"client-grant.{NAME}.orders-v1"
STEP = "<Name>FC-OrdersKey</Name>"


def _before(policy: str, text: str) -> list[Edit]:
    """Edits by which the sample runs a policy of its own before it asks for the secret."""
    return [
        (f"policies/{policy}.xml", "", text),
        ("proxies/default.xml", STEP, f"<Name>{policy}</Name></Step><Step>{STEP}"),
    ]


def _verifying(policy: str = "VA-Client", attributes: str = "") -> list[Edit]:
    key = '<APIKey ref="request.header.x-client-key"/>'
    return _before(policy, f'<VerifyAPIKey name="{policy}"{attributes}>{key}</VerifyAPIKey>')


def _with_apps(scene: Scene) -> Scene:
    """Two approved applications of one developer; the secret lists the first of them."""
    scene.put("apiProduct:ApiProduct", "apiproducts/orders", {"name": "orders"})
    developer: dict[str, object] = {"email": "d@example.com", "status": "active"}
    scene.put("developer:Developer", "developers/d", developer)
    for app, key in KEYS.items():
        credential = {
            "consumerKey": key,
            "status": "approved",
            "apiProducts": [{"apiproduct": "orders", "status": "approved"}],
        }
        body: dict[str, object] = {
            "name": "mobile",
            "appId": app,
            "status": "approved",
            "developerEmail": "d@example.com",
            "credentials": [credential],
        }
        scene.put("developerApp:DeveloperApp", f"developers/d/apps/{app}", body)
    scene.declare(f"grant.{NAME}.orders-v1", None)
    scene.declare(CLIENT_GRANT, "allowed")
    scene.declare(f"client.{NAME}.{APP}", "allowed")
    return scene


def _as_app(scene: Scene, app: str) -> httpx.Response:
    return get(scene, **{"x-client-key": KEYS[app]})


Changed = Callable[..., Scene]


def test_only_the_listed_application_is_served(changed: Changed) -> None:
    scene = _with_apps(changed(*_verifying()))
    assert _as_app(scene, APP).status_code == 200
    assert scene.calls() == COLD
    response = _as_app(scene, OTHER_APP)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "not-allowed")
    assert scene.calls() == []


@pytest.mark.parametrize(
    "entry", [CLIENT_GRANT, f"client.{NAME}.{APP}"], ids=["proxy", "application"]
)
@pytest.mark.parametrize("value", [None, "no"])
def test_proxy_and_application_must_both_be_listed(
    changed: Changed, entry: str, value: str | None
) -> None:
    scene = _with_apps(changed(*_verifying()))
    scene.declare(entry, value)
    assert _as_app(scene, APP).status_code == 403


def test_an_application_that_nobody_verified_is_none(scene: Scene) -> None:
    assert _as_app(_with_apps(scene), APP).status_code == 403


@pytest.mark.parametrize(
    "edits",
    [
        _verifying("VA-Other"),
        _before(
            "AM-Header",
            '<AssignMessage name="AM-Header"><AssignVariable><Name>client.app.id</Name>'
            "<Ref>request.header.x-app-id</Ref></AssignVariable></AssignMessage>",
        ),
    ],
    ids=["other-policy", "header"],
)
def test_only_the_policy_of_that_name_verifies(changed: Changed, edits: list[Edit]) -> None:
    scene = _with_apps(changed(*edits))
    response = get(scene, **{"x-client-key": KEYS[APP], "x-app-id": APP})
    assert response.status_code != 200
    assert "vault" not in scene.calls()


def test_a_key_that_failed_after_one_that_did_not_is_no_verified_one(changed: Changed) -> None:
    name = "<Name>VA-Client</Name>"
    again = f"{name}</Step><Step><Name>AM-Other</Name></Step><Step>{name}"
    other = '<Set><Headers><Header name="x-client-key">canary-none</Header></Headers></Set>'
    scene = _with_apps(
        changed(
            *_verifying(attributes=' continueOnError="true"'),
            (
                "policies/AM-Other.xml",
                "",
                f'<AssignMessage name="AM-Other">{other}</AssignMessage>',
            ),
            ("proxies/default.xml", name, again),
        )
    )
    assert _as_app(scene, APP).status_code == 403


def test_a_secret_that_lists_none_needs_none(changed: Changed) -> None:
    scene = _with_apps(changed(*_verifying()))
    scene.declare(f"grant.{NAME}.orders-v1", "allowed")
    assert _as_app(scene, OTHER_APP).status_code == 200


def test_a_revoked_application_is_refused_in_sixty_seconds_in_spite_of_the_cache(
    changed: Changed,
) -> None:
    scene = _with_apps(changed(*_verifying()))
    scene.declare(f"cache.{NAME}", "3600")
    _as_app(scene, APP)
    scene.declare(f"client.{NAME}.{APP}", None)
    scene.cloud.clock.advance(61)
    assert _as_app(scene, APP).status_code == 403
