"""Time in the sandbox: the machine's clock plus an offset that only ever grows."""

from __future__ import annotations

import time

from sandbox.store import Store

_OFFSET = "clock.offset"
_FURTHEST = 10 * 365 * 86_400.0


class Clock:
    """One clock for both clouds and the gateway. Moving it is how tests and the demo wait."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset = float(store.setting(_OFFSET) or 0.0)

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time() + self._offset

    @property
    def offset(self) -> float:
        """Seconds by which the sandbox is ahead of the machine."""
        return self._offset

    def advance(self, seconds: float) -> float:
        """Move time forward; returns the new `now()`. Raises ValueError for a step backwards."""
        if not seconds >= 0:
            raise ValueError(f"the clock only moves forward, not by {seconds} seconds")
        if self._offset + seconds > _FURTHEST:
            raise ValueError(
                f"the clock may be ahead by ten years at most, not by {seconds} seconds"
            )
        offset = self._offset + seconds
        # Stored first: a write that fails leaves the clock where a restart would find it.
        self._store.set_setting(_OFFSET, repr(offset))
        self._offset = offset
        return self.now()
