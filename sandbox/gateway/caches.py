"""The caches of the runtime: entries with a time to live, and the two levels of the policies' cache.

In memory, as long as the process lives. Expiry follows the sandbox's clock. Apigee documentation,
"Cache internals" and "Limits".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from sandbox.gateway.messages import Value

_SWEEP_AT = 10_000

T = TypeVar("T")

MEMORY_SECONDS = 1.0
"""How long level 1 keeps an entry; for so long a processor doesn't see what others changed."""


class Cache(Generic[T]):
    """Values by key with a time to live. Used from the event loop only."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, ...], tuple[T, float]] = {}
        self._sweep_at = _SWEEP_AT

    def get(self, key: tuple[str, ...], now: float) -> T | None:
        """The value, or None when there is none or its time is over."""
        found = self.entry(key, now)
        return None if found is None else found[0]

    def entry(self, key: tuple[str, ...], now: float) -> tuple[T, float] | None:
        """The value and when its time is over; None when there is none."""
        found = self._entries.get(key)
        if found is None:
            return None
        if found[1] <= now:
            del self._entries[key]
            return None
        return found

    def put(self, key: tuple[str, ...], value: T, now: float, seconds: float) -> None:
        """Keep a value for that many seconds."""
        if len(self._entries) >= self._sweep_at:
            self._entries = {k: entry for k, entry in self._entries.items() if entry[1] > now}
            # Where little was over, the next sweep waits: a sweep at each put would be quadratic.
            self._sweep_at = max(_SWEEP_AT, 2 * len(self._entries))
        self._entries[key] = (value, now + seconds)

    def drop(self, key: tuple[str, ...]) -> None:
        """Forget an entry; nothing happens when there is none."""
        self._entries.pop(key, None)

    def drop_where(self, chosen: Callable[[tuple[str, ...]], bool]) -> None:
        """Forget every entry whose key is chosen."""
        self._entries = {k: entry for k, entry in self._entries.items() if not chosen(k)}


class TwoLevelCache:
    """Level 1 of one message processor over level 2, which all processors share.

    A write goes to both. A read that level 1 can't answer is kept there for a second. An
    invalidation reaches this processor's level 1 and level 2; the others' level 1 only by its age.
    """

    def __init__(self, shared: Cache[Value]) -> None:
        self._memory: Cache[Value] = Cache()
        self._shared = shared

    def get(self, key: tuple[str, ...], now: float) -> Value:
        """The value, or None for a miss."""
        value = self._memory.get(key, now)
        if value is not None:
            return value
        found = self._shared.entry(key, now)
        if found is None:
            return None
        value, end = found
        self._memory.put(key, value, now, min(MEMORY_SECONDS, end - now))
        return value

    def put(self, key: tuple[str, ...], value: Value, now: float, seconds: float) -> None:
        """Keep a value for that many seconds."""
        self._memory.put(key, value, now, min(MEMORY_SECONDS, seconds))
        self._shared.put(key, value, now, seconds)

    def drop(self, key: tuple[str, ...]) -> None:
        """Forget an entry."""
        self._memory.drop(key)
        self._shared.drop(key)

    def drop_where(self, chosen: Callable[[tuple[str, ...]], bool]) -> None:
        """Forget every entry whose key is chosen."""
        self._memory.drop_where(chosen)
        self._shared.drop_where(chosen)
