"""Counts of calls and of their times, in memory that doesn't grow with the number of calls.

Owns the counting and the percentiles. Times are whole milliseconds, so a count for each that occurs
is exact and stays small.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from validation.latency.lines import LEGS, Call

PERCENTILES: Final = (50, 95, 99)
# What took longer than ten minutes is counted as that.
_LONGEST: Final = 600_000
# Lifetimes for which it is counted how many fetches a cache would have left, in seconds.
LIFETIMES: Final = (30, 60, 300, 900, 3600)
_SERVED: Final = ("served", "expired")


class Times:
    """Milliseconds, each with how often it occurred."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def add(self, milliseconds: int) -> None:
        """Count one."""
        self._counts[min(milliseconds, _LONGEST)] += 1

    def __len__(self) -> int:
        return self._counts.total()

    def percentile(self, percent: int) -> int:
        """The least time that `percent` of all are not above (nearest rank). There is one at least."""
        rank = -(-len(self) * percent // 100)
        seen = 0
        for milliseconds in sorted(self._counts):
            seen += self._counts[milliseconds]
            if seen >= rank:
                return milliseconds
        raise ValueError("there are no times")


@dataclass
class SecretTally:
    """What is counted for one secret, or key, in one environment.

    Attributes:
        outcomes: calls by outcome and source.
        legs: times by leg and source.
        first, last: when the first and the last call began, in seconds since 1970.
        reads: calls that got a value, fetched or kept.
        fetches_with: how many fetches these reads would have taken with a cache, by its lifetime.
    """

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    legs: dict[tuple[str, str], Times] = field(default_factory=dict)
    first: float = float("inf")
    last: float = float("-inf")
    reads: int = 0
    fetches_with: Counter[int] = field(default_factory=Counter)
    _fetched: dict[int, float] = field(default_factory=dict)

    def add(self, call: Call) -> None:
        """Count a call. Calls come in the order of their times, but for those of one moment."""
        self.outcomes[call.outcome, call.source] += 1
        self.first, self.last = min(self.first, call.start), max(self.last, call.start)
        for leg, milliseconds in call.legs.items():
            self.legs.setdefault((leg, call.source), Times()).add(milliseconds)
        if call.operation == "read" and call.outcome in _SERVED:
            self._read(call.start)

    def rows(self) -> Iterator[tuple[str, str, Times]]:
        """Leg, source and times, in the order in which they happen."""
        for leg in LEGS:
            for source in ("fetched", "cached", "stale", "none"):
                if (leg, source) in self.legs:
                    yield leg, source, self.legs[leg, source]

    def _read(self, start: float) -> None:
        self.reads += 1
        for lifetime in LIFETIMES:
            fetched = self._fetched.get(lifetime)
            if fetched is None or start - fetched >= lifetime:
                self._fetched[lifetime] = start
                self.fetches_with[lifetime] += 1


def tally(calls: Iterable[Call]) -> Mapping[tuple[str, str], SecretTally]:
    """Count calls by environment and secret."""
    found: dict[tuple[str, str], SecretTally] = {}
    for call in calls:
        found.setdefault((call.environment, call.secret), SecretTally()).add(call)
    return found
