"""The plugin executables that the engine starts: they ask the sandbox for a provider and wait.

The module has two lives. Imported, it installs the plugins into the sandbox's `PULUMI_HOME`. Run as
a script (a copy lies beside each executable), it is the plugin: standard library only, so that
it starts fast and needs no package.
"""

from __future__ import annotations

import json
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.paths import Paths

_POLL_SECONDS = 1.0
_CONNECT_SECONDS = 10.0
_START = "`python -m sandbox up` starts it"


def install(paths: Paths, pulumi: str, environment: Mapping[str, str]) -> None:
    """Install a plugin for each package that the sandbox knows, unless it is there already.

    Args:
        paths: The sandbox's folders; plugins go into its `PULUMI_HOME` and read its `run.json`.
        pulumi: The CLI's path.
        environment: The CLI's environment; its `PULUMI_HOME` must be the sandbox's.

    Raises:
        RuntimeError: The CLI refused to install one; the text is the CLI's.
    """
    # Imported here: the script that the engine runs must start without any package.
    from sandbox.controlplane import packages  # noqa: PLC0415

    for package in packages.NAMES:
        version, files = packages.version(package), _files(package, paths)
        installed = paths.pulumi_home / "plugins" / f"resource-{package}-v{version}"
        if _holds(installed, files):
            continue
        with tempfile.TemporaryDirectory(dir=paths.root) as folder:
            _write(Path(folder), files)
            command = [pulumi, "plugin", "install", "resource", package, version]
            done = subprocess.run(
                [*command, "--file", folder, "--reinstall"],
                env=dict(environment),
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            raise RuntimeError(
                f"the plugin {package} could not be installed: {done.stderr.strip()}"
            )


def _files(package: str, paths: Paths) -> dict[str, str]:
    """A plugin's files by name."""
    # Through the shell: a `#!` line may not be longer than 127 bytes, and virtual environments are.
    # -I and -S: neither PYTHON* variables nor installed packages matter, and starting takes less.
    start = shlex.join([sys.executable, "-I", "-S"])
    arguments = shlex.join([package, str(paths.runtime)])
    return {
        f"pulumi-resource-{package}": (
            f'#!/bin/sh\nexec {start} "$(dirname "$0")/shim.py" {arguments}\n'
        ),
        "shim.py": Path(__file__).read_text(),
    }


def _holds(folder: Path, files: Mapping[str, str]) -> bool:
    if folder.with_name(f"{folder.name}.partial").exists():
        return False
    return all(
        (folder / name).is_file() and (folder / name).read_text() == text
        for name, text in files.items()
    )


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o700)


def main(package: str, runtime: Path) -> int:
    """Be the plugin: print the provider's port, then wait until the engine or the sandbox ends."""
    parent = os.getppid()
    try:
        connection, port = _launch(package, runtime, parent)
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"the sandbox gives no provider {package}: {error}\n")
        return 1
    with connection:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        while os.getppid() == parent:
            if select.select([connection], [], [], _POLL_SECONDS)[0]:
                return 0
    return 0


def _launch(package: str, runtime: Path, engine: int) -> tuple[socket.socket, int]:
    """The connection that keeps the launch open, and its port. Raises as `main` expects."""
    if not runtime.exists():
        raise OSError(f"it doesn't run; {_START}")
    running = json.loads(runtime.read_text())
    host, _, port = running["launch"].rpartition(":")
    try:
        connection = socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS)
    except OSError as error:
        raise OSError(f"it doesn't answer on {running['launch']}: {error}; {_START}") from error
    request = {
        "token": running["token"],
        "package": package,
        "directory": str(Path.cwd()),
        "engine": engine,
    }
    connection.sendall(json.dumps(request).encode() + b"\n")
    with connection.makefile("r") as lines:
        answer = json.loads(lines.readline() or '{"error": "it ended the connection"}')
    if "error" in answer:
        connection.close()
        raise ValueError(answer["error"])
    connection.settimeout(None)
    return connection, int(answer["port"])


if __name__ == "__main__":
    # An interrupt ends a plugin without a word, as it does those that aren't Python.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
