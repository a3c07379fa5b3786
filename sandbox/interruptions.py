"""Kills the engine or the sandbox at one operation on a resource, so that recovery can be proved.

Armed once, it strikes once: at the next create, update or delete that it hasn't struck at before,
so that arming again and again goes through every operation there is. What it struck at is kept in
the store, because it may be the sandbox itself that dies. Owns the blow, not the mending
(`recovery`).
"""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass, replace
from enum import StrEnum

from sandbox.store import Store

_TABLE = """
CREATE TABLE IF NOT EXISTS interruptions (
    number INTEGER PRIMARY KEY, operation TEXT NOT NULL, urn TEXT NOT NULL,
    UNIQUE (operation, urn)
)
"""


class Victim(StrEnum):
    """Whose process dies."""

    ENGINE = "engine"
    SANDBOX = "sandbox"


class Moment(StrEnum):
    """When: before the cloud has done anything, or when it is done and the engine hasn't heard."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Interruption:
    """What was struck at: `create`, `update` or `delete` of the resource with that URN."""

    operation: str
    urn: str


@dataclass(frozen=True)
class _Blow:
    victim: Victim
    moment: Moment
    spared: int


class Interruptions:
    """The armed blow of one sandbox, if any, and those of the past. Thread-safe."""

    def __init__(self, store: Store) -> None:
        store.ensure(_TABLE)
        self._store = store
        self._lock = threading.Lock()
        self._armed: _Blow | None = None

    def arm(self, victim: Victim, moment: Moment, spared: int = 0) -> None:
        """Strike at the next operation that wasn't struck at before; a restart forgets it.

        `spared`: how many operations may pass before. Raises ValueError when it is negative.
        """
        if spared < 0:
            raise ValueError(f"{spared} operations can't be spared: give 0 or more")
        with self._lock:
            self._armed = _Blow(victim, moment, spared)

    def past(self) -> list[Interruption]:
        """Everything that was struck at, in its order."""
        with self._store.transaction() as connection:
            rows = connection.execute("SELECT operation, urn FROM interruptions ORDER BY number")
            return [Interruption(row["operation"], row["urn"]) for row in rows]

    def reached(self, moment: Moment, operation: str, urn: str, engine: int) -> None:
        """An operation is at `moment`; may not return. `engine`: the process id of its engine."""
        with self._lock:
            blow = self._armed
            if blow is None or blow.moment is not moment:
                return
            if blow.spared:
                self._armed = replace(blow, spared=blow.spared - 1)
            elif self._first_at(operation, urn):
                self._armed = None
                os.kill(engine if blow.victim is Victim.ENGINE else os.getpid(), signal.SIGKILL)

    def _first_at(self, operation: str, urn: str) -> bool:
        with self._store.transaction() as connection:
            cursor = connection.execute(
                "INSERT OR IGNORE INTO interruptions (operation, urn) VALUES (?, ?)",
                (operation, urn),
            )
            return cursor.rowcount == 1
