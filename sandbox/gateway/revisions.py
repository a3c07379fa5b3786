"""The revisions of proxies and shared flows: their zips as they were imported.

Owns its table. Whether a zip can run is `bundle`'s to say, what is deployed `deployments`'.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from sandbox.store import Store

Kind = Literal["proxy", "sharedflow"]

_TABLE = """
CREATE TABLE IF NOT EXISTS revisions (
    kind TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL,
    digest TEXT NOT NULL, zip BLOB NOT NULL, PRIMARY KEY (kind, name, number)
);
"""


class Revisions:
    """Revisions by kind and name, numbered from 1. Thread-safe, as the store is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.ensure(_TABLE)

    def add(self, kind: Kind, name: str, zip_bytes: bytes) -> int:
        """Keep a new revision and return its number."""
        digest = hashlib.sha256(zip_bytes).hexdigest()
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT MAX(number) FROM revisions WHERE kind = ? AND name = ?", (kind, name)
            ).fetchone()
            number = int(row[0] or 0) + 1
            connection.execute(
                "INSERT INTO revisions VALUES (?, ?, ?, ?, ?)",
                (kind, name, number, digest, zip_bytes),
            )
        return number

    def get(self, kind: Kind, name: str, revision: int) -> bytes | None:
        """A revision's zip, or None."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT zip FROM revisions WHERE kind = ? AND name = ? AND number = ?",
                (kind, name, revision),
            ).fetchone()
        return None if row is None else bytes(row[0])

    def digest(self, kind: Kind, name: str, revision: int) -> str | None:
        """The SHA-256 of a revision's zip in hex, or None."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT digest FROM revisions WHERE kind = ? AND name = ? AND number = ?",
                (kind, name, revision),
            ).fetchone()
        return None if row is None else str(row[0])

    def numbers(self, kind: Kind, name: str) -> list[int]:
        """The numbers of a name's revisions, ascending."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT number FROM revisions WHERE kind = ? AND name = ? ORDER BY number",
                (kind, name),
            ).fetchall()
        return [int(row[0]) for row in rows]

    def remove(self, kind: Kind, name: str) -> None:
        """Drop all revisions of a name; nothing happens when there are none."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM revisions WHERE kind = ? AND name = ?", (kind, name))
