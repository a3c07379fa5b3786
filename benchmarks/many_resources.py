"""An `up` of 2,000 resources and a refresh of them, with what each part of it costs.

The real engine deploys the program in `fleet/` into a metered sandbox of its own.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import metered_sandbox, processor_time
from benchmarks.figures import Figure, MeasurementError
from benchmarks.metered_sandbox import Call
from benchmarks.processor_time import Division
from sandbox.engine import Engine
from sandbox.paths import Paths

RESOURCES = 2_000
_PROJECT = Path(__file__).resolve().parent / "fleet"
_STACK = ("--stack", "local")
_DEPLOYING = ("--yes", "--skip-preview", "--suppress-progress", "--non-interactive", *_STACK)
_SLOWEST = 3
_TAIL_LINES = 40


@dataclass(frozen=True)
class _Run:
    """A command's time, and when it ran: seconds since 1970."""

    division: Division
    started: float
    ended: float

    def had(self, call: Call) -> bool:
        """Whether a call was made during the command."""
        return self.started <= call.at <= self.ended


def measure(progress: Callable[[str], None]) -> list[Figure]:
    """Where the time of one `up` and one refresh goes.

    Raises MeasurementError when a command fails or the engine's state doesn't have the resources,
    SandboxError when the sandbox doesn't start.
    """
    paths = Paths(Path(tempfile.mkdtemp(prefix="apigee-keyvault-bench-")))
    try:
        with metered_sandbox.running(paths) as sandbox:
            deployer = _Deployer(Engine(paths), sandbox.running.pid)
            deployer.run("stack", "init", *_STACK, "--non-interactive")
            progress(f"{RESOURCES:,} resources: up, one run of minutes")
            up = deployer.run("up", *_DEPLOYING)
            deployer.check_state()
            progress(f"{RESOURCES:,} resources: refresh, one run")
            refresh = deployer.run("refresh", *_DEPLOYING)
        calls = metered_sandbox.calls(paths)
    finally:
        shutil.rmtree(paths.root)
    runs = {f"up of {RESOURCES:,}": up, f"refresh of {RESOURCES:,}": refresh}
    return [figure for name, run in runs.items() for figure in _figures(name, run, calls)]


class _Deployer:
    """Runs the CLI on the fleet's project, beside a sandbox with the process id `sandbox`."""

    def __init__(self, engine: Engine, sandbox: int) -> None:
        self._engine = engine
        self._sandbox = sandbox

    def run(self, *arguments: str) -> _Run:
        """A command of the CLI. Raises MeasurementError when it fails."""
        command, directory = self._engine.command(arguments, _PROJECT)
        started = time.time()
        code, output, division = processor_time.of_command(
            command, directory, self._engine.environment, self._sandbox
        )
        if code != 0:
            tail = "\n".join(output.splitlines()[-_TAIL_LINES:])
            raise MeasurementError(f"pulumi {arguments[0]} failed. Its last lines:\n{tail}")
        return _Run(division, started, time.time())

    def check_state(self) -> None:
        """Raises MeasurementError unless the state has the fleet, whole."""
        exported = self._engine.run(("stack", "export", *_STACK), _PROJECT, capture=True).stdout
        resources = json.loads(exported)["deployment"]["resources"]
        found = sum(not resource["type"].startswith("pulumi:") for resource in resources)
        if found != RESOURCES:
            raise MeasurementError(f"{found} resources are in the state, not {RESOURCES}")


def _figures(name: str, run: _Run, calls: Sequence[Call]) -> list[Figure]:
    division = run.division
    during = [call for call in calls if run.had(call)]
    return [
        Figure(f"{name}: wall", "s", (division.wall,)),
        Figure(f"{name}: CPU, engine", "s", (division.engine,)),
        Figure(f"{name}: CPU, program and SDK", "s", (division.program,)),
        Figure(f"{name}: CPU, sandbox", "s", (division.sandbox,)),
        Figure(f"{name}: CPU, rest of the machine", "s", (division.others,)),
        Figure(f"{name}: cores idle", "s", (division.idle,)),
        Figure(f"{name}: state written by the engine", "GB", (division.written / 2**30,)),
        *by_method(name, during),
        *slowest(name, during),
    ]


def by_method(name: str, calls: Sequence[Call]) -> list[Figure]:
    """The sandbox's CPU in each method of the protocol that took a tenth of a second in all."""
    spent: dict[str, list[float]] = defaultdict(list)
    for call in calls:
        spent[call.method].append(call.cpu)
    return [
        Figure(f"{name}: CPU in {method} ({len(cpu):,} calls)", "s", (sum(cpu),))
        for method, cpu in sorted(spent.items(), key=lambda item: -sum(item[1]))
        if sum(cpu) >= 0.1
    ]


def slowest(name: str, calls: Sequence[Call]) -> list[Figure]:
    """The operations on a type of resource that took the sandbox most CPU a call."""
    spent: dict[tuple[str, str], list[float]] = defaultdict(list)
    for call in calls:
        if call.type:
            spent[call.method, call.type.rpartition(":")[2]].append(call.cpu * 1000)
    means = {operation: sum(cpu) / len(cpu) for operation, cpu in spent.items()}
    ranked = sorted(means, key=lambda operation: -means[operation])[:_SLOWEST]
    return [
        Figure(f"{name}: CPU a {method} of {type_}", "ms", (means[method, type_],))
        for method, type_ in ranked
    ]
