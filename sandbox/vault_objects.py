"""What lies in the vaults: versions of secrets, keys and certificates, live or soft-deleted.

Both planes work on it: Azure Resource Manager creates keys, Key Vault's own endpoint does all else.
Owns versions, their attributes, and deletion with its retention; what a version's `content` holds
is its kind's. Microsoft Learn, "Azure Key Vault keys, secrets, and certificates overview" and
"Azure Key Vault soft-delete overview".
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sandbox.store import Store, StoredObject

LATEST = 253_402_300_799
"""The last second of the year 9999: clients can't read a later `exp` or `nbf`."""

_DEFAULT_RETENTION_DAYS = 90
_TABLES = """
CREATE TABLE IF NOT EXISTS vault_versions (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, vault TEXT NOT NULL, kind TEXT NOT NULL,
    key TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, content TEXT NOT NULL,
    tags TEXT NOT NULL, enabled INTEGER NOT NULL, not_before INTEGER, expires INTEGER,
    created INTEGER NOT NULL, updated INTEGER NOT NULL, managed INTEGER NOT NULL,
    deleted INTEGER, purge INTEGER, UNIQUE (vault, kind, key, version)
);
CREATE INDEX IF NOT EXISTS vault_versions_by_name ON vault_versions (vault, kind, key, sequence);
CREATE INDEX IF NOT EXISTS vault_versions_by_purge ON vault_versions (purge)
    WHERE purge IS NOT NULL;
CREATE TABLE IF NOT EXISTS vault_policies (
    vault TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, policy TEXT NOT NULL,
    PRIMARY KEY (vault, kind, key)
)
"""


class Kind(StrEnum):
    """The three kinds of objects, as paths spell them."""

    SECRET = "secrets"  # noqa: S105 - a word of a path
    KEY = "keys"
    CERTIFICATE = "certificates"


class NameIsDeleted(Exception):
    """The name belongs to a soft-deleted object, whose name can't be used before it is purged."""


@dataclass(frozen=True)
class Attributes:
    """What a caller may say about any version. Times are seconds since 1970; None: none."""

    enabled: bool = True
    not_before: int | None = None
    expires: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Version:
    """One version of an object.

    `managed` marks the key and the secret that belong to a certificate. `deleted` and `purge` say
    when the whole object was deleted and when it will be gone for good (None: it is live). All
    times are seconds since 1970.
    """

    name: str
    version: str
    content: Mapping[str, Any]
    attributes: Attributes
    created: int
    updated: int
    managed: bool = False
    deleted: int | None = None
    purge: int | None = None


def incarnation(vault: StoredObject) -> str:
    """Tells a vault from a later one of the same name, which must not inherit what lies in it.

    A vault that is recovered keeps its age, and so what lies in it.
    """
    return f"{vault.id.lower()}@{vault.created!r}"


def retention_days(vault: Mapping[str, Any]) -> int:
    """How long a vault with these `properties` keeps what was deleted in it."""
    return int(vault.get("softDeleteRetentionInDays") or _DEFAULT_RETENTION_DAYS)


def recovery_level(vault: Mapping[str, Any]) -> str:
    """What a vault with these `properties` says of its objects' recovery."""
    days = retention_days(vault)
    level = "Recoverable" if days == _DEFAULT_RETENTION_DAYS else "CustomizedRecoverable"
    return level if vault.get("enablePurgeProtection") else f"{level}+Purgeable"


class VaultObjects:
    """The objects of all vaults, by incarnation. Names are compared without regard to case."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.ensure(_TABLES)

    def collection(self, vault: str, kind: Kind, now: float) -> Collection:
        """The objects of one kind in one vault, as they are at `now`."""
        return Collection(self._store, vault, kind, now)


@dataclass(frozen=True)
class Collection:
    """The objects of one kind in one vault (an `incarnation`), seen at `now`.

    What is past its retention is purged before anything is looked at.
    """

    store: Store
    vault: str
    kind: Kind
    now: float

    def add(
        self,
        name: str,
        content: Mapping[str, Any],
        attributes: Attributes,
        version: str | None = None,
        managed: bool = False,
    ) -> Version:
        """A new version, current from now on; the name is spelled as its first version was.

        Raises NameIsDeleted.
        """
        with self.store.transaction() as connection:
            if self.deleted(name) is not None:
                raise NameIsDeleted(name)
            current = self.get(name)
            made = Version(
                name=current.name if current else name,
                version=version or uuid.uuid4().hex,
                content=content,
                attributes=attributes,
                created=int(self.now),
                updated=int(self.now),
                managed=managed,
            )
            columns = self._where(name) | _columns(made)
            columns |= {"name": made.name, "version": made.version}
            marks = ", ".join(f":{column}" for column in columns)
            connection.execute(
                f"INSERT INTO vault_versions ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - names from above
                columns,
            )
        return made

    def get(self, name: str, version: str | None = None) -> Version | None:
        """That version of a live object, or (None) its newest one; None where there is none."""
        return self._newest(name, "deleted IS NULL AND :version IN (version, '')", version or "")

    def deleted(self, name: str) -> Version | None:
        """The newest version of a soft-deleted object; None where there is none."""
        return self._newest(name, "deleted IS NOT NULL AND :version = ''", "")

    def update(self, changed: Version) -> Version:
        """Keep `changed`'s content and attributes in place of the version's old ones."""
        changed = replace(changed, updated=int(self.now))
        columns = _columns(changed)
        pairs = ", ".join(f"{column} = :{column}" for column in columns)
        with self.store.transaction() as connection:
            connection.execute(
                f"UPDATE vault_versions SET {pairs} WHERE vault = :vault AND kind = :kind"  # noqa: S608 - names from below
                " AND key = :key AND version = :version",
                {**columns, **self._where(changed.name), "version": changed.version},
            )
        return changed

    def delete(self, name: str, retention: float) -> Version | None:
        """Soft-delete an object for `retention` seconds; its newest version, or None."""
        with self.store.transaction() as connection:
            if self.get(name) is None:
                return None
            deleted = int(self.now)
            connection.execute(
                "UPDATE vault_versions SET deleted = :deleted, purge = :purge"
                " WHERE vault = :vault AND kind = :kind AND key = :key",
                {**self._where(name), "deleted": deleted, "purge": deleted + int(retention)},
            )
            return self.deleted(name)

    def recover(self, name: str) -> Version | None:
        """Make a soft-deleted object live again; its newest version, or None."""
        with self.store.transaction() as connection:
            if self.deleted(name) is None:
                return None
            connection.execute(
                "UPDATE vault_versions SET deleted = NULL, purge = NULL"
                " WHERE vault = :vault AND kind = :kind AND key = :key",
                self._where(name),
            )
            return self.get(name)

    def purge(self, name: str) -> None:
        """Remove an object for good, with all its versions and its policy."""
        with self.store.transaction() as connection:
            for table in ("vault_versions", "vault_policies"):
                connection.execute(
                    f"DELETE FROM {table} WHERE vault = :vault AND kind = :kind AND key = :key",  # noqa: S608 - names from above
                    self._where(name),
                )

    def page(self, after: str, limit: int, deleted: bool = False) -> list[Version]:
        """The newest version of each object named after `after`, by name, at most `limit`."""
        with self.store.transaction() as connection:
            self._expire(connection)
            rows = connection.execute(
                "SELECT * FROM vault_versions WHERE sequence IN ("
                "SELECT max(sequence) FROM vault_versions WHERE vault = ? AND kind = ? AND key > ?"
                " AND (deleted IS NOT NULL) = ? GROUP BY key"
                ") ORDER BY key LIMIT ?",
                (self.vault, self.kind.value, after, deleted, limit),
            ).fetchall()
        return [_version(row) for row in rows]

    def versions(self, name: str, after: str, limit: int) -> list[Version]:
        """Versions of one live object after `after`, by id (Key Vault's order), at most `limit`."""
        with self.store.transaction() as connection:
            self._expire(connection)
            rows = connection.execute(
                "SELECT * FROM vault_versions WHERE vault = :vault AND kind = :kind AND key = :key"
                " AND version > :after AND deleted IS NULL ORDER BY version LIMIT :limit",
                {**self._where(name), "after": after, "limit": limit},
            ).fetchall()
        return [_version(row) for row in rows]

    def policy(self, name: str) -> dict[str, Any] | None:
        """What `set_policy` kept for an object (a rotation policy, say), or None."""
        with self.store.transaction() as connection:
            row = connection.execute(
                "SELECT policy FROM vault_policies"
                " WHERE vault = :vault AND kind = :kind AND key = :key",
                self._where(name),
            ).fetchone()
        return None if row is None else dict(json.loads(row["policy"]))

    def set_policy(self, name: str, policy: Mapping[str, Any]) -> None:
        """Keep an object's policy, which goes for all its versions."""
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO vault_policies VALUES (:vault, :kind, :key, :policy)",
                {**self._where(name), "policy": json.dumps(policy)},
            )

    def _newest(self, name: str, condition: str, version: str) -> Version | None:
        with self.store.transaction() as connection:
            self._expire(connection)
            row = connection.execute(
                "SELECT * FROM vault_versions WHERE vault = :vault AND kind = :kind AND key = :key"  # noqa: S608 - conditions from above
                f" AND {condition} ORDER BY sequence DESC LIMIT 1",
                {**self._where(name), "version": version},
            ).fetchone()
        return _version(row) if row else None

    def _where(self, name: str) -> dict[str, object]:
        return {"vault": self.vault, "kind": self.kind.value, "key": name.lower()}

    def _expire(self, connection: sqlite3.Connection) -> None:
        gone = connection.execute("DELETE FROM vault_versions WHERE purge <= ?", (int(self.now),))
        if gone.rowcount:
            connection.execute(
                "DELETE FROM vault_policies WHERE NOT EXISTS (SELECT 1 FROM vault_versions AS v"
                " WHERE v.vault = vault_policies.vault AND v.kind = vault_policies.kind"
                " AND v.key = vault_policies.key)"
            )


def _columns(version: Version) -> dict[str, object]:
    attributes = version.attributes
    return {
        "content": json.dumps(dict(version.content)),
        "tags": json.dumps(dict(attributes.tags)),
        "enabled": attributes.enabled,
        "not_before": attributes.not_before,
        "expires": attributes.expires,
        "created": version.created,
        "updated": version.updated,
        "managed": version.managed,
    }


def _version(row: sqlite3.Row) -> Version:
    return Version(
        name=row["name"],
        version=row["version"],
        content=json.loads(row["content"]),
        attributes=Attributes(
            bool(row["enabled"]), row["not_before"], row["expires"], json.loads(row["tags"])
        ),
        created=row["created"],
        updated=row["updated"],
        managed=bool(row["managed"]),
        deleted=row["deleted"],
        purge=row["purge"],
    )
