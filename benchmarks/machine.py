"""Says on what the figures were measured; a figure without its machine can't be compared."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

import psutil

from tools.setup import engine


def describe() -> str:
    """One line: cores, memory, system, Python, the Pulumi CLI, and how busy the machine was before.

    Raises EngineError where there is no CLI.
    """
    gigabytes = psutil.virtual_memory().total / 2**30
    return (
        f"{psutil.cpu_count()} cores, {gigabytes:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, Pulumi CLI {_cli_version()}, "
        f"load before {psutil.getloadavg()[0]:.1f}"
    )


def _cli_version() -> str:
    built = engine.directory()
    path = None if built is None else str(built)
    cli = shutil.which(engine.CLI, path=path)
    version = None if cli is None else engine.cli_version(Path(cli), os.environ)
    return "unknown" if version is None else ".".join(map(str, version))
