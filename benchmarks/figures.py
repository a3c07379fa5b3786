"""What a measurement yields: a figure of several runs, and the target it is held to.

Owns arithmetic and wording of figures, not how they are measured nor how they are laid out.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_DIGITS = {
    "s": 1,
    "MB": 0,
    "ms": 2,
    "GB": 1,
    "MB/min": 2,
    "/s": 1,
    "errors": 0,
    "calls": 0,
    "%": 2,
    "times": 2,
}


class MeasurementError(Exception):
    """What was to be measured went wrong, so there is no figure; the text says what."""


@dataclass(frozen=True)
class Target:
    """An upper limit in the figure's unit; `inclusive` where the limit itself is still good."""

    limit: float
    inclusive: bool

    def met_by(self, value: float) -> bool:
        """Whether a value is within the limit."""
        return value < self.limit or (self.inclusive and value == self.limit)

    def __str__(self) -> str:
        return f"{'≤' if self.inclusive else '<'} {self.limit:g}"


@dataclass(frozen=True)
class Figure:
    """One measured quantity: a value for each run, in `unit` (one of those with digits above).

    `target` is None for a figure that is shown for information.
    """

    name: str
    unit: str
    runs: tuple[float, ...]
    target: Target | None = None

    @property
    def median(self) -> float:
        """The median of the runs."""
        return statistics.median(self.runs)

    @property
    def missed(self) -> bool:
        """Whether a run misses the target: it is a promise for every run, not for the usual one."""
        return self.target is not None and not all(map(self.target.met_by, self.runs))

    def show(self, value: float) -> str:
        """A value of this figure's, as exact as its unit is read."""
        return f"{value:.{_DIGITS[self.unit]}f}"


@dataclass(frozen=True)
class Spread:
    """How one run's durations are spread, in milliseconds."""

    median: float
    p95: float
    p99: float

    @classmethod
    def of(cls, durations: Sequence[float]) -> Spread:
        """The spread of at least two durations."""
        percentiles = statistics.quantiles(durations, n=100, method="inclusive")
        return cls(percentiles[49], percentiles[94], percentiles[98])


def a_minute(samples: Sequence[tuple[float, float]]) -> float:
    """By how much at least two samples (seconds, value) grow a minute: the line of least squares."""
    seconds, values = zip(*samples, strict=True)
    return statistics.linear_regression(seconds, values).slope * 60
