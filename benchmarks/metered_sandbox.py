"""The sandbox's process with a stopwatch on every call of the provider protocol.

`python -m benchmarks.metered_sandbox` serves as `python -m sandbox serve` does and writes the calls
into the sandbox's folder when it ends. Owns the stopwatch and the process that has it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sandbox import process, service
from sandbox.client import Sandbox
from sandbox.controlplane.provider import Provider
from sandbox.paths import ROOT_VARIABLE, Paths
from sandbox.process import SandboxError

_ROOT = Path(__file__).resolve().parents[1]
_FILE = "calls.json"
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Call:
    """One answered call. `type` is the resource's type token, empty where there is none.

    `at` is seconds since 1970, `wall` and `cpu` seconds: with waiting for locks, and of the thread.
    """

    method: str
    type: str
    at: float
    wall: float
    cpu: float


@contextmanager
def running(paths: Paths) -> Iterator[Sandbox]:
    """A metered sandbox of its own, stopped at the end of the block. Raises SandboxError."""
    paths.create()
    with (
        paths.log.open("ab") as log,
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.metered_sandbox"],
            cwd=_ROOT,
            env={**os.environ, ROOT_VARIABLE: str(paths.root)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        ) as child,
    ):
        try:
            yield Sandbox(paths, _await_start(paths, child))
        finally:
            child.terminate()


def _await_start(paths: Paths, child: subprocess.Popen[bytes]) -> process.Running:
    while child.poll() is None:
        found = process.find(paths)
        if found is not None:
            return found
        time.sleep(_POLL_SECONDS)
    raise SandboxError(f"the sandbox did not start: {paths.log.read_text()}")


def calls(paths: Paths) -> list[Call]:
    """The calls that a metered sandbox answered, once it has ended."""
    return [Call(**call) for call in json.loads((paths.root / _FILE).read_text())]


def meter(provider: type[Any]) -> list[Call]:
    """Put a stopwatch on the protocol's methods of a servicer; the list grows with each call."""
    recorded: list[Call] = []
    for name, method in list(vars(provider).items()):
        # The protocol's methods are the only ones that start with a capital letter.
        if name[0].isupper():
            setattr(provider, name, _timed(name, method, recorded))
    return recorded


def _timed(
    name: str, method: Callable[[Any, Any, Any], Any], recorded: list[Call]
) -> Callable[[Any, Any, Any], Any]:
    def answer(self: Any, request: Any, context: Any) -> Any:  # noqa: ANN401 - the protocol's
        at, started, cpu = time.time(), time.perf_counter(), time.thread_time()
        try:
            return method(self, request, context)
        finally:
            wall, used = time.perf_counter() - started, time.thread_time() - cpu
            recorded.append(Call(name, _type(request), at, wall, used))

    return answer


def _type(request: object) -> str:
    """The type token in a request's URN, without its parents'."""
    parts = str(getattr(request, "urn", "")).split("::")
    return parts[2].rsplit("$", 1)[-1] if len(parts) > 2 else ""


def main() -> None:
    """Serve until told to stop, then write the calls."""
    paths = Paths.default()
    recorded = meter(Provider)
    service.run(paths)
    (paths.root / _FILE).write_text(json.dumps([asdict(call) for call in recorded]))


if __name__ == "__main__":
    main()
