"""The checkout's virtual environment `.venv`: made of exactly what requirements.txt pins.

Made by uv where it is on PATH, else by venv and pip. A stamp written after the last step says what
it was made of; in any other state (none, interrupted, other pins, other Python, moved) it is made
anew.
"""

import hashlib
import importlib.util
import os
import platform
import shutil
import sys
from pathlib import Path

from tools.setup.errors import SetupError
from tools.setup.lock import exclusive
from tools.setup.progress import run

STAMP = "made-of"
"""File in the environment, written last."""


def ensure(root: Path) -> None:
    """Make the environment in the checkout `root` unless it is there and finished.

    Raises:
        SetupError: A tool is missing, or a package could not be installed.
    """
    if is_finished(root):
        return
    with exclusive(root / ".build" / "venv.lock", "virtual environment"):
        if not is_finished(root):
            require_tools(root)
            _make(root)


def is_finished(root: Path) -> bool:
    """Whether it was made to its end, from the present pins, by this Python, in this place."""
    venv = root / ".venv"
    try:
        stamp = (venv / STAMP).read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return stamp == _stamp(root) and os.access(venv / "bin" / "python", os.X_OK)


def require_tools(root: Path) -> None:
    """Check for what making the environment takes.

    Raises:
        SetupError: The environment must be made, and there is neither uv nor a whole venv module.
    """
    if is_finished(root) or shutil.which("uv"):
        return
    if any(importlib.util.find_spec(module) is None for module in ("venv", "ensurepip")):
        raise SetupError(
            "this Python can't make virtual environments: install its venv package "
            "(Debian and Ubuntu: apt install python3-venv) or uv (https://docs.astral.sh/uv/)"
        )


def _stamp(root: Path) -> str:
    pins = hashlib.sha256((root / "requirements.txt").read_bytes()).hexdigest()
    return f"requirements {pins}\npython {platform.python_version()}\nplace {root}\n"


def _make(root: Path) -> None:
    venv, pins = root / ".venv", root / "requirements.txt"
    if venv.is_symlink():
        raise SetupError(
            f"{venv} is a link to somebody's environment: remove the link, then repeat"
        )
    # The stamp first, so that no interruption leaves it; then all, so that no removed pin lingers.
    (venv / STAMP).unlink(missing_ok=True)
    shutil.rmtree(venv, ignore_errors=True)
    uv = shutil.which("uv")
    if uv:
        # Seeded with pip, by which Pulumi's own Python host lists packages.
        create: list[str | Path] = [uv, "venv", "--seed", "--python", sys.executable, venv]
        install: list[str | Path] = [
            uv,
            "pip",
            "install",
            "--compile-bytecode",  # as pip does: every command loads the SDKs
            "--python",
            venv / "bin" / "python",
            "-r",
            pins,
        ]
    else:
        create = [sys.executable, "-m", "venv", venv]
        pip: list[str | Path] = [venv / "bin" / "python", "-m", "pip"]
        install = [*pip, "install", "--disable-pip-version-check", "-r", pins]
    run(create, "virtual environment: creating .venv", counted=lambda _: None)
    run(install, "virtual environment: installing requirements.txt", counted=_package)
    (venv / STAMP).write_text(_stamp(root), encoding="utf-8")


def _package(line: str) -> str | None:
    return "packages found" if line.startswith("Collecting ") else None
