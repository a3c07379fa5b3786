"""Counts of calls and of their times, in memory that doesn't grow with the number of calls.

Owns the counting and the percentiles. Times are whole milliseconds, so a count for each that occurs
is exact and stays small. What follows for a cache is `caching`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from validation.latency.lines import LEGS, Call

PERCENTILES: Final = (50, 95, 99)
READ: Final = "read"
_ANSWERS: Final = ("fetched", "cached", "stale", "failed")
# What took longer than ten minutes is counted as that.
_LONGEST: Final = 600_000


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


class Subject(NamedTuple):
    """What is counted together: one operation on one secret, or key, in one environment."""

    environment: str
    secret: str
    operation: str


@dataclass
class Tally:
    """What is counted for one subject.

    Attributes:
        lifetimes: the caches' lifetimes for which it is counted, in seconds.
        outcomes: calls by outcome and source.
        legs: times by leg and answer (fetched, cached, stale, failed).
        first, last: when the first and the last call began, in seconds since 1970.
        reads: calls that read a value, fetched or kept.
        fetches_with: how many fetches these reads would have taken with a cache, by its lifetime.
    """

    lifetimes: tuple[int, ...]
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    legs: dict[tuple[str, str], Times] = field(default_factory=dict)
    first: float = float("inf")
    last: float = float("-inf")
    reads: int = 0
    fetches_with: Counter[int] = field(default_factory=Counter)
    _fetched: dict[tuple[int, str], float] = field(default_factory=dict)

    def add(self, call: Call) -> None:
        """Count a call. Calls come in the order of their times, forwards or backwards."""
        self.outcomes[call.outcome, call.source] += 1
        self.first, self.last = min(self.first, call.start), max(self.last, call.start)
        for leg, milliseconds in call.legs.items():
            self.legs.setdefault((leg, call.answer), Times()).add(milliseconds)
        if call.operation == READ and call.answer in ("fetched", "cached", "stale"):
            self._read(call.version, call.start)

    def rows(self) -> Iterator[tuple[str, str, Times]]:
        """Leg, answer and times, in the order in which they happen."""
        for leg in LEGS:
            for answer in _ANSWERS:
                if (leg, answer) in self.legs:
                    yield leg, answer, self.legs[leg, answer]

    def saved(self, lifetime: int) -> int:
        """How many reads would have taken no fetch with a cache of that lifetime."""
        return self.reads - self.fetches_with[lifetime]

    def _read(self, version: str, start: float) -> None:
        """A fetch covers the lifetime that follows: as few do backwards as forwards."""
        self.reads += 1
        for lifetime in self.lifetimes:
            # The gateway caches versions apart.
            fetched = self._fetched.get((lifetime, version))
            if fetched is None or abs(start - fetched) >= lifetime:
                self._fetched[lifetime, version] = start
                self.fetches_with[lifetime] += 1


def tally(calls: Iterable[Call], lifetimes: tuple[int, ...]) -> Mapping[Subject, Tally]:
    """Count calls by subject, and for caches of these lifetimes, in seconds."""
    found: dict[Subject, Tally] = {}
    for call in calls:
        subject = Subject(call.environment, call.secret, call.operation)
        found.setdefault(subject, Tally(lifetimes)).add(call)
    return found
