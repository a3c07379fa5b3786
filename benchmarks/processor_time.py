"""Where a command's processor time goes: its own process, what it starts, the sandbox, the machine.

Owns sampling processes while a command runs. Seconds are of CPU (user and system), the wall's apart;
a process's last fraction of a second, after its last sample, is missed.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import psutil

_EVERY_SECONDS = 0.1
_PLUGIN = "shim.py"


@dataclass(frozen=True)
class Division:
    """Seconds. `idle` and the CPU seconds make up `wall` times the number of cores.

    `engine` is the CLI's process, `program` the language host and the program's process with the
    SDK in it, `sandbox` the sandbox's process and its plugin executables, `others` everything else
    on the machine (its kernel and the measuring included). `written` is bytes that the engine wrote,
    `program_peak` bytes of memory that the program's process had at the most, as sampled.
    """

    wall: float
    engine: float
    program: float
    sandbox: float
    others: float
    idle: float
    written: int
    program_peak: int


def of_command(
    command: Sequence[str], directory: Path, environment: Mapping[str, str], sandbox: int
) -> tuple[int, str, Division]:
    """Run a command of the CLI to its end, beside a sandbox with the process id `sandbox`.

    Returns its exit code, what it printed, and where the time went.
    """
    served = psutil.Process(sandbox)
    before, idle, busy = _seconds(served), *_machine()
    started = perf_counter()
    with subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as cli:
        tree = _Tree(cli.pid)
        with tree:
            output, _ = cli.communicate()
    wall = perf_counter() - started
    idle_after, busy_after = _machine()
    own = _seconds(served) - before + tree.plugins
    others = busy_after - busy - own - tree.engine - tree.program
    division = Division(
        wall,
        tree.engine,
        tree.program,
        own,
        others,
        idle_after - idle,
        tree.written,
        tree.program_peak,
    )
    return cli.returncode, output, division


def role(arguments: Sequence[str], *, is_engine: bool) -> str:
    """Whose process has these arguments: `engine`, `plugins` or `program`."""
    if is_engine:
        return "engine"
    if any(Path(argument).name == _PLUGIN for argument in arguments):
        return "plugins"
    return "program"


class _Tree:
    """Samples a process and its descendants from a thread, for as long as the block runs."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._found: dict[int, tuple[psutil.Process, str, float]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.written = 0
        self.program_peak = 0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def engine(self) -> float:
        """CPU seconds of the CLI's own process."""
        return self._sum("engine")

    @property
    def program(self) -> float:
        """CPU seconds of the language host and the program."""
        return self._sum("program")

    @property
    def plugins(self) -> float:
        """CPU seconds of the sandbox's plugin executables."""
        return self._sum("plugins")

    def _sum(self, wanted: str) -> float:
        return sum(seconds for _, of, seconds in self._found.values() if of == wanted)

    def _run(self) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            try:
                self._sample([self._root, *self._root.children(recursive=True)])
                self.written = self._root.io_counters().write_bytes
            except psutil.Error:
                # It has just ended: what the last sample found stands.
                continue

    def _sample(self, processes: Iterable[psutil.Process]) -> None:
        for process in processes:
            try:
                known = self._found.get(process.pid)
                # A shell that becomes something else keeps its id, so arguments are read again.
                of = role(process.cmdline(), is_engine=process == self._root)
                seconds = max(_seconds(process), known[2] if known else 0.0)
                self._found[process.pid] = (process, of, seconds)
                if of == "program":
                    # The language host, which is a program too, has little beside it.
                    self.program_peak = max(self.program_peak, process.memory_info().rss)
            except psutil.Error:
                continue


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _machine() -> tuple[float, float]:
    """Seconds of all cores: idle, and anything else."""
    times = psutil.cpu_times()._asdict()
    # A guest's time is in the user's already.
    counted = {name: value for name, value in times.items() if not name.startswith("guest")}
    idle = counted.pop("idle") + counted.pop("iowait", 0.0)
    return idle, sum(counted.values())
