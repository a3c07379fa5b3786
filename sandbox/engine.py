"""Runs the Pulumi CLI in the sandbox's environment: its own home, backend, plugins and file copies.

A user's login, plugins and stack files stay untouched. Owns the CLI's environment and arguments, not
the plugins (`controlplane`) nor the copies (`projects`).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from sandbox.controlplane import shim
from sandbox.paths import Paths
from sandbox.process import SandboxError
from sandbox.projects import copy_project, find_project
from tools.setup.engine import EngineError, directory

# Flags whose value is a file or folder. The CLI runs in the copy's folder, so they are made absolute.
_PATH_FLAGS = frozenset(
    {
        "--policy-pack",
        "--policy-pack-config",
        "--file",
        "--plan",
        "--save-plan",
        "--import-file",
        "--event-log",
        "--out",
        "--generate-resources",
    }
)
_FOLDER_FLAGS = ("--cwd", "-C")
# Would lead the CLI to the user's own account, past the sandbox's plugins or to other state files.
_DROPPED = frozenset({"PULUMI_ACCESS_TOKEN", "PULUMI_DEBUG_PROVIDERS", "PULUMI_CONFIG_PASSPHRASE"})
_DROPPED_PREFIXES = ("PULUMI_DIY_BACKEND_", "PULUMI_SELF_MANAGED_STATE_")


class Engine:
    """The Pulumi CLI, ready to run in one sandbox."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self.environment = _environment(paths)
        self._executable = _executable(self.environment)
        try:
            shim.install(paths, self._executable, self.environment)
        except RuntimeError as error:
            raise SandboxError(str(error)) from error

    def command(self, arguments: Sequence[str], directory: Path) -> tuple[list[str], Path]:
        """The command line and its working directory for `pulumi ARGUMENTS` typed in `directory`.

        Raises SandboxError for a directory without a project, and for arguments that would let the
        CLI write into the user's own files.
        """
        others, folder = in_another_directory(arguments, directory)
        copy = copy_project(find_project(folder), self._paths.projects)
        return [self._executable, *absolute_paths(others, folder)], copy

    def run(
        self,
        arguments: Sequence[str],
        directory: Path,
        capture: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end; output goes to the terminal unless captured. Never raises for an exit code."""
        command, copy = self.command(arguments, directory)
        with _interrupts_left_to_the_engine():
            return subprocess.run(
                command,
                cwd=copy,
                env=self.environment,
                capture_output=capture,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL if capture else None,
            )


@contextlib.contextmanager
def _interrupts_left_to_the_engine() -> Iterator[None]:
    """A terminal's interrupt reaches the CLI too, which lets running operations finish.

    Python's own answer would be to kill the CLI in the middle of them.
    """
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread ever sees an interrupt.
        yield
        return
    # A function, because the CLI would inherit that signals are ignored.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def in_another_directory(arguments: Sequence[str], directory: Path) -> tuple[list[str], Path]:
    """`arguments` without `--cwd` and `-C`, and the folder that they lead to from `directory`.

    Left to the CLI, they would lead it from the copy to the user's own project. Raises SandboxError
    where the folder is missing, and for `--config-file`, which the CLI would write into.
    """
    others: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        flag, equals, value = argument.partition("=")
        if argument == "--":
            others += [argument, *remaining]
        elif flag == "--config-file":
            raise SandboxError(
                "--config-file: the CLI writes into that file; name it Pulumi.<stack>.yaml, and the"
                " sandbox works on a copy"
            )
        elif flag in _FOLDER_FLAGS:
            directory = _folder(directory, value if equals else next(remaining, ""))
        elif argument.startswith("-C"):
            directory = _folder(directory, argument.removeprefix("-C"))
        else:
            others.append(argument)
    return others, directory


def _folder(directory: Path, named: str) -> Path:
    if not named or not (directory / named).is_dir():
        raise SandboxError(f"--cwd: {directory / named} is no folder; name the project's")
    return directory / named


def absolute_paths(arguments: Sequence[str], directory: Path) -> list[str]:
    """`arguments` with the values of flags that name files resolved against `directory`."""
    resolved: list[str] = []
    expects_path = False
    for argument in arguments:
        flag, equals, value = argument.partition("=")
        if expects_path:
            resolved.append(str(directory / argument))
        elif equals and flag in _PATH_FLAGS:
            resolved.append(f"{flag}={directory / value}")
        else:
            resolved.append(argument)
        expects_path = argument in _PATH_FLAGS
    return resolved


def _environment(paths: Paths) -> dict[str, str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in _DROPPED and not name.startswith(_DROPPED_PREFIXES)
    }
    try:
        engine = directory()
    except EngineError as error:
        raise SandboxError(str(error)) from error
    if engine is not None:
        environment["PATH"] = os.pathsep.join([str(engine), environment.get("PATH", os.defpath)])
    return environment | {
        "PULUMI_HOME": str(paths.pulumi_home),
        "PULUMI_BACKEND_URL": paths.pulumi_backend.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(_passphrase(paths)),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
        # The program must run by the interpreter whose packages the sandbox was started with.
        "PULUMI_PYTHON_CMD": sys.executable,
    }


def _executable(environment: dict[str, str]) -> str:
    for folder in environment["PATH"].split(os.pathsep):
        candidate = Path(folder) / "pulumi"
        if os.access(candidate, os.X_OK):
            return str(candidate)
    raise SandboxError("no pulumi to run; `make setup` builds one")


def _passphrase(paths: Paths) -> Path:
    """A passphrase of this sandbox's own for the state's secrets, made once."""
    file = paths.root / "passphrase"
    if not file.exists():
        # Never over another one's: two first runs at once must agree on one passphrase.
        partial = file.with_suffix(f".{os.getpid()}.partial")
        partial.touch(mode=0o600)
        partial.write_text(secrets.token_urlsafe(32))
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(partial)
        partial.unlink()
    return file
