"""Secret versions of every vault, in a table of their own. Knows nothing of callers or HTTP."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.dataplane.key_vault.vaults import Vault
from sandbox.store import Store

_TABLE = """
CREATE TABLE IF NOT EXISTS secret_versions (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, vault TEXT NOT NULL, key TEXT NOT NULL,
    name TEXT NOT NULL, version TEXT NOT NULL, value TEXT NOT NULL, content_type TEXT,
    tags TEXT NOT NULL, enabled INTEGER NOT NULL, created INTEGER NOT NULL,
    updated INTEGER NOT NULL, not_before INTEGER, expires INTEGER, UNIQUE (vault, key, version)
);
CREATE INDEX IF NOT EXISTS secret_versions_by_name ON secret_versions (vault, key, sequence);
"""


@dataclass(frozen=True)
class Attributes:
    """What a caller may say about a version. Times are seconds since 1970; None: none."""

    enabled: bool = True
    not_before: int | None = None
    expires: int | None = None
    content_type: str | None = None
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Version:
    """One version of a secret. `created` and `updated` are seconds since 1970."""

    name: str
    version: str
    value: str
    attributes: Attributes
    created: int
    updated: int


class Secrets:
    """The secrets of all vaults. Names are compared without regard to case, as Key Vault does."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.ensure(_TABLE)

    def add(
        self, vault: Vault, name: str, value: str, attributes: Attributes, now: float
    ) -> Version:
        """A new version, current from now on; the name is spelled as its first version was."""
        with self._store.transaction() as connection:
            current = self.get(vault, name, None)
            made = Version(
                current.name if current else name,
                uuid.uuid4().hex,
                value,
                attributes,
                int(now),
                int(now),
            )
            connection.execute(
                "INSERT INTO secret_versions (vault, key, name, version, value, content_type, tags,"
                " enabled, created, updated, not_before, expires)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    vault.incarnation,
                    name.lower(),
                    made.name,
                    made.version,
                    value,
                    *_columns(attributes, made.created, made.updated),
                ),
            )
        return made

    def get(self, vault: Vault, name: str, version: str | None) -> Version | None:
        """That version, or (None) the newest one; None where there is none."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM secret_versions WHERE vault = ? AND key = ? AND ? IN (version, '')"
                " ORDER BY sequence DESC LIMIT 1",
                (vault.incarnation, name.lower(), version or ""),
            ).fetchone()
        return _version(row) if row else None

    def update(self, vault: Vault, found: Version, attributes: Attributes, now: float) -> Version:
        """`found` with other attributes."""
        changed = replace(found, attributes=attributes, updated=int(now))
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE secret_versions SET content_type = ?, tags = ?, enabled = ?, created = ?,"
                " updated = ?, not_before = ?, expires = ?"
                " WHERE vault = ? AND key = ? AND version = ?",
                (
                    *_columns(attributes, changed.created, changed.updated),
                    vault.incarnation,
                    found.name.lower(),
                    found.version,
                ),
            )
        return changed

    def newest(self, vault: Vault, after: str, limit: int) -> list[Version]:
        """The newest version of each secret named after `after`, by name, at most `limit`."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM secret_versions WHERE sequence IN ("
                "SELECT max(sequence) FROM secret_versions WHERE vault = ? AND key > ? GROUP BY key"
                ") ORDER BY key LIMIT ?",
                (vault.incarnation, after, limit),
            ).fetchall()
        return [_version(row) for row in rows]

    def versions(self, vault: Vault, name: str, after: str, limit: int) -> list[Version]:
        """Versions of one secret after `after`, by id (Key Vault's order), at most `limit`."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM secret_versions WHERE vault = ? AND key = ? AND version > ?"
                " ORDER BY version LIMIT ?",
                (vault.incarnation, name.lower(), after, limit),
            ).fetchall()
        return [_version(row) for row in rows]


def _columns(attributes: Attributes, created: int, updated: int) -> tuple[object, ...]:
    return (
        attributes.content_type,
        json.dumps(dict(attributes.tags or {})),
        attributes.enabled,
        created,
        updated,
        attributes.not_before,
        attributes.expires,
    )


def _version(row: sqlite3.Row) -> Version:
    attributes = Attributes(
        bool(row["enabled"]),
        row["not_before"],
        row["expires"],
        row["content_type"],
        json.loads(row["tags"]),
    )
    return Version(
        row["name"], row["version"], row["value"], attributes, row["created"], row["updated"]
    )
