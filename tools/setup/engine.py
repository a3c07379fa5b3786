"""Where the Pulumi engine is: the CLI on PATH where it will do, else the one built here.

Finds and judges; builds nothing (`tools.setup.engine_build` does).
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.setup.errors import SetupError

SOURCES = Path(__file__).resolve().parents[1] / "engine"
"""The Go module that the engine is built from; its go.mod pins the version."""

MINIMUM = (3, 204)
"""The oldest CLI on PATH that is used, as major and minor version."""

CLI, HOST, SCRIPT = "pulumi", "pulumi-language-python", "pulumi-language-python-exec"
"""An engine's executables: the CLI, its Python language host, the script that the host runs."""


class EngineError(SetupError):
    """There is no engine to use. The message says how to get one."""


def directory(environ: Mapping[str, str] | None = None) -> Path | None:
    """Find the engine to use.

    Args:
        environ: Where PATH, XDG_CACHE_HOME and HOME are looked up; this process's own where None.

    Returns:
        The directory to put first on PATH, or None where the `pulumi` that is on PATH is used.

    Raises:
        EngineError: There is no engine yet.
    """
    environ = os.environ if environ is None else environ
    if usable_on_path(environ):
        return None
    built = built_directory(environ)
    if not is_complete(built):
        raise EngineError("there is no Pulumi engine yet: run `make setup`")
    return built


def usable_on_path(environ: Mapping[str, str]) -> bool:
    """Whether PATH has a `pulumi` that is new enough and has its Python language host.

    The CLI looks for the host on PATH and beside its own executable.
    """
    path = environ.get("PATH", "")
    cli = shutil.which(CLI, path=path)
    if cli is None:
        return False
    if shutil.which(HOST, path=path) is None and not os.access(
        Path(cli).resolve().parent / HOST, os.X_OK
    ):
        return False
    version = cli_version(Path(cli), environ)
    return version is not None and version[:2] >= MINIMUM


def cli_version(cli: Path, environ: Mapping[str, str]) -> tuple[int, int, int] | None:
    """Ask a CLI for its version (`v3.259.0`); None where it doesn't run or says something else."""
    quiet = {**environ, "PULUMI_SKIP_UPDATE_CHECK": "1"}
    try:
        answer = subprocess.run(
            [cli, "version"], env=quiet, capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", answer.stdout.strip())
    if match is None:
        return None
    major, minor, patch = (int(part) for part in match.groups())
    return major, minor, patch


def pinned_version() -> str:
    """The version that go.mod pins the CLI to, without its `v`."""
    module = re.escape("github.com/pulumi/pulumi/pkg/v3")
    text = (SOURCES / "go.mod").read_text(encoding="utf-8")
    match = re.search(rf"^\s*(?:require )?{module} v(\S+)", text, re.MULTILINE)
    if match is None:
        raise SetupError(f"{SOURCES / 'go.mod'} doesn't require github.com/pulumi/pulumi/pkg/v3")
    return match.group(1)


def cache_root(environ: Mapping[str, str]) -> Path:
    """The directory of all built engines: outside the checkout, so that checkouts share them."""
    base = Path(environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():  # the XDG Base Directory Specification has those ignored
        base = Path(environ.get("HOME", "~")).expanduser() / ".cache"
    return base / "apigee-keyvault" / "engine"


def built_directory(environ: Mapping[str, str]) -> Path:
    """Where the engine built from the present sources for this platform lies, built or not."""
    digest = hashlib.sha256(f"{sys.platform} {platform.machine()}".encode())
    for source in sorted(SOURCES.rglob("*")):
        if source.suffix in {".go", ".mod", ".sum"}:
            digest.update(f"\n{source.relative_to(SOURCES)}\n".encode() + source.read_bytes())
    return cache_root(environ) / pinned_version() / digest.hexdigest()[:12]


def is_complete(directory: Path) -> bool:
    """Whether a directory holds an engine. A build gets its final name only when verified."""
    return all(
        (directory / name).is_file() and os.access(directory / name, os.X_OK)
        for name in (CLI, HOST, SCRIPT)
    )
