"""The token is renewed before it leaves the cache: by one request, to the harm of none."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.apigee.answers import (
    TOKEN,
    Answer,
    entra_answer,
    entra_refusal,
    vault_answer,
    vault_refusal,
)
from tests.apigee.scene import COLD, MINT, Scene, get

NEW = "canary-second-token"


@pytest.fixture
def ageing(scene: Scene) -> Scene:
    """A token that has been cached for eight minutes; the next one would be another."""
    get(scene)
    scene.calls()
    scene.lines.clear()
    scene.cloud.clock.advance(481)
    scene.entra = [httpx.Response(200, json={"access_token": NEW, "expires_in": 3599})]
    return scene


def _sent_token(scene: Scene) -> str:
    return scene.request("vault").headers["authorization"].removeprefix("Bearer ")


def test_a_token_near_its_end_is_renewed_once_for_all(ageing: Scene) -> None:
    get(ageing)
    assert _sent_token(ageing) == NEW
    assert ageing.calls() == COLD
    ageing.cloud.clock.advance(400)
    for _ in range(4):
        get(ageing)
        assert _sent_token(ageing) == NEW
        assert ageing.calls() == ["vault"]


def test_requests_of_one_moment_renew_it_once(ageing: Scene) -> None:
    async def many() -> list[httpx.Response]:
        return await asyncio.gather(*[ageing.get() for _ in range(20)])

    assert {response.status_code for response in asyncio.run(many())} == {200}
    calls = ageing.calls()
    assert (calls.count("google"), calls.count("entra"), calls.count("vault")) == (1, 1, 20)


@pytest.mark.parametrize(
    ("google", "entra", "calls"),
    [
        (httpx.Response(503), None, ["google", "vault"]),
        (None, httpx.Response(503), COLD),
        (None, httpx.ReadTimeout, COLD),
        (None, httpx.Response(200, html="<p>"), COLD),
        (None, entra_refusal(401, "invalid_client"), COLD),
        (None, entra_refusal(400, "temporarily_unavailable"), COLD),
    ],
)
def test_a_renewal_that_fails_leaves_the_token_in_use_and_is_tried_again_later(
    ageing: Scene, google: Answer | None, entra: Answer | None, calls: list[str]
) -> None:
    ageing.google = [google] if google else ageing.google
    ageing.entra = [entra] if entra else ageing.entra
    assert get(ageing).status_code == 200
    assert _sent_token(ageing) == TOKEN
    assert ageing.calls() == calls
    for _ in range(4):
        get(ageing)
        assert ageing.calls() == ["vault"]
    ageing.cloud.clock.advance(11)
    get(ageing)
    assert ageing.calls() == calls
    assert {(line["outcome"], line["source"]) for line in ageing.lines} == {("served", "fetched")}


@pytest.mark.parametrize(
    ("google", "entra"),
    [
        (None, entra_refusal(400, "temporarily_unavailable")),
        (None, httpx.ReadTimeout),
        (httpx.Response(503), entra_answer()),
    ],
)
def test_a_failed_renewal_is_not_taken_for_a_failure_of_a_later_leg(
    ageing: Scene, google: Answer | None, entra: Answer
) -> None:
    ageing.google = [google, *ageing.google] if google else ageing.google
    ageing.entra = [entra, entra_answer()]
    ageing.vault = [vault_refusal(401), vault_answer()]
    assert get(ageing).status_code == 200
    assert ageing.calls() == [*(["google", "vault"] if google else COLD), *COLD]


@pytest.mark.parametrize("outage", [vault_refusal(503), httpx.ReadTimeout])
def test_an_outage_of_the_vault_after_a_renewal_is_no_failure_of_it(
    ageing: Scene, outage: Answer
) -> None:
    ageing.vault = [outage]
    assert get(ageing).status_code == 503
    assert ageing.calls() == COLD
    ageing.vault = [vault_answer()]
    get(ageing)
    assert _sent_token(ageing) == NEW
    assert ageing.calls() == ["vault"]


def test_a_refused_renewal_forbids_the_last_good_value(ageing: Scene) -> None:
    ageing.declare("stale.orders-backend-key", "900")
    ageing.entra = [entra_answer()]
    get(ageing)
    ageing.cloud.clock.advance(481)
    ageing.entra, ageing.vault = [entra_refusal(401, "invalid_client")], [vault_refusal(503)]
    assert get(ageing).status_code == 503


def test_a_token_that_cannot_be_kept_does_not_replace_the_cached_one(ageing: Scene) -> None:
    ageing.entra = [httpx.Response(200, json={"access_token": NEW, "expires_in": 300})]
    get(ageing)
    assert _sent_token(ageing) == NEW
    get(ageing)
    assert _sent_token(ageing) == TOKEN
    assert ageing.calls() == [*COLD, "vault"]


def test_a_token_lives_no_longer_for_its_renewals_failing(ageing: Scene) -> None:
    ageing.entra = [httpx.Response(503)]
    get(ageing)
    ageing.cloud.clock.advance(119)
    ageing.calls()
    assert get(ageing).status_code == 503
    assert ageing.calls() == MINT
