"""What the policy pack costs: its own processor time a resource, and whether that grows with their number.

The pack is served as the engine does it, and asked as the engine asks: each resource by itself, then
all of them together. Resources are the exemplary stack of the pack's own tests, which every rule
accepts, as often as it takes: so each type that a rule judges is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import psutil

from benchmarks.figures import Figure, Target
from tests.policies.fixtures import FixtureResource, exemplary
from tests.policies.served_pack import PACK, ServedPack, served

_COUNTS = (250, 1_000, 4_000)
_RUNS = 3
# For four times the resources four times the time, and a quarter more for what is not even between runs;
# were it quadratic it would be sixteen.
_LINEAR = Target(5, inclusive=True)


def measure(progress: Callable[[str], None]) -> list[Figure]:
    """Milliseconds a resource at 1,000, and by how much four times as many take longer."""
    spent: dict[int, list[float]] = {count: [] for count in _COUNTS}
    with served(PACK, "update") as pack:
        pack.set({})
        process = _process()
        pack.analyze(_resources(_COUNTS[0]))
        for run in range(1, _RUNS + 1):
            for count in _COUNTS:
                progress(f"the policy pack on {count:,} resources, run {run} of {_RUNS}")
                spent[count].append(_spent(pack, process, _resources(count)))
    figures = [
        Figure(
            f"policy pack, {count:,} resources: CPU a resource",
            "ms",
            tuple(seconds * 1000 / count for seconds in spent[count]),
            Target(1, inclusive=True) if count == 1_000 else None,
        )
        for count in _COUNTS
    ]
    growth = min(spent[_COUNTS[2]]) / min(spent[_COUNTS[1]])
    name = f"policy pack, {_COUNTS[2]:,} resources: CPU of {_COUNTS[1]:,}"
    return [*figures, Figure(name, "times", (growth,), _LINEAR)]


def _spent(
    pack: ServedPack, process: psutil.Process, resources: Sequence[FixtureResource]
) -> float:
    """Seconds of the pack's own process."""
    before = process.cpu_times()
    pack.analyze(resources)
    after = process.cpu_times()
    return float(after.user + after.system - before.user - before.system)


def _process() -> psutil.Process:
    """The pack's process: the only child that runs it."""
    return next(
        child for child in psutil.Process().children() if "pulumi.policy" in child.cmdline()
    )


def _resources(count: int) -> list[FixtureResource]:
    stack = list(exemplary().values())
    made = []
    for number in range(count):
        resource = stack[number % len(stack)]
        copy = f"-{number // len(stack)}"
        sources = {name: [f"{s}{copy}" for s in found] for name, found in resource.sources.items()}
        made.append(replace(resource, name=resource.name + copy, sources=sources))
    return made
