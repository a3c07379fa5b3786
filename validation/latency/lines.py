"""One line of the shared flow's log, as a call with the times of its legs.

Owns the line's format, which `ML-Call` of the shared flow writes. Where lines come from is
`sources`'s.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LEGS: Final = ("google", "entra", "vault", "total")
_TIMES: Final = {
    "google": ("googleStart", "googleEnd"),
    "entra": ("entraStart", "entraEnd"),
    "vault": ("vaultStart", "vaultEnd"),
    "total": ("start", "end"),
}
_TEXTS: Final = ("environment", "secret", "version", "operation", "outcome", "source")
# An expired value is served too, unless the declaration refuses it.
GOOD: Final = ("served", "expired")


class LineError(ValueError):
    """A line that isn't one of the shared flow's; its text says what is wrong."""


@dataclass(frozen=True)
class Call:
    """One call of the shared flow.

    Attributes:
        environment, secret: where, and for which secret or key.
        version: the version that answered; empty where none did.
        operation: `read`, or what a key did.
        outcome: `served`, or why not.
        source: `fetched`, `cached`, `stale` or `none`; `fetched` as soon as the vault was asked,
            whatever it answered.
        start: seconds since 1970.
        legs: milliseconds by leg, of those that ran: Google, Entra, the vault, the whole call.
    """

    environment: str
    secret: str
    version: str
    operation: str
    outcome: str
    source: str
    start: float
    legs: Mapping[str, int]

    @property
    def answer(self) -> str:
        """`fetched`, `cached`, `stale` or `failed`: what a call's time may be compared with."""
        return self.source if self.outcome in GOOD else "failed"


def read(record: object) -> Call:
    """Read a line, bare or as an entry of Cloud Logging.

    Raises:
        LineError: it is something else, or its times can't be.
    """
    if isinstance(record, dict) and isinstance(record.get("jsonPayload"), dict):
        record = record["jsonPayload"]
    if not isinstance(record, dict):
        raise LineError("is no JSON object")
    for name in _TEXTS:
        if not isinstance(record.get(name), str):
            raise LineError(f"has no text '{name}'")
    legs = {}
    for leg, (first, last) in _TIMES.items():
        start, end = _time(record.get(first)), _time(record.get(last))
        if start is not None and end is not None:
            legs[leg] = round(end - start)
    if "total" not in legs:
        raise LineError("has no numbers 'start' and 'end'")
    if min(legs.values()) < 0:
        raise LineError("has a leg that ends before it starts")
    texts = {name: record[name] for name in _TEXTS}
    return Call(**texts, start=record["start"] / 1000, legs=legs)


def _time(value: object) -> float | None:
    """Milliseconds since 1970; None where a leg didn't run."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None
