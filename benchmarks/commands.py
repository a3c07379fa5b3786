"""How long the user's commands take, packages and engine being there: the demo's tour, and `make test`.

Owns running them as a user would and the clock around them, not what they do.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.figures import Figure, MeasurementError, Target

_ROOT = Path(__file__).resolve().parents[1]
_DEMO_RUNS = 3
_TAIL_LINES = 40
# This process may itself run under make, whose variables would change what another make does.
_DROPPED = frozenset({"MAKEFLAGS", "MAKELEVEL", "MFLAGS"})


def measure_demo(progress: Callable[[str], None]) -> list[Figure]:
    """The demo's tour, several times. Raises MeasurementError when a step isn't as told."""
    runs: list[float] = []
    for number in range(1, _DEMO_RUNS + 1):
        progress(f"the demo, run {number} of {_DEMO_RUNS}")
        runs.append(_seconds([sys.executable, "-m", "sandbox", "demo"]))
    return [Figure("make demo", "s", tuple(runs), Target(90, inclusive=True))]


def measure_test(progress: Callable[[str], None]) -> list[Figure]:
    """`make test`, once, for it takes minutes. Raises MeasurementError when it fails."""
    progress("make test, one run")
    run = _seconds(["make", "test"])
    return [Figure("make test", "s", (run,), Target(600, inclusive=True))]


def _seconds(command: Sequence[str]) -> float:
    """Run to the end; the seconds it took."""
    environment = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    started = time.perf_counter()
    result = subprocess.run(
        command,
        cwd=_ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if result.returncode != 0:
        tail = "\n".join(result.stdout.splitlines()[-_TAIL_LINES:])
        raise MeasurementError(
            f"`{' '.join(command)}` ended with exit code {result.returncode} after"
            f" {seconds:.1f} s. Its last lines:\n{tail}"
        )
    return seconds
