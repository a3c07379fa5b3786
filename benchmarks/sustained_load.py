"""200 requests a second through the gateway for a minute: latency, errors, memory, whose time it is.

A request is a warm one of the deployed sample proxy's, its secret cached, its log line written. It
is sent at that rate for a while before anything is measured, until what is bounded by design
(connections, the journal) has reached its bound.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

import psutil

from benchmarks import open_loop
from benchmarks.figures import Figure, MeasurementError, Spread, Target, a_minute
from benchmarks.open_loop import Load, Sent
from benchmarks.scene import deployed
from benchmarks.traffic import BACKEND_HOST, CACHED, LIFETIME, LOG_HOST
from sandbox.client import Sandbox

_RATE = 200
_SECONDS = 60
_WARM_UP_SECONDS = 90
_MEMORY_EVERY = 10
# What it may grow by and still be called flat: a leak of 250 bytes a request is more. Within one
# minute the allocator's steps alone look like 2 MB; over four minutes it is 0.7 MB a minute.
_FLAT = Target(3, inclusive=False)
_NAME = f"{_RATE} requests/s for {_SECONDS} s"


def measure(progress: Callable[[str], None]) -> list[Figure]:
    """One run. Raises as `scene.deployed` does, and MeasurementError as `division` does."""
    progress(f"{_NAME} through the gateway, one run")
    with deployed() as sandbox:
        # Token and value are fetched anew in the warm-up, so that neither ends while it is measured.
        sandbox.advance_clock(LIFETIME)
        open_loop.send(sandbox, Load(CACHED.url, _RATE, _WARM_UP_SECONDS), _MEMORY_EVERY, _nothing)
        return _measured(sandbox)


def _nothing() -> None:
    """The warm-up isn't watched."""


def _measured(sandbox: Sandbox) -> list[Figure]:
    served, client = psutil.Process(sandbox.running.pid), psutil.Process()
    memory: list[tuple[float, float]] = []

    def watch() -> None:
        memory.append((time.perf_counter(), served.memory_info().rss / 2**20))

    calls, before = sandbox.status()["calls"], (_cpu(served), _cpu(client))
    sent = open_loop.send(sandbox, Load(CACHED.url, _RATE, _SECONDS), _MEMORY_EVERY, watch)
    watch()
    return [
        *_answers(sent),
        Figure(f"{_NAME}: memory at the start", "MB", (memory[0][1],)),
        Figure(f"{_NAME}: memory each {_MEMORY_EVERY} s", "MB", tuple(mb for _, mb in memory)),
        Figure(f"{_NAME}: memory at the end", "MB", (memory[-1][1],)),
        Figure(f"{_NAME}: memory's growth", "MB/min", (a_minute(memory),), _FLAT),
        Figure(f"{_NAME}: CPU, sandbox", "s", (_cpu(served) - before[0],)),
        Figure(f"{_NAME}: CPU, client", "s", (_cpu(client) - before[1],)),
        *division(sent, sandbox.calls_after(calls)),
    ]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _answers(sent: Sequence[Sent]) -> list[Figure]:
    spread = Spread.of([request.latency for request in sent])
    failures = sum(request.failure is not None for request in sent)
    return [
        Figure(f"{_NAME}: answered", "/s", (open_loop.rate_of(sent),)),
        Figure(_NAME, "errors", (failures,), Target(0, inclusive=True)),
        Figure(f"{_NAME}: median", "ms", (spread.median,)),
        Figure(f"{_NAME}: p95", "ms", (spread.p95,)),
        Figure(f"{_NAME}: p99", "ms", (spread.p99,)),
    ]


def division(sent: Sequence[Sent], calls: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """The parts of a request's mean time, by the clients' clock and the journal's.

    `calls` are those that the journal has kept: the load's last seconds. Of `sent` as many requests
    count, the last. Raises MeasurementError when a call is of no warm request, or none is of the gateway.
    """
    spent: dict[str, list[float]] = defaultdict(list)
    for call in calls:
        spent[str(call["host"])].append(float(call["milliseconds"]))
    foreign = set(spent) - {CACHED.host, BACKEND_HOST, LOG_HOST}
    if foreign or not {CACHED.host, BACKEND_HOST} <= set(spent):
        raise MeasurementError(f"calls went to {sorted(spent)}: these were no warm requests")
    last = sorted(sent, key=lambda request: request.ended)[-len(spent[CACHED.host]) :]
    gateway, target = fmean(spent[CACHED.host]), fmean(spent[BACKEND_HOST])
    late = fmean(request.late for request in last)
    parts = {
        "sent late": late,
        "client and connection": fmean(request.latency for request in last) - late - gateway,
        "runtime and policies": gateway - target,
        "simulated endpoints": target,
    }
    return [Figure(f"{_NAME}: mean, {part}", "ms", (value,)) for part, value in parts.items()]
