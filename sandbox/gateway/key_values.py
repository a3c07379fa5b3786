"""Key value maps as the runtime sees them: the control plane's objects, read and written by policies.

Owns where a scope's maps lie in the store. Maps of an environment are the very ones that the control
plane deploys; those of a proxy or of the organization are made by policies only. What a processor
keeps of them in its memory is the policy's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sandbox import world
from sandbox.store import Store

Scope = Literal["environment", "organization", "apiproxy"]

_MAP = "gcp:apigee/environmentKeyvaluemaps:EnvironmentKeyvaluemaps"
_ENTRY = "gcp:apigee/environmentKeyvaluemapsEntries:EnvironmentKeyvaluemapsEntries"
_ORGANIZATION = f"organizations/{world.ORGANIZATION}"

LARGEST_KEY = 2 * 1024
LARGEST_VALUE = 10 * 1024
"""Bytes; Apigee documentation, "Limits"."""


def map_id(scope: Scope, environment: str, proxy: str, name: str) -> str:
    """The full name of a map as the Apigee API spells it."""
    place = {
        "environment": f"{_ORGANIZATION}/environments/{environment}",
        "organization": _ORGANIZATION,
        "apiproxy": f"{_ORGANIZATION}/apis/{proxy}",
    }[scope]
    return f"{place}/keyvaluemaps/{name}"


class KeyValues:
    """Entries of maps, by the map's full name. An entry has one value or, where a policy wrote it, several."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def exists(self, map_name: str) -> bool:
        """Whether there is such a map."""
        return self._store.get(_MAP, map_name) is not None

    def create(self, map_name: str, now: float) -> None:
        """Make a map; nothing happens when it is there."""
        place, _, name = map_name.rpartition("/keyvaluemaps/")
        with self._store.transaction():
            if not self.exists(map_name):
                self._store.insert(_MAP, map_name, {"envId": place, "name": name}, now)

    def get(self, map_name: str, key: str) -> list[str]:
        """The values of an entry, none where there is no such entry or map."""
        found = self._store.get(_ENTRY, f"{map_name}/entries/{key}")
        if found is None:
            return []
        values = found.body.get("values") or [found.body.get("value", "")]
        return [str(value) for value in values]

    def put(self, map_name: str, key: str, values: Sequence[str], now: float) -> None:
        """Write an entry, in place of any that is there."""
        entry = f"{map_name}/entries/{key}"
        body: dict[str, object] = {"envKeyvaluemapId": map_name, "name": key, "value": values[0]}
        if len(values) > 1:
            body["values"] = list(values)
        with self._store.transaction():
            if self._store.get(_ENTRY, entry) is None:
                self._store.insert(_ENTRY, entry, body, now)
            else:
                self._store.replace(_ENTRY, entry, body, now)

    def delete(self, map_name: str, key: str, now: float) -> None:
        """Remove an entry; nothing happens when there is none."""
        entry = f"{map_name}/entries/{key}"
        with self._store.transaction():
            if self._store.get(_ENTRY, entry) is not None:
                self._store.remove(_ENTRY, entry, now)
