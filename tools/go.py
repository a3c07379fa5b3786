"""Programs in Go that only checks need: built once, into the user's cache.

A folder with Go sources, a go.mod and a go.sum is built outside the checkout, so that checkouts share
the result. The engine's own build is `tools.setup.engine_build`'s.
"""

import hashlib
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

_SOURCES = {".go", ".mod", ".sum"}
_UNFINISHED = "unfinished-"


def program(folder: Path, name: str) -> Path:
    """Build the program in `folder`, unless it is there; return the executable, called `name`.

    Raises:
        SetupError: There is no Go, or the build failed; its last messages are included.
    """
    built = _cache() / _digest(folder)
    with exclusive(_cache() / "lock", name):
        if not built.is_dir():
            _build(folder, built, name)
    return built / name


def _cache() -> Path:
    return engine.cache_root(os.environ).parent / "go"


def _digest(folder: Path) -> str:
    digest = hashlib.sha256(f"{sys.platform} {platform.machine()}".encode())
    for source in sorted(folder.iterdir()):
        if source.suffix in _SOURCES:
            digest.update(f"\n{source.name}\n".encode() + source.read_bytes())
    return digest.hexdigest()[:12]


def _build(folder: Path, built: Path, name: str) -> None:
    if shutil.which("go") is None:
        raise SetupError(f"{name} is built with Go, which is not on PATH: https://go.dev/dl/")
    for leftover in built.parent.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(leftover)  # of a build that was killed: the lock is ours
    temporary = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=built.parent))
    try:
        # No VCS stamp: it fails in a checkout that git doesn't trust.
        flags = ("-v", "-buildvcs=false", "-ldflags", "-s -w")
        run(
            ["go", "build", *flags, "-o", temporary / name, "."],
            f"go: building {name} once",
            counted=_progress,
            environ={"GOTOOLCHAIN": "local", **os.environ, "GOWORK": "off"},
            directory=folder,
        )
        temporary.rename(built)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _progress(line: str) -> str | None:
    if line.startswith("go: downloading "):
        return "modules fetched"
    # `go build -v` names each package that it compiles, alone on a line; an error has spaces.
    return "packages compiled" if line and " " not in line else None
