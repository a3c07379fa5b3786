"""The sandbox as one background process: start, find, stop.

A lock held for the process's whole life says whether one runs; `run.json` says where it listens.
A file without the lock is left over from a process that died, and is put away.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from sandbox.paths import Paths

_START_SECONDS = 60
_STOP_SECONDS = 15
_POLL_SECONDS = 0.05

# Processes that this one started and that outlive `start`; kept to be reaped when they end.
_children: list[subprocess.Popen[bytes]] = []


class SandboxError(Exception):
    """Something the user can mend; its text says what and how."""


@dataclass(frozen=True)
class Running:
    """A running sandbox. Addresses are `127.0.0.1:port`; `token` opens admin and launch listeners."""

    pid: int
    token: str
    admin: str
    launch: str
    proxy: str

    def write(self, path: Path) -> None:
        """Publish, whole or not at all, readable by the owner only."""
        partial = path.with_suffix(".partial")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file)
        partial.replace(path)

    @classmethod
    def read(cls, path: Path) -> Running | None:
        """The published address book; None when there is none, or none that can be read."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return None


@contextmanager
def hold_lock(paths: Paths) -> Iterator[None]:
    """Be *the* process of this sandbox. Raises SandboxError when another one is."""
    with paths.lock.open("a") as file:
        if not _acquire(file):
            raise SandboxError(f"a sandbox already runs in {paths.root}")
        paths.runtime.unlink(missing_ok=True)
        try:
            yield
        finally:
            paths.runtime.unlink(missing_ok=True)


def find(paths: Paths) -> Running | None:
    """The running sandbox, or None; waits for one that is just starting. Puts stale files away."""
    deadline = time.monotonic() + _START_SECONDS
    while _lock_is_held(paths):
        running = Running.read(paths.runtime)
        if running is not None:
            return running
        if time.monotonic() > deadline:
            raise SandboxError(
                f"the sandbox in {paths.root} holds its lock but doesn't answer; see {paths.log}"
            )
        time.sleep(_POLL_SECONDS)
    paths.runtime.unlink(missing_ok=True)
    return None


def require(paths: Paths) -> Running:
    """The running sandbox. Raises SandboxError with the command that starts one."""
    running = find(paths)
    if running is None:
        raise SandboxError("no sandbox runs here; start it with `python -m sandbox up`")
    return running


def start(paths: Paths) -> tuple[Running, bool]:
    """Start the process, or find the one that runs. Returns it, and whether it is new.

    Raises SandboxError with the end of its log when it doesn't come up.
    """
    try:
        paths.create()
    except OSError as error:
        raise SandboxError(str(error)) from error
    found = find(paths)
    if found is not None:
        return found, False
    with paths.log.open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "serve"],
            cwd=Path(__file__).resolve().parent.parent,
            env={**os.environ, "APIGEE_KEYVAULT_SANDBOX": str(paths.root)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        running = _await_start(paths, child)
    except BaseException:
        # Interrupted: what was being started must not go on unseen.
        _end(child)
        raise
    if running is not None and running.pid == child.pid:
        _children.append(child)
        return running, True
    # Two starts at once: the loser's child ends here, or it would take over from the winner when
    # that one is stopped.
    _end(child)
    if running is None:
        raise SandboxError(
            f"the sandbox did not start. The end of {paths.log}:\n{_tail(paths.log)}"
        )
    return running, False


def _await_start(paths: Paths, child: subprocess.Popen[bytes]) -> Running | None:
    """The process that serves once one does, this child or another; None when none will."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        running = Running.read(paths.runtime)
        if running is not None and _lock_is_held(paths):
            return running
        if child.poll() is not None and not _lock_is_held(paths):
            return None
        time.sleep(_POLL_SECONDS)
    return None


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()


def stop(paths: Paths) -> bool:
    """End the process, gently and then not. Returns whether one ran."""
    running = find(paths)
    if running is None:
        return False
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(running.pid, sign)
        except ProcessLookupError:
            break
        if _wait_for_end(paths):
            break
    if _lock_is_held(paths):
        raise SandboxError(
            f"the sandbox in {paths.root} did not end: {paths.runtime} names process {running.pid},"
            " which is not the one that holds its lock"
        )
    paths.runtime.unlink(missing_ok=True)
    for child in _children:
        if child.pid == running.pid:
            child.wait()
    _children[:] = [child for child in _children if child.poll() is None]
    return True


def _acquire(file: TextIO) -> bool:
    """Take the lock, trying for a second: `_lock_is_held` in another process holds it for an instant."""
    deadline = time.monotonic() + 1
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True


def _wait_for_end(paths: Paths) -> bool:
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline:
        if not _lock_is_held(paths):
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _lock_is_held(paths: Paths) -> bool:
    try:
        with paths.lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _tail(path: Path, lines: int = 20) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
