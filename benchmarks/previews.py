"""What a preview costs with 1, 10, 50 and 100 environments, and what of it the components add.

The real engine previews the program, and beside it a bare one (`bare/`) that registers the same
resources by plain calls of the SDKs. Nothing is deployed. A preview's time is the whole command's;
its memory is that of the program's process.
"""

from __future__ import annotations

import re
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks import many_environments, processor_time
from benchmarks.figures import Figure, MeasurementError, Target
from benchmarks.many_environments import Configuration
from benchmarks.processor_time import Division
from sandbox import process
from sandbox.engine import Engine
from sandbox.paths import Paths

SIZES = (1, 10, 50, 100)
_RUNS = 3
_ROOT = Path(__file__).resolve().parents[1]
_STACK = "many"
_SHARED_COMPONENTS, _COMPONENTS_EACH = 2, 4
_TO_CREATE = re.compile(r"\+ (\d+) to create")
_TAIL_LINES = 40
_OVERHEAD = Target(15, inclusive=True)
_NO_FASTER = Target(100, inclusive=True)


@dataclass(frozen=True)
class _Program:
    """One of the two: where its project is, and its configuration for so many environments."""

    name: str
    project: Path
    configuration: Callable[[int], Configuration]


_WITH_COMPONENTS = _Program("with components", _ROOT, many_environments.of_program)
_BARE = _Program("bare", _ROOT / "benchmarks" / "bare", many_environments.of_bare_program)
_PROGRAMS = (_BARE, _WITH_COMPONENTS)


@dataclass(frozen=True)
class Preview:
    """One preview's costs.

    Seconds of the whole command and of the program's processor time; the peak of the program's
    memory, in MB. `resources` would be made, components and the stack itself among them.
    """

    seconds: float
    program_seconds: float
    megabytes: float
    resources: int


@dataclass(frozen=True)
class Compared:
    """The previews of one size, of both programs."""

    environments: int
    bare: tuple[Preview, ...]
    with_components: tuple[Preview, ...]

    @property
    def resources(self) -> int:
        """How many resources either program registers."""
        return self.bare[0].resources - 1  # without the stack itself

    def check(self) -> None:
        """Raises MeasurementError unless the programs differ by the components alone."""
        components = _SHARED_COMPONENTS + _COMPONENTS_EACH * self.environments
        found = {preview.resources for preview in self.with_components}
        if found != {self.resources + 1 + components}:
            raise MeasurementError(
                f"{self.environments} environments: the program previews {sorted(found)} resources,"
                f" the bare one {self.resources + 1}, and there are {components} components"
            )


def measure(
    progress: Callable[[str], None], sizes: tuple[int, ...] = SIZES, runs: int = _RUNS
) -> list[Figure]:
    """Previews of both programs in turn, `runs` of each size.

    Raises MeasurementError when a preview fails or the programs don't register the same, SandboxError
    when the sandbox doesn't start.
    """
    paths = Paths(Path(tempfile.mkdtemp(prefix="apigee-keyvault-bench-")))
    try:
        running, _ = process.start(paths)
        previewer = _Previewer(Engine(paths), running.pid)
        for program in _PROGRAMS:
            previewer.prepare(program)
        compared = [_compare(previewer, size, runs, progress) for size in sizes]
    finally:
        process.stop(paths)
        shutil.rmtree(paths.root)
    return [
        *(figure for one in compared for figure in overhead(one)),
        *(figure for pair in pairwise(compared) for figure in growth(*pair)),
    ]


def _compare(
    previewer: _Previewer, size: int, runs: int, progress: Callable[[str], None]
) -> Compared:
    found: dict[str, list[Preview]] = {program.name: [] for program in _PROGRAMS}
    for run in range(1, runs + 1):
        progress(f"previews of {size} environments, run {run} of {runs}")
        # Whatever the machine does meanwhile shouldn't always meet the same one.
        for program in _PROGRAMS if run % 2 else reversed(_PROGRAMS):
            found[program.name].append(previewer.preview(program, size))
    compared = Compared(size, *(tuple(found[program.name]) for program in _PROGRAMS))
    compared.check()
    return compared


class _Previewer:
    """Runs the CLI on both projects, beside a sandbox with the process id `sandbox`."""

    def __init__(self, engine: Engine, sandbox: int) -> None:
        self._engine = engine
        self._sandbox = sandbox

    def prepare(self, program: _Program) -> None:
        """Make the program's stack, and preview it once: the code is compiled then."""
        self._run(program, "stack", "init", _STACK)
        self.preview(program, 1)

    def preview(self, program: _Program, environments: int) -> Preview:
        """A preview of so many environments."""
        _, copy = self._engine.command((), program.project)
        stack_file = copy / f"Pulumi.{_STACK}.yaml"
        many_environments.write(program.configuration(environments), stack_file)
        output, cost = self._run(program, "preview", "--suppress-progress", "--stack", _STACK)
        created = _TO_CREATE.search(output)
        if created is None:
            raise MeasurementError(f"a preview of the {program.name} program says:\n{output}")
        megabytes = cost.program_peak / 2**20
        return Preview(cost.wall, cost.program, megabytes, int(created[1]))

    def _run(self, program: _Program, *arguments: str) -> tuple[str, Division]:
        command, directory = self._engine.command(
            (*arguments, "--non-interactive"), program.project
        )
        code, output, cost = processor_time.of_command(
            command, directory, self._engine.environment, self._sandbox
        )
        if code != 0:
            tail = "\n".join(output.splitlines()[-_TAIL_LINES:])
            raise MeasurementError(f"pulumi {arguments[0]} failed. Its last lines:\n{tail}")
        return output, cost


_QUANTITIES: Mapping[str, tuple[str, Callable[[Preview], float], Target | None]] = {
    "time": ("s", lambda preview: preview.seconds, _OVERHEAD),
    "program's CPU": ("s", lambda preview: preview.program_seconds, None),
    "program's peak memory": ("MB", lambda preview: preview.megabytes, _OVERHEAD),
}


def overhead(compared: Compared) -> Iterator[Figure]:
    """Both programs' figures for one size, and what the components add, by the medians."""
    of = f"preview, {compared.environments} environments"
    for quantity, (unit, value, target) in _QUANTITIES.items():
        bare = tuple(map(value, compared.bare))
        with_components = tuple(map(value, compared.with_components))
        more = (statistics.median(with_components) / statistics.median(bare) - 1) * 100
        yield Figure(f"{of} ({compared.resources:,} resources): {quantity}", unit, with_components)
        yield Figure(f"{of}, bare: {quantity}", unit, bare)
        yield Figure(f"{of}: components' part of the {quantity}", "%", (more,), target)


def growth(fewer: Compared, more: Compared) -> Iterator[Figure]:
    """By how much time and memory grow for each resource, from one size to the next."""
    for quantity, (_, value, target) in _QUANTITIES.items():
        if target is not None:
            each = [
                statistics.median(map(value, one.with_components)) / one.resources
                for one in (fewer, more)
            ]
            name = (
                f"preview, {more.environments} environments: {quantity} a resource,"
                f" of that with {fewer.environments}"
            )
            yield Figure(name, "%", (each[1] / each[0] * 100,), _NO_FASTER)
