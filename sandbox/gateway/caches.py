"""The caches of the runtime: what cache policies keep, and the KVM entries that were read.

One store for each environment, in memory, as long as the process lives. Expiry follows the
sandbox's clock.
"""

from __future__ import annotations

from sandbox.gateway.context import Value

_SWEEP_AT = 10_000


class Cache:
    """Values by key with a time to live. Used from the event loop only."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, ...], tuple[Value, float]] = {}

    def get(self, key: tuple[str, ...], now: float) -> Value:
        """The value, or None when there is none or its time is over."""
        found = self._entries.get(key)
        if found is None:
            return None
        if found[1] <= now:
            del self._entries[key]
            return None
        return found[0]

    def put(self, key: tuple[str, ...], value: Value, now: float, seconds: float) -> None:
        """Keep a value for that many seconds."""
        if len(self._entries) >= _SWEEP_AT:
            self._entries = {k: entry for k, entry in self._entries.items() if entry[1] > now}
        self._entries[key] = (value, now + seconds)

    def drop(self, key: tuple[str, ...], beneath: bool = False) -> None:
        """Forget an entry; with `beneath`, those too whose key starts with it."""
        self._entries.pop(key, None)
        if beneath:
            size = len(key)
            self._entries = {k: e for k, e in self._entries.items() if k[:size] != key}
