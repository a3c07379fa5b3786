"""How many requests a vault takes in ten seconds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.dataplane.key_vault import throttle
from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.dataplane.key_vault.throttle import Throttle, Transaction
from sandbox.dataplane.key_vault.vaults import Vault
from tests.sandbox.dataplane.rig import VAULT, Rig
from tests.sandbox.dataplane.test_key_vault import ADMINISTRATOR, put, refusal

HERE = Vault(VAULT, "kv-alpha", "westeurope", {}, "1")
NOW = 1_000_000.0


def taken(counts: Throttle, transaction: Transaction, now: float = NOW, vault: Vault = HERE) -> int:
    """How many more a vault takes."""
    number = 0
    with pytest.raises(VaultError) as refused:
        while True:
            counts.count(vault, transaction, now)
            number += 1
    assert (refused.value.status, refused.value.code) == (429, "Throttled")
    return number


@pytest.mark.parametrize(
    ("transaction", "number"),
    [
        (throttle.OTHER, 4_000),
        (throttle.SECRET_CREATE, 300),
        (throttle.key_create(hardware=False), 20),
        (throttle.key_create(hardware=True), 10),
        (throttle.key_use(False, 2048), 4_000),
        (throttle.key_use(False, 3072), 1_000),
        (throttle.key_use(False, 4096), 500),
        (throttle.key_use(False, None), 4_000),
        (throttle.key_use(True, 2048), 2_000),
        (throttle.key_use(True, 3072), 500),
        (throttle.key_use(True, 4096), 250),
        (throttle.key_use(True, None), 2_000),
    ],
)
def test_a_vault_takes_as_many_as_documented(transaction: Transaction, number: int) -> None:
    assert taken(Throttle(), transaction) == number


def test_weights_add_up() -> None:
    """The documentation's own example: 248 with 4,096 bits leave room for 16 with 2,048."""
    counts = Throttle()
    for _ in range(248):
        counts.count(HERE, throttle.key_use(True, 4096), NOW)
    assert taken(counts, throttle.key_use(True, 2048)) == 16


def test_kinds_of_transactions_are_counted_apart() -> None:
    counts = Throttle()
    assert taken(counts, throttle.SECRET_CREATE) == 300
    assert taken(counts, throttle.OTHER) == 4_000


def test_a_refused_request_does_not_count_and_the_next_interval_starts_anew() -> None:
    counts = Throttle()
    for interval in range(3):
        assert taken(counts, throttle.SECRET_CREATE, NOW + interval * throttle.SECONDS) == 300


def test_a_subscription_takes_five_times_as_many_as_a_vault() -> None:
    counts = Throttle()
    vaults = [replace(HERE, name=f"kv-{n}", incarnation=str(n)) for n in range(6)]
    numbers = [taken(counts, throttle.SECRET_CREATE, vault=vault) for vault in vaults]
    assert numbers == [300] * 5 + [0]


class StoppedClock:
    """The sandbox's clock, standing still: requests take their time on a busy machine."""

    def __init__(self, rig: Rig, patch: pytest.MonkeyPatch) -> None:
        self.moment = rig.cloud.clock.now()
        patch.setattr(rig.cloud.clock, "now", lambda: self.moment)


@pytest.fixture
def stopped(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> StoppedClock:
    rig.vault()
    rig.assign(ADMINISTRATOR)
    return StoppedClock(rig, monkeypatch)


def test_the_next_secret_is_throttled_and_reads_go_on(rig: Rig, stopped: StoppedClock) -> None:
    for _ in range(300):
        put(rig)
    answer = rig.vault_call("PUT", "/secrets/orders", json={"value": "canary"})
    assert refusal(answer) == (429, "Throttled", None)
    assert answer.json()["error"]["message"] == (
        "Request was not processed because too many requests were received. Reason:"
        " VaultRequestTypeLimitReached"
    )
    assert "retry-after" not in answer.headers
    assert rig.vault_call("GET", "/secrets/orders").status_code == 200
    stopped.moment += throttle.SECONDS
    put(rig)


def test_twenty_keys_are_made_and_the_next_is_throttled(rig: Rig, stopped: StoppedClock) -> None:
    for _ in range(20):
        assert rig.vault_call("POST", "/keys/k/create", json={"kty": "EC"}).status_code == 200
    for path in ("/keys/k/create", "/keys/k/rotate"):
        assert refusal(rig.vault_call("POST", path, json={"kty": "EC"}))[0] == 429
    assert rig.vault_call("GET", "/keys/k").status_code == 200
    assert stopped.moment == rig.cloud.clock.now()


def test_only_who_has_a_token_is_counted(rig: Rig, stopped: StoppedClock) -> None:
    for _ in range(20):
        answer = rig.vault_call("POST", "/keys/k/create", token="none", json={"kty": "EC"})
        assert answer.status_code == 401
    assert rig.vault_call("POST", "/keys/k/create", json={"kty": "EC"}).status_code == 200
    assert stopped.moment == rig.cloud.clock.now()
