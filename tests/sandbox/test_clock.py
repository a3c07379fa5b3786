"""The sandbox's clock: forward only, and the same in memory as in the store."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sandbox.clock import Clock
from sandbox.store import Store


def test_an_advance_that_could_not_be_stored_did_not_happen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(name: str, value: str) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    store = Store(tmp_path / "state.db")
    clock = Clock(store)
    clock.advance(60)
    with monkeypatch.context() as broken:
        broken.setattr(store, "set_setting", full)
        with pytest.raises(sqlite3.OperationalError):
            clock.advance(1000)
    assert clock.offset == Clock(store).offset == 60
    store.close()


@pytest.mark.parametrize("seconds", [-1, float("nan"), 400 * 86_400 * 10])
def test_a_step_backwards_or_too_far_is_refused(tmp_path: Path, seconds: float) -> None:
    store = Store(tmp_path / "state.db")
    clock = Clock(store)
    with pytest.raises(ValueError, match="the clock"):
        clock.advance(seconds)
    assert clock.offset == 0
    store.close()
