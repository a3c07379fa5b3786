"""What is kept of an answer, and when it is used again: caches, outages, versions, expiry, absence."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from tests.apigee import answers
from tests.apigee import scene as scenes
from tests.apigee.answers import NAME, Answer, entra_refusal, vault_answer, vault_refusal
from tests.apigee.scene import COLD, Scene, get, with_parameters

OTHER_VERSION = "f" * 32
KVM_SECONDS = 60
# For so long a message processor goes by what it has read, whatever another one has dropped.
PROCESSOR_SECONDS = 1
OUTAGES: dict[str, Answer] = {
    "timeout": httpx.ReadTimeout,
    "lost": httpx.ConnectError,
    "429": vault_refusal(429),
    "500": httpx.Response(500, html="<p>"),
    "503": vault_refusal(503),
    "unreadable": httpx.Response(200, html="<p>"),
    "no-value": httpx.Response(200, json={"attributes": {"exp": 1_000_000_000}}),
}
# Each answer with the outcome that it is.
REFUSALS: dict[str, tuple[Answer, str]] = {
    "vault-role": (vault_refusal(403, "ForbiddenByRbac"), "vault-role"),
    "firewall": (vault_refusal(403, "ForbiddenByConnection"), "vault-firewall"),
    "disabled": (vault_refusal(403, "SecretDisabled"), "disabled"),
    "403": (vault_refusal(403), "vault-refused"),
    "404": (vault_refusal(404), "not-found"),
    "401": (vault_refusal(401), "vault-token"),
}


def _served(scene: Scene) -> str:
    """The value that the backend got."""
    return scene.request("backend").headers["x-api-key"]


def _told(scene: Scene) -> tuple[str, str, str]:
    line = scene.lines[-1]
    return line["outcome"], line["source"], line["version"]


def _again(scene: Scene, key: str, value: str | None) -> None:
    """Change the declaration and wait until the gateway knows it."""
    scene.declare(key, value)
    scene.cloud.clock.advance(KVM_SECONDS)


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=list(OUTAGES))
def test_an_outage_of_the_vault_is_answered_with_the_last_good_value_until_its_bound(
    scene: Scene, outage: Answer
) -> None:
    scene.declare(f"stale.{NAME}", "400")
    get(scene)
    fetched = scene.lines[-1]["fetched"]
    scene.vault = [outage]
    scene.calls()
    scene.cloud.clock.advance(399)
    response = get(scene)
    assert (response.status_code, _served(scene)) == (200, answers.VALUE)
    assert _told(scene) == ("served", "stale", answers.VERSION)
    assert scene.lines[-1]["fetched"] == fetched
    assert scene.lines[-1]["vaultEnd"] is not None
    assert scene.calls() == ["vault"]
    assert "canary" not in response.text + json.dumps(scene.lines)
    scene.cloud.clock.advance(2)
    response = get(scene)
    assert (response.status_code, response.headers["retry-after"]) == (503, "10")
    assert (scene.lines[-1]["source"], scene.lines[-1]["fetched"]) == ("fetched", None)


@pytest.mark.parametrize(
    "outage",
    [
        httpx.Response(429),
        httpx.Response(503),
        entra_refusal(400, "temporarily_unavailable"),
        httpx.ReadTimeout,
        httpx.ConnectError,
        httpx.Response(200, html="<p>"),
    ],
)
def test_an_outage_of_entra_is_answered_with_the_last_good_value(
    scene: Scene, outage: Answer
) -> None:
    scene.declare(f"stale.{NAME}", "86400")
    get(scene)
    scene.cloud.clock.advance(86_000)
    scene.entra = [outage]
    assert get(scene).status_code == 200
    assert _told(scene) == ("served", "stale", answers.VERSION)
    scene.cloud.clock.advance(401)
    assert get(scene).status_code == 503


def test_a_failure_of_the_google_identity_is_answered_with_nothing(scene: Scene) -> None:
    scene.declare(f"stale.{NAME}", "86400")
    get(scene)
    scene.cloud.clock.advance(1000)
    scene.google = [httpx.Response(503)]
    assert get(scene).json()["error"]["code"] == "google-identity"
    scene.google = [httpx.Response(200, json={"token": answers.ASSERTION})]
    scene.entra = [httpx.Response(503)]
    assert get(scene).status_code == 503


@pytest.mark.parametrize("seconds", [None, "", "0", "-1", "86401", "1e3", "long", "<"])
def test_without_a_bound_nothing_is_stale(scene: Scene, seconds: str | None) -> None:
    scene.declare(f"stale.{NAME}", seconds)
    get(scene)
    scene.vault = [vault_refusal(503)]
    assert get(scene).status_code == 503


@pytest.mark.parametrize(("answer", "outcome"), REFUSALS.values(), ids=list(REFUSALS))
def test_a_refusal_is_answered_with_nothing_old_and_neither_is_an_outage_after_it(
    scene: Scene, answer: Answer, outcome: str
) -> None:
    scene.declare(f"stale.{NAME}", "86400")
    scene.declare(f"cache.{NAME}", "1")
    get(scene)
    scene.cloud.clock.advance(2)
    scene.vault = [answer]
    assert get(scene).json()["error"]["code"] == outcome
    scene.vault = [vault_refusal(503)]
    scene.cloud.clock.advance(PROCESSOR_SECONDS)
    assert get(scene).status_code == 503


def test_a_refusal_by_entra_is_no_outage_and_drops_what_was_good(scene: Scene) -> None:
    scene.declare(f"stale.{NAME}", "86400")
    get(scene)
    scene.cloud.clock.advance(1000)
    scene.entra = [entra_refusal(401, "invalid_client")]
    assert get(scene).json()["error"]["code"] == "federation"
    scene.entra = [httpx.Response(503)]
    assert get(scene).status_code == 503


def test_an_outage_after_a_refused_token_in_one_request_is_answered_with_nothing(
    scene: Scene,
) -> None:
    scene.declare(f"stale.{NAME}", "86400")
    get(scene)
    scene.vault = [vault_refusal(401), vault_refusal(503)]
    assert get(scene).status_code == 503
    scene.cloud.clock.advance(PROCESSOR_SECONDS)
    assert get(scene).status_code == 503


def test_an_outage_after_one_generations_refusal_is_answered_with_nothing(scene: Scene) -> None:
    scene.declare("identity.even", f"0002:{scenes.SECOND}")
    scene.declare(f"stale.{NAME}", "86400")
    get(scene)
    scene.cloud.clock.advance(1000)
    scene.entra = [entra_refusal(401, "invalid_client"), httpx.Response(503)]
    assert get(scene).status_code == 503


def test_the_bound_counts_from_the_last_good_fetch(scene: Scene) -> None:
    scene.declare(f"stale.{NAME}", "100")
    get(scene)
    scene.cloud.clock.advance(90)
    get(scene)
    scene.vault = [vault_refusal(503)]
    scene.cloud.clock.advance(99)
    assert get(scene).status_code == 200
    scene.cloud.clock.advance(2)
    assert get(scene).status_code == 503


@pytest.mark.parametrize("kind", ["cache", "stale"])
def test_a_lifetime_that_is_lowered_or_withdrawn_counts_for_what_is_kept_already(
    scene: Scene, kind: str
) -> None:
    scene.declare(f"{kind}.{NAME}", "3600")
    get(scene)
    scene.vault = [vault_refusal(503)]
    _again(scene, f"{kind}.{NAME}", "90")
    assert get(scene).status_code == 200
    scene.cloud.clock.advance(31)
    assert get(scene).status_code == 503
    _again(scene, f"{kind}.{NAME}", "3600")
    assert get(scene).status_code == 200
    _again(scene, f"{kind}.{NAME}", None)
    assert get(scene).status_code == 503


def test_a_cached_value_is_not_stale_and_a_stale_one_is_not_cached(scene: Scene) -> None:
    scene.declare(f"cache.{NAME}", "30")
    scene.declare(f"stale.{NAME}", "900")
    get(scene)
    scene.vault = [vault_refusal(503)]
    get(scene)
    assert _told(scene)[:2] == ("served", "cached")
    scene.cloud.clock.advance(31)
    for _ in range(2):
        scene.calls()
        get(scene)
        assert _told(scene)[:2] == ("served", "stale")
        assert scene.calls() == ["vault"]


def test_only_what_was_kept_as_last_good_is_ever_stale(scene: Scene) -> None:
    scene.declare(f"cache.{NAME}", "600")
    get(scene)
    scene.declare(f"stale.{NAME}", "900")
    _again(scene, f"cache.{NAME}", "30")
    scene.vault = [vault_refusal(503)]
    assert get(scene).status_code == 503


def test_another_vaults_or_secrets_value_is_never_stale_here(scene: Scene) -> None:
    for name in (NAME, "invoices-backend-key"):
        scene.declare(f"stale.{name}", "900")
    scene.declare("grant.invoices-backend-key.orders-v1", "allowed")
    get(scene)
    scene.vault = [vault_refusal(503)]
    assert get(scene, "/orders/v1/invoices").status_code == 503


Changed = Callable[..., Scene]


@pytest.fixture
def pinned(changed: Changed) -> Scene:
    """The sample asks for one version for orders, and for the latest for another secret's path."""
    same = ("policies/FC-InvoicesKey.xml", "invoices-backend-key", NAME)
    return changed(with_parameters(secret__requested_version=OTHER_VERSION), same)


LATEST = "/orders/v1/invoices"


def test_a_version_of_ones_own_choice_is_asked_for_and_kept_apart(pinned: Scene) -> None:
    pinned.declare(f"cache.{NAME}", "300")
    pinned.vault = [vault_answer("canary-old", OTHER_VERSION), vault_answer()]
    get(pinned)
    path = f"/secrets/{NAME}/{OTHER_VERSION}?api-version=2025-07-01"
    assert pinned.request("vault").url.raw_path == path.encode()
    assert (_served(pinned), _told(pinned)[2]) == ("canary-old", OTHER_VERSION)
    for _ in range(2):
        get(pinned, LATEST)
        assert (_served(pinned), _told(pinned)[2]) == (answers.VALUE, answers.VERSION)
        get(pinned)
        assert (_served(pinned), _told(pinned)[1]) == ("canary-old", "cached")


def test_a_version_of_ones_own_choice_is_never_stale(pinned: Scene) -> None:
    pinned.declare(f"stale.{NAME}", "900")
    get(pinned, LATEST)
    get(pinned)
    pinned.vault = [vault_refusal(503)]
    assert get(pinned).status_code == 503
    assert get(pinned, LATEST).status_code == 200


@pytest.mark.parametrize(
    ("answer", "latest_is_dropped"),
    [(vault_refusal(404), False), (vault_refusal(403, "ForbiddenByRbac"), True)],
)
def test_a_version_that_is_gone_says_nothing_of_the_latest_but_a_refused_identity_does(
    pinned: Scene, answer: httpx.Response, latest_is_dropped: bool
) -> None:
    pinned.declare(f"stale.{NAME}", "900")
    get(pinned, LATEST)
    pinned.vault = [answer]
    get(pinned)
    pinned.vault = [vault_refusal(503)]
    pinned.cloud.clock.advance(PROCESSOR_SECONDS)
    assert get(pinned, LATEST).status_code == (503 if latest_is_dropped else 200)


def test_a_version_outlives_its_call_in_no_later_one(changed: Changed) -> None:
    both = "<Name>FC-OrdersKey</Name></Step><Step><Name>FC-InvoicesKey</Name>"
    scene = changed(
        with_parameters(secret__requested_version=OTHER_VERSION),
        ("policies/FC-InvoicesKey.xml", "invoices-backend-key", NAME),
        ("proxies/default.xml", "<Name>FC-OrdersKey</Name>", both),
    )
    get(scene)
    assert scene.request("vault").url.path == f"/secrets/{NAME}"
    assert scene.calls() == [*COLD, "vault"]


@pytest.mark.parametrize("version", ["latest", "F" * 32, "f" * 31, "f" * 33, "../x", "a b", "\n"])
def test_a_version_that_is_none_is_told_to_who_may_read_and_asked_of_nobody(
    changed: Changed, version: str
) -> None:
    scene = changed(with_parameters(secret__requested_version=f"<![CDATA[{version}]]>"))
    scene.declare(f"stale.{NAME}", "900")
    response = get(scene)
    if not version.strip():
        assert response.status_code == 200
        return
    assert (response.status_code, response.json()["error"]["code"]) == (500, "bad-call")
    assert scene.lines[-1]["outcome"] == "bad-call"
    assert scene.calls() == []


def _expiring(scene: Scene, seconds: int) -> None:
    scene.vault = [vault_answer(exp=int(scene.cloud.clock.now()) + seconds)]


def test_an_expired_secret_is_refused_where_that_is_declared(scene: Scene) -> None:
    scene.declare(f"expired.{NAME}", "refused")
    _expiring(scene, -10)
    response = get(scene)
    assert (response.status_code, response.json()["error"]["code"]) == (409, "expired")
    assert "backend" not in [name for name, _ in scene.sent]
    _expiring(scene, 1000)
    assert get(scene).status_code == 200


@pytest.mark.parametrize("refused", [True, False])
def test_a_kept_value_expires_as_a_fetched_one_does(scene: Scene, refused: bool) -> None:
    scene.declare(f"cache.{NAME}", "600")
    scene.declare(f"stale.{NAME}", "900")
    if refused:
        scene.declare(f"expired.{NAME}", "refused")
    _expiring(scene, 100)
    get(scene)
    scene.cloud.clock.advance(90)
    get(scene)
    assert _told(scene)[:2] == ("served", "cached")
    scene.cloud.clock.advance(20)
    scene.vault = [vault_refusal(503)]
    if refused:
        assert get(scene).status_code == 503
        scene.vault = [vault_answer("canary-new")]
        assert get(scene).status_code == 200
        assert (_served(scene), _told(scene)[1]) == ("canary-new", "fetched")
    else:
        get(scene)
        assert _told(scene)[:2] == ("expired", "cached")
        scene.cloud.clock.advance(600)
        get(scene)
        assert _told(scene)[:2] == ("expired", "stale")


def test_an_absent_secret_is_asked_for_once_in_its_seconds_where_that_is_declared(
    scene: Scene,
) -> None:
    scene.declare(f"absent.{NAME}", "60")
    scene.vault = [vault_refusal(404)]
    for calls, source in ((COLD, "fetched"), ([], "cached"), ([], "cached")):
        assert get(scene).status_code == 404
        assert _told(scene)[:2] == ("not-found", source)
        assert scene.calls() == calls
    scene.vault = [vault_answer()]
    scene.cloud.clock.advance(61)
    assert get(scene).status_code == 200


@pytest.mark.parametrize("seconds", [None, "0", "61", "-1", "soon"])
def test_an_absent_secret_is_asked_for_each_time_elsewhere(
    scene: Scene, seconds: str | None
) -> None:
    scene.declare(f"absent.{NAME}", seconds)
    scene.vault = [vault_refusal(404), vault_answer()]
    assert get(scene).status_code == 404
    assert get(scene).status_code == 200


def test_only_absence_is_kept_as_absence(scene: Scene) -> None:
    scene.declare(f"absent.{NAME}", "60")
    scene.vault = [vault_refusal(403, "ForbiddenByRbac"), vault_refusal(503), vault_answer()]
    assert [get(scene).status_code for _ in range(3)] == [500, 503, 200]
