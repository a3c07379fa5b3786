"""The calls that reached the clouds' endpoints, in order. Counts are read from here, never assumed."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

_KEPT = 10_000


@dataclass(frozen=True)
class Call:
    """One HTTPS exchange that an endpoint answered.

    `sequence` counts from 1; `at` is seconds since 1970 on the sandbox's clock, `milliseconds` the
    time to answer on the machine's. The path comes without its query, which may carry credentials.
    """

    sequence: int
    at: float
    host: str
    method: str
    path: str
    status: int
    milliseconds: float

    def as_json(self) -> dict[str, Any]:
        """A JSON object with the fields' names."""
        return asdict(self)


class Journal:
    """The last ten thousand calls. Written by the HTTPS server, from its event loop only."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=_KEPT)
        self._sequence = 0

    @property
    def sequence(self) -> int:
        """The newest call's number; 0 before the first."""
        return self._sequence

    def record(
        self, at: float, host: str, method: str, path: str, status: int, milliseconds: float
    ) -> None:
        """Add a finished exchange."""
        self._sequence += 1
        self._calls.append(Call(self._sequence, at, host, method, path, status, milliseconds))

    def after(self, sequence: int) -> list[Call]:
        """Calls newer than `sequence`, oldest first."""
        return [call for call in self._calls if call.sequence > sequence]
