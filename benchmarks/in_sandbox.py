"""What is measured in a sandbox with the stack deployed: its peak memory, and warm requests.

Each run has a sandbox of its own, because a process's peak never falls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks import traffic
from benchmarks.figures import Figure, Spread, Target
from benchmarks.scene import deployed
from benchmarks.traffic import CACHED, WARM_TOKEN, Request
from sandbox.client import Sandbox

_RUNS = 3
_HOUR = 3_600

# Warm is a request that makes no external call; one with a warm token, which makes one, is shown beside it.
_TARGETS = {CACHED: Target(5, inclusive=False)}


def measure(progress: Callable[[str], None]) -> list[Figure]:
    """Peak memory, and the durations of both kinds of warm request.

    Raises MeasurementError when a request goes wrong, SandboxError and NotAsTold as `deployed` does.
    """
    peaks: list[float] = []
    spreads: dict[Request, list[Spread]] = {CACHED: [], WARM_TOKEN: []}
    for number in range(1, _RUNS + 1):
        progress(f"memory and warm requests, run {number} of {_RUNS}")
        with deployed() as sandbox:
            peaks.append(_peak(sandbox))
            for request, found in spreads.items():
                found.append(Spread.of(traffic.durations(sandbox, request)))
    memory = Figure("sandbox's peak memory", "MB", tuple(peaks), Target(300, inclusive=False))
    return [memory, *(row for request, found in spreads.items() for row in _rows(request, found))]


def _peak(sandbox: Sandbox) -> float:
    """Megabytes at the most, from `up` through 2,000 requests and an hour of the sandbox's clock."""
    traffic.durations(sandbox, WARM_TOKEN)
    sandbox.advance_clock(_HOUR)
    return float(sandbox.status()["peakMegabytes"])


def _rows(request: Request, spreads: Sequence[Spread]) -> list[Figure]:
    medians = tuple(spread.median for spread in spreads)
    return [
        Figure(f"{request.name}: median", "ms", medians, _TARGETS.get(request)),
        Figure(f"{request.name}: p95", "ms", tuple(spread.p95 for spread in spreads)),
        Figure(f"{request.name}: p99", "ms", tuple(spread.p99 for spread in spreads)),
    ]
