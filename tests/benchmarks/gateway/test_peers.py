"""Each peer answers by the rule that its module cites, and by no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.gateway.clouds import Clouds
from benchmarks.gateway.peers.bare_callout import BareCallout
from benchmarks.gateway.peers.kong import KongVault
from benchmarks.gateway.peers.peer import Answer, Peer
from benchmarks.gateway.peers.polled import (
    Polled,
    api_management_named_values,
    external_secrets_operator,
    secrets_store_csi,
)

SECRET = "s"
DOWN = Clouds(vault_up=False)
REFUSED = Clouds(allowed=False)
NEW = Clouds(version=2)


def _warm(peer: Peer, at: float = 0) -> Clouds:
    clouds = Clouds()
    assert peer.ask(at, SECRET, clouds) == Answer(1, at)
    return clouds


def test_without_a_cache_each_request_makes_both_calls_and_shares_each_outage() -> None:
    peer, clouds = BareCallout(), Clouds()
    assert [peer.ask(at, SECRET, clouds) for at in (0, 1)] == [Answer(1, 0), Answer(1, 1)]
    assert clouds.asked == {"entra": 2, "vault": 2}
    for broken in (DOWN, REFUSED, Clouds(entra_up=False)):
        assert peer.ask(2, SECRET, broken) is None


@pytest.mark.parametrize("broken", [DOWN, REFUSED, Clouds(entra_up=False)])
def test_kong_by_default_never_asks_again(broken: Clouds) -> None:
    peer = KongVault()
    _warm(peer)
    asked = broken.asked.copy()
    assert peer.ask(10**7, SECRET, broken) == Answer(1, 0)
    assert broken.asked == asked
    assert KongVault().ask(0, SECRET, broken) is None


def test_kong_fetches_anew_after_its_ttl_and_looks_every_minute() -> None:
    peer = KongVault(ttl=90)
    _warm(peer)
    assert peer.ask(89, SECRET, NEW) == Answer(1, 0)
    assert peer.ask(90, SECRET, NEW) == Answer(2, 90)
    peer = KongVault(ttl=30)
    clouds = Clouds(vault_up=False)
    _warm(peer)
    for at in (31, 59, 60, 61, 119, 120):
        assert peer.ask(at, SECRET, clouds) == Answer(1, 0)
    assert clouds.asked["vault"] == 2


@pytest.mark.parametrize("broken", [DOWN, REFUSED])
def test_kong_serves_on_for_its_resurrect_ttl_whatever_failed(broken: Clouds) -> None:
    peer = KongVault(ttl=60, resurrect_ttl=300)
    _warm(peer)
    assert peer.ask(359, SECRET, broken) == Answer(1, 0)
    assert peer.ask(360, SECRET, broken) is None
    peer = KongVault(ttl=60)
    _warm(peer)
    assert peer.ask(10**7, SECRET, broken) == Answer(1, 0)


@pytest.mark.parametrize(
    ("peer", "interval"),
    [
        (external_secrets_operator(), 3600),
        (external_secrets_operator(60), 60),
        (secrets_store_csi(120), 120),
        (api_management_named_values(), 14_400),
    ],
)
def test_a_background_copy_is_refreshed_at_its_interval(peer: Peer, interval: float) -> None:
    _warm(peer)
    assert peer.ask(interval - 1, SECRET, NEW) == Answer(1, 0)
    assert peer.ask(interval, SECRET, NEW) == Answer(2, interval)


@pytest.mark.parametrize("broken", [DOWN, REFUSED, Clouds(entra_up=False)])
@pytest.mark.parametrize("make", [external_secrets_operator, secrets_store_csi])
def test_a_background_copy_stays_when_a_refresh_fails(
    make: Callable[[float], Polled], broken: Clouds
) -> None:
    peer = make(60)
    _warm(peer)
    assert peer.ask(60, SECRET, broken) == Answer(1, 0)
    assert peer.ask(10**6, SECRET, broken) == Answer(1, 0)


def test_csi_without_rotation_never_refreshes() -> None:
    peer = secrets_store_csi()
    _warm(peer)
    assert peer.ask(10**9, SECRET, NEW) == Answer(1, 0)


def test_what_was_never_fetched_is_an_error_until_the_next_refresh() -> None:
    peer = external_secrets_operator(60)
    assert peer.ask(0, SECRET, DOWN) is None
    assert peer.ask(59, SECRET, Clouds()) is None
    assert peer.ask(60, SECRET, Clouds()) == Answer(1, 60)
