"""The sandbox as one background process: start, find, stop.

A lock held for the process's whole life says whether one runs, and in its file which one it is;
`run.json` says where it listens. An address book without the lock is left over from a process that
died, and is put away.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from sandbox.paths import Paths

_START_SECONDS = 120
_STOP_SECONDS = 15
_SETTLE_SECONDS = 1
_LOCK_SECONDS = 10
_POLL_SECONDS = 0.05
_ADDRESS = re.compile(r"127\.0\.0\.1:[0-9]{1,5}")

# Processes that this one started and that outlive `start`; kept to be reaped when they end.
_children: list[subprocess.Popen[bytes]] = []


class SandboxError(Exception):
    """Something the user can mend; its text says what and how."""


@dataclass(frozen=True)
class Running:
    """A running sandbox. Addresses are `127.0.0.1:port`; `token` opens admin and launch listeners.

    Raises ValueError for anything else.
    """

    pid: int
    token: str
    admin: str
    launch: str
    proxy: str

    def __post_init__(self) -> None:
        # A file can be edited: no text of it may become a signal to every process there is.
        if type(self.pid) is not int or self.pid <= 1:
            raise ValueError(f"pid: a process id, not {self.pid!r}")
        if not isinstance(self.token, str):
            raise ValueError("token: a text")
        for name in ("admin", "launch", "proxy"):
            if not _ADDRESS.fullmatch(str(getattr(self, name))):
                raise ValueError(f"{name}: an address of the loopback interface")

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


@contextlib.contextmanager
def hold_lock(paths: Paths) -> Iterator[None]:
    """Be *the* process of this sandbox. Raises SandboxError when another one is."""
    with paths.lock.open("a") as file:
        if not _acquire(file):
            raise SandboxError(f"a sandbox already runs in {paths.root}")
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        paths.runtime.unlink(missing_ok=True)
        try:
            yield
        finally:
            paths.runtime.unlink(missing_ok=True)


def find(paths: Paths) -> Running | None:
    """The running sandbox, or None; waits for one that is just starting. Puts stale files away.

    Raises SandboxError when the one that runs can't be reached.
    """
    started = time.monotonic()
    while _lock_is_held(paths):
        running = Running.read(paths.runtime)
        if running is not None and _listens(running):
            return running
        waited = time.monotonic() - started
        # It is published whole: one that is there and can't be read won't become readable.
        damaged = running is None and paths.runtime.exists() and waited > _SETTLE_SECONDS
        if damaged or waited > _START_SECONDS:
            why = f"{paths.runtime} is damaged" if damaged else f"{paths.log} may say why"
            raise SandboxError(
                f"the sandbox in {paths.root} runs but can't be reached ({why});"
                " `python -m sandbox down` and `up` restart it"
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

    Raises SandboxError with the last line of its log when it doesn't come up, and OSError when its
    files can't be made.
    """
    try:
        paths.create()
    except FileExistsError as error:
        raise SandboxError(str(error)) from error
    found = find(paths)
    if found is not None:
        return found, False
    with paths.log.open("ab") as log:
        before = log.tell()
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
        why = _last_line(paths.log, before)
        raise SandboxError(f"the sandbox did not start: {why} (all of it is in {paths.log})")
    return running, False


def _await_start(paths: Paths, child: subprocess.Popen[bytes]) -> Running | None:
    """The process that serves once one does, this child or another; None when none will."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        running = Running.read(paths.runtime)
        if running is not None and _lock_is_held(paths) and _listens(running):
            return running
        if child.poll() is not None and not _lock_is_held(paths):
            return None
        time.sleep(_POLL_SECONDS)
    return None


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()


def stop(paths: Paths) -> bool:
    """End the process, gently and then not. Returns whether one ran.

    Raises SandboxError when it can't be ended.
    """
    if not _lock_is_held(paths):
        paths.runtime.unlink(missing_ok=True)
        return False
    pid = _holder(paths)
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        if _wait_for_end(paths):
            break
    if _lock_is_held(paths):
        raise SandboxError(f"the sandbox in {paths.root} did not end: process {pid} still runs")
    paths.runtime.unlink(missing_ok=True)
    for child in _children:
        if child.pid == pid:
            child.wait()
    _children[:] = [child for child in _children if child.poll() is None]
    return True


def _holder(paths: Paths) -> int:
    """The id of the process that holds the lock. Raises SandboxError."""
    named = paths.lock.read_text(errors="replace")
    if not named.isascii() or not named.isdigit() or int(named) <= 1:
        raise SandboxError(
            f"{paths.lock} doesn't name the process that holds it: end that one yourself"
            f" (`fuser {paths.lock}` shows it), then start a new one with `python -m sandbox up`"
        )
    return int(named)


def _acquire(file: TextIO) -> bool:
    """Take the lock, trying for a while: `_lock_is_held` in other processes holds it for instants."""
    deadline = time.monotonic() + _LOCK_SECONDS
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


def _listens(running: Running) -> bool:
    """Whether that process is there: one that was killed holds its lock for a moment longer."""
    host, _, port = running.admin.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=_SETTLE_SECONDS).close()
    except (OSError, OverflowError):
        return False
    return True


def _lock_is_held(paths: Paths) -> bool:
    try:
        with paths.lock.open() as file:
            # Shared: who only looks must not seem to be the process to others who look.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _last_line(path: Path, start: int) -> str:
    """The last line of what was written after `start` (bytes): an exception's, where it was one."""
    try:
        lines = path.read_bytes()[start:].decode(errors="replace").split("\n")
    except OSError as error:
        return str(error)
    told = [line.strip() for line in lines if line.strip()]
    return told[-1].removeprefix("error: ") if told else "it ended, or hung, without a word"
