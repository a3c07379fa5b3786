"""The clouds' objects as a dictionary, and what one operation may do to them.

The model is the rule book of side effects: which objects go with a deleted one, and which others an
accepted operation may add, change or remove. Everything that no line here allows must stay.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox.cloud import Cloud
from sandbox.controlplane.azure import credential_writes
from sandbox.controlplane.azure.contents import CONTENTS
from sandbox.controlplane.azure.vault import DELETED_VAULT
from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.examples.every import make_all
from tests.sandbox.controlplane.rig import Clouds, Deployed, Plain

Key = tuple[str, str]
"""A type and an id (lower case where the store compares so)."""
Objects = dict[Key, Plain]

_GRANTS = (rig.ACCOUNT_MEMBER, rig.PROJECT_MEMBER)

_BENEATH: Mapping[str, frozenset[str]] = {
    rig.GROUP: frozenset(cls().token for cls in CONTENTS),
    rig.VAULT: frozenset({rig.ASSIGNMENT}),
    rig.IDENTITY: frozenset({rig.CREDENTIAL, rig.ASSIGNMENT}),
    rig.WORKSPACE: frozenset({rig.SAVED_SEARCH, rig.ASSIGNMENT}),
    rig.ENDPOINT: frozenset({rig.ZONE_GROUP}),
    rig.KVM: frozenset({rig.ENTRY}),
    rig.KEYSTORE: frozenset({rig.ALIAS}),
    rig.DEVELOPER: frozenset({rig.APP}),
    rig.ENVIRONMENT: frozenset(
        {
            *(rig.KVM, rig.ENTRY, rig.MASK, rig.FLOW_HOOK, rig.TARGET_SERVER),
            *(rig.KEYSTORE, rig.ALIAS, rig.REFERENCE),
        }
    ),
}
"""Types whose objects go with a deleted one where their ids lie beneath its id."""


@dataclass
class Snapshot:
    """All that the store holds at one moment: `tables` whole, `objects` by type and id."""

    tables: dict[str, list[tuple[Any, ...]]]
    objects: Objects

    @classmethod
    def of(cls, clouds: Clouds) -> Snapshot:
        """What the store holds now; a table without rows counts as none."""
        connection = clouds.cloud.store._connection
        names = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        tables = {
            name: [tuple(row) for row in connection.execute(f"SELECT * FROM {name}")]  # noqa: S608 - own tables
            for name in names
            if name != "sqlite_sequence"
        }
        objects = {(row[0], row[1]): json.loads(row[3]) for row in tables["objects"]}
        return cls({name: rows for name, rows in tables.items() if rows}, objects)


@dataclass(frozen=True)
class Effect:
    """What one operation did to the objects."""

    added: set[Key]
    removed: set[Key]
    changed: set[Key]

    @classmethod
    def between(cls, before: Objects, after: Objects) -> Effect:
        """What differs."""
        both = set(before) & set(after)
        return cls(
            added=set(after) - set(before),
            removed=set(before) - set(after),
            changed={key for key in both if before[key] != after[key]},
        )


@dataclass
class Model:
    """What the engine's states say exists, by type and id; and what they said and no longer do."""

    live: dict[Key, Deployed] = field(default_factory=dict)
    gone: list[Deployed] = field(default_factory=list)

    def put(self, made: Deployed) -> None:
        """An object was made, or taken over."""
        self.live[key_of(made)] = made

    def drop(self, keys: set[Key]) -> None:
        """Objects have gone."""
        self.gone += [self.live.pop(key) for key in keys if key in self.live]
        # A vault's keys lie in it, not beside it: they go with it, and a recovery brings them back.
        vaults = tuple(f"{id_}/" for type_, id_ in keys if type_ == rig.VAULT)
        for key in [key for key in self.live if key[0] == rig.KEY and key[1].startswith(vaults)]:
            del self.live[key]


class World:
    """Clouds with one object of every type, which can be put back to that beginning."""

    def __init__(self, clouds: Clouds) -> None:
        self.clouds = clouds
        self.made = make_all(clouds)
        self._kept = sqlite3.connect(":memory:", check_same_thread=False)
        clouds.cloud.store._connection.backup(self._kept)
        self._offset = clouds.cloud.clock.offset
        self._types = {key[0] for key in Snapshot.of(clouds).objects} | {DELETED_VAULT}

    def restore(self) -> None:
        """Put everything back, time too; what was kept of the store's objects is read anew."""
        store, clock = self.clouds.cloud.store, self.clouds.cloud.clock
        self._kept.backup(store._connection)
        clock._offset = self._offset
        for type_ in self._types:
            store._changed(type_, clock.now())


@contextmanager
def full_world(folder: Path, pki: Path) -> Iterator[World]:
    """A world in `folder`. Writes of federated credentials, which never meet here, take no time."""
    (folder / "program").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credential_writes, "_WRITE_SECONDS", 0)
        clouds = Clouds(Cloud.open(folder / "state.db", pki), folder / "program")
        yield World(clouds)
        clouds.close()


def key_of(made: Deployed) -> Key:
    """Where the store has an object."""
    return made.token, made.id.lower() if made.id.startswith("/") else made.id


def goes_with(deleted: Deployed, before: Objects) -> set[Key]:
    """All that an accepted delete removes from the store, the object included."""
    token, object_id = key_of(deleted)
    own = {(token, object_id)} & set(before)
    beneath = {
        key
        for key in before
        if key[0] in _BENEATH.get(token, ()) and key[1].startswith(f"{object_id}/")
    }
    return own | beneath | {key for key in before if _elsewhere(deleted, key, before[key])}


def _elsewhere(deleted: Deployed, key: Key, body: Plain) -> bool:
    """Whether an object whose id doesn't lie beneath goes too."""
    token, outputs = deleted.token, deleted.outputs
    if token == rig.APPLICATION:
        of_principal = key[0] == rig.SERVICE_PRINCIPAL and body["clientId"] == outputs["clientId"]
        of_credential = key[0] == rig.APPLICATION_CREDENTIAL
        return of_principal or (of_credential and body["applicationId"] == deleted.id)
    if token == rig.ACCOUNT:
        on_it = key[0] == rig.ACCOUNT_MEMBER and body["serviceAccountId"] == outputs["name"]
        return on_it or (key[0] in _GRANTS and body["member"] == outputs["member"])
    if token == rig.PROJECT_BINDING and key[0] == rig.PROJECT_MEMBER:
        names = ("project", "role", "condition")
        return all(body.get(name) == outputs.get(name) for name in names)
    return False


def kept_by_design(deleted: Deployed) -> bool:
    """Whether an accepted delete leaves the object where it is."""
    if deleted.outputs.get("deletionPolicy") == "ABANDON":
        return True
    always = (rig.MASK, rig.SERVICE_IDENTITY, rig.RANDOM_STRING, rig.CUSTOM_ROLE)
    enabled = deleted.token == rig.SERVICE and not deleted.outputs.get("disableOnDestroy")
    return deleted.token in always or enabled


def check_delete(deleted: Deployed, before: Objects, effect: Effect) -> None:
    """An accepted delete removed exactly the object and what goes with it."""
    expected = set() if kept_by_design(deleted) else goes_with(deleted, before)
    assert effect.removed == expected, deleted.token
    vaults = {key for key in effect.removed if key[0] == rig.VAULT}
    for key in effect.added:
        # A soft-deleted vault for each vault; a deleted account's grants under another name.
        renamed = deleted.token == rig.ACCOUNT and key[0] in _GRANTS and "deleted:" in key[1]
        assert renamed or key[0] == DELETED_VAULT, key
    assert len([key for key in effect.added if key[0] == DELETED_VAULT]) == len(vaults)
    for key in effect.changed:
        cut_off = bool(vaults) and key[0] == rig.ENDPOINT
        assert cut_off or deleted.token == key[0] in (rig.MASK, rig.CUSTOM_ROLE), key


_ALSO: Mapping[str, str] = {
    # A role's members; the revisions that another one takes over from.
    rig.PROJECT_BINDING: rig.PROJECT_MEMBER,
    rig.API_DEPLOYMENT: rig.API_DEPLOYMENT,
    rig.FLOW_DEPLOYMENT: rig.FLOW_DEPLOYMENT,
    rig.VAULT: DELETED_VAULT,
}
"""Of accepted creates and updates: the type whose objects may come and go beside the object."""


def check_write(made: Deployed, effect: Effect, is_new: bool) -> None:
    """An accepted create or update touched the object only, and a create of a new one made it."""
    own, also = key_of(made), _ALSO.get(made.token)
    assert effect.changed <= {own}, made.token
    for key in effect.added | effect.removed:
        assert key == own or key[0] == also, key
    if made.token in (rig.KEY, rig.RANDOM_STRING, rig.PROJECT_BINDING):
        assert own not in effect.added
    elif is_new:
        assert own in effect.added, made.token
