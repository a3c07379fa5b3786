"""What the sandbox's state promises."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.clock import Clock
from sandbox.store import AlreadyExists, NotFound, Store

_VAULT = "azure-native:keyvault:Vault"
_ENTRY = "gcp:apigee/environmentKeyvaluemapsEntries:EnvironmentKeyvaluemapsEntries"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "state.db")
    yield opened
    opened.close()


def test_azure_ids_are_compared_without_case_and_google_ids_with_it(store: Store) -> None:
    store.insert(_VAULT, "/subscriptions/S/vaults/V", {"a": 1}, 1.0)
    store.insert(_ENTRY, "organizations/o/entries/Key", {}, 1.0)

    found = store.get(_VAULT, "/SUBSCRIPTIONS/s/vaults/v")
    assert found is not None
    assert found.id == "/subscriptions/S/vaults/V"
    assert store.get(_ENTRY, "organizations/o/entries/key") is None


def test_inserting_what_exists_is_refused_and_changes_nothing(store: Store) -> None:
    store.insert(_VAULT, "/v", {"a": 1}, 1.0)
    with pytest.raises(AlreadyExists):
        store.insert(_VAULT, "/V", {"a": 2}, 2.0)
    found = store.get(_VAULT, "/v")
    assert found is not None
    assert found.body == {"a": 1}


def test_changing_or_removing_what_is_missing_is_refused(store: Store) -> None:
    with pytest.raises(NotFound):
        store.replace(_VAULT, "/v", {}, 1.0)
    with pytest.raises(NotFound):
        store.remove(_VAULT, "/v", 1.0)


def test_a_transaction_that_fails_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction():
        store.insert(_VAULT, "/v", {}, 1.0)
        raise RuntimeError
    assert store.all(_VAULT) == []


def test_shared_objects_are_one_reading_until_one_of_their_type_changes(store: Store) -> None:
    store.insert(_VAULT, "/v", {"a": 1}, 1.0)
    first = store.shared(_VAULT)
    store.insert(_ENTRY, "organizations/o/entries/key", {}, 2.0)
    assert store.shared(_VAULT) is first

    store.replace(_VAULT, "/v", {"a": 2}, 2.0)
    assert [found.body for found in store.shared(_VAULT)] == [{"a": 2}]
    store.insert(_VAULT, "/w", {}, 3.0)
    assert [found.id for found in store.shared(_VAULT)] == ["/v", "/w"]
    store.remove(_VAULT, "/v", 4.0)
    assert [found.id for found in store.shared(_VAULT)] == ["/w"]


def test_a_types_revision_and_time_are_moved_by_its_own_writes_only(store: Store) -> None:
    assert (store.revision_of([_VAULT]), store.changed_at([_VAULT])) == (0, 0.0)
    store.insert(_VAULT, "/v", {}, 1.0)
    store.insert(_ENTRY, "organizations/o/entries/key", {}, 2.0)
    before = store.revision_of([_VAULT])
    assert store.changed_at([_VAULT]) == 1.0
    store.replace(_VAULT, "/v", {"a": 1}, 3.0)
    store.remove(_VAULT, "/v", 4.0)
    assert store.revision_of([_VAULT]) == before + 2
    assert store.changed_at([_VAULT, _ENTRY]) == 4.0
    assert store.changed_at([_ENTRY]) == 2.0


def test_what_was_shared_in_a_transaction_that_failed_is_forgotten(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction():
        store.insert(_VAULT, "/v", {}, 1.0)
        assert [found.id for found in store.shared(_VAULT)] == ["/v"]
        raise RuntimeError
    assert store.shared(_VAULT) == ()
    assert not store.in_effect(_VAULT, now=2.0, delay=0)


def test_what_can_not_be_committed_leaves_nothing_behind_and_the_next_is_served(
    store: Store,
) -> None:
    def deny_commit(action: int, argument: str | None, *_: object) -> int:
        denied = action == sqlite3.SQLITE_TRANSACTION and argument == "COMMIT"
        return sqlite3.SQLITE_DENY if denied else sqlite3.SQLITE_OK

    store._connection.set_authorizer(deny_commit)
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        store.insert(_VAULT, "/v", {}, 1.0)
    store._connection.set_authorizer(None)
    assert store.all(_VAULT) == []
    store.insert(_VAULT, "/v", {}, 1.0)


def test_a_module_may_register_its_tables_in_the_middle_of_a_transaction(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction():
        store.insert(_VAULT, "/v", {}, 1.0)
        store.ensure("CREATE TABLE IF NOT EXISTS mine (name TEXT);")
        raise RuntimeError
    assert store.all(_VAULT) == []


def test_what_is_given_or_taken_takes_effect_after_the_delay_and_not_before(store: Store) -> None:
    store.insert(_VAULT, "/v", {}, 100.0)
    assert not store.in_effect(_VAULT, now=219.9, delay=120)
    assert [found.id for found in store.in_effect(_VAULT, now=220.0, delay=120)] == ["/v"]

    store.remove(_VAULT, "/v", 300.0)
    assert [found.id for found in store.in_effect(_VAULT, now=419.9, delay=120)] == ["/v"]
    assert not store.in_effect(_VAULT, now=420.0, delay=120)


def test_a_grant_and_its_end_both_arrive_late_and_in_order(store: Store) -> None:
    store.insert(_VAULT, "/v", {}, 100.0)
    store.remove(_VAULT, "/v", 150.0)
    seen = [now for now in range(100, 500) if store.in_effect(_VAULT, now=float(now), delay=120)]
    assert seen == list(range(220, 270))


def test_committed_state_survives_a_kill(tmp_path: Path) -> None:
    writer = (
        "import sys, pathlib, time\n"
        "from sandbox.store import Store\n"
        "store = Store(pathlib.Path(sys.argv[1]))\n"
        "store.insert('t', 'committed', {}, 1.0)\n"
        "with store.transaction():\n"
        "    store.insert('t', 'unfinished', {}, 1.0)\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
    )
    database = tmp_path / "state.db"
    command = [sys.executable, "-c", writer, str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        os.kill(child.pid, signal.SIGKILL)
    assert [found.id for found in Store(database).all("t")] == ["committed"]


def test_the_clock_keeps_its_offset_and_only_moves_forward(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    clock = Clock(store)
    before = clock.now()
    clock.advance(3600)
    assert Clock(store).now() >= before + 3600
    for backwards in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="forward"):
            clock.advance(backwards)
    for too_far in (1e30, float("inf")):
        with pytest.raises(ValueError, match="ten years"):
            clock.advance(too_far)
    assert Clock(store).now() < before + 2 * 3600
