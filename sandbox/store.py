"""The sandbox's state: one SQLite file that survives a `kill -9`.

Owns the connection, the transaction and the table of cloud objects (control-plane resources, as
the clouds hold them). Modules that need tables of their own (secret values, audit rows) register
them with `Store.ensure` and keep their SQL to themselves.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Body = dict[str, Any]
"""A cloud object as JSON: nested dicts, lists, strings, numbers, booleans and None."""

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    type TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    created REAL NOT NULL, changed REAL NOT NULL, PRIMARY KEY (type, key)
);
CREATE TABLE IF NOT EXISTS removed (
    type TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    created REAL NOT NULL, removed REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS removed_by_type ON removed (type, removed);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class AlreadyExists(Exception):
    """An object with that type and id is there already."""


class NotFound(Exception):
    """No object with that type and id."""


@dataclass(frozen=True)
class StoredObject:
    """One cloud object. `created`, `changed` are seconds since 1970 on the sandbox's clock."""

    type: str
    id: str
    body: Body
    created: float
    changed: float


def _key(object_id: str) -> str:
    """Azure Resource Manager ids (they start with `/`) are compared without regard to case."""
    return object_id.lower() if object_id.startswith("/") else object_id


class Store:
    """Thread-safe: the control plane's gRPC threads and the data plane's event loop share one connection.

    Every method is its own transaction unless called inside `with store.transaction()`. The clock's
    offset lives here too, so that moved time survives a restart; read it through `sandbox.clock`.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._revision = 0
        self._shared: dict[str, tuple[StoredObject, ...]] = {}
        self._revisions: Counter[str] = Counter()
        self._times: dict[str, float] = {}
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        # WAL with NORMAL loses nothing when the process dies; only a power cut could lose the tail.
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self.ensure(_TABLES)

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._connection.close()

    def ensure(self, ddl: str) -> None:
        """Run `CREATE … IF NOT EXISTS` statements of a module that keeps tables of its own."""
        # Not executescript, which would commit a transaction that is under way.
        with self.transaction() as connection:
            for statement in ddl.split(";"):
                connection.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing: commits at the end of the block, rolls back if it raises. Nests."""
        with self._lock:
            if self._depth:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # SQLite itself ends a transaction for which there is no room.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                # What was read since the block began may never have been.
                self._shared.clear()
                raise
            finally:
                self._depth -= 1

    @property
    def revision(self) -> int:
        """Grows with every write of an object in this process: a cheap test for cached views."""
        return self._revision

    def revision_of(self, types: Iterable[str]) -> int:
        """As `revision`, for a view that is made of objects of these types only."""
        return sum([self._revisions[type_] for type_ in types])

    def changed_at(self, types: Iterable[str]) -> float:
        """When objects of these types were last written in this process (seconds since 1970); 0 if never."""
        return max(self._times.get(type_, 0.0) for type_ in types)

    def _changed(self, type_: str, now: float) -> None:
        self._revision += 1
        self._revisions[type_] += 1
        self._times[type_] = now
        self._shared.pop(type_, None)

    def insert(self, type_: str, object_id: str, body: Mapping[str, Any], now: float) -> None:
        """Add an object. Raises AlreadyExists."""
        row = (type_, _key(object_id), object_id, json.dumps(body), now, now)
        with self.transaction() as connection:
            try:
                connection.execute("INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?)", row)
            except sqlite3.IntegrityError as error:
                raise AlreadyExists(f"{type_} {object_id}") from error
            self._changed(type_, now)

    def replace(self, type_: str, object_id: str, body: Mapping[str, Any], now: float) -> None:
        """Change an object in place. Raises NotFound."""
        with self.transaction() as connection:
            cursor = connection.execute(
                "UPDATE objects SET body = ?, changed = ? WHERE type = ? AND key = ?",
                (json.dumps(body), now, type_, _key(object_id)),
            )
            if cursor.rowcount == 0:
                raise NotFound(f"{type_} {object_id}")
            self._changed(type_, now)

    def remove(self, type_: str, object_id: str, now: float) -> None:
        """Delete an object, remembering it for rules that need what was (propagation). Raises NotFound."""
        with self.transaction() as connection:
            found = self.get(type_, object_id)
            if found is None:
                raise NotFound(f"{type_} {object_id}")
            connection.execute(
                "INSERT INTO removed VALUES (?, ?, ?, ?, ?)",
                (type_, found.id, json.dumps(found.body), found.created, now),
            )
            connection.execute(
                "DELETE FROM objects WHERE type = ? AND key = ?", (type_, _key(object_id))
            )
            self._changed(type_, now)

    def get(self, type_: str, object_id: str) -> StoredObject | None:
        """The object, or None."""
        with self._lock:
            row = self._connection.execute(
                "SELECT * FROM objects WHERE type = ? AND key = ?", (type_, _key(object_id))
            ).fetchone()
        return _stored(row) if row else None

    def all(self, type_: str) -> list[StoredObject]:
        """Every object of a type, by id."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT * FROM objects WHERE type = ? ORDER BY key", (type_,)
            ).fetchall()
        return [_stored(row) for row in rows]

    def shared(self, type_: str) -> tuple[StoredObject, ...]:
        """The same, read once until one of the type changes: every caller gets these very objects.

        For what is looked up again and again; nobody may change their bodies.
        """
        with self._lock:
            found = self._shared.get(type_)
            if found is None:
                found = self._shared[type_] = tuple(self.all(type_))
            return found

    def in_effect(self, type_: str, now: float, delay: float) -> list[StoredObject]:
        """Objects whose effect has propagated: made at least `delay` seconds before `now`, or removed less.

        As with `shared`, nobody may change their bodies.
        """
        with self._lock:
            live = [found for found in self.shared(type_) if found.created <= now - delay]
            gone = self._connection.execute(
                "SELECT type, id, body, created, created AS changed FROM removed"
                " WHERE type = ? AND created <= ? AND removed > ?",
                (type_, now - delay, now - delay),
            ).fetchall()
        return [*live, *(_stored(row) for row in gone)]

    def setting(self, name: str) -> str | None:
        """A value that `set_setting` kept, or None."""
        with self._lock:
            row = self._connection.execute(
                "SELECT value FROM settings WHERE name = ?", (name,)
            ).fetchone()
        return None if row is None else str(row["value"])

    def set_setting(self, name: str, value: str) -> None:
        """Keep a value of the sandbox's own (the clock's offset, say) across restarts."""
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO settings VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )


def _stored(row: sqlite3.Row) -> StoredObject:
    return StoredObject(
        row["type"], row["id"], json.loads(row["body"]), row["created"], row["changed"]
    )
