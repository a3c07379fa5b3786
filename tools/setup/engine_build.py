"""Builds the engine once, with Go, into the user's cache: the Pulumi CLI and its Python host.

A build happens in a temporary directory beside the final one, is verified, and only then gets its
name: what has the name is finished. Where an engine is looked for is `tools.setup.engine`'s matter.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.setup import engine
from tools.setup.errors import SetupError
from tools.setup.lock import exclusive
from tools.setup.progress import run, say

UNFINISHED = "unfinished-"
"""Prefix of the temporary directories."""

CLI_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"


def ensure() -> None:
    """Build the engine unless PATH has a usable one or it is built already.

    Raises:
        SetupError: Go is missing or too old, or the build failed.
    """
    if not _is_needed():
        return
    require_tools()
    directory = engine.built_directory(os.environ)
    with exclusive(directory.parent / "lock", "engine"):
        if not engine.is_complete(directory):
            _build(directory)


def require_tools() -> None:
    """Check for what the build takes, before any long step.

    Raises:
        SetupError: The engine must be built, and Go is missing or too old.
    """
    if not _is_needed():
        return
    minimum = _minimum_go()
    if shutil.which("go") is None:
        raise SetupError(
            "neither a usable Pulumi nor Go is on PATH: install Pulumi 3.204 or newer "
            f"(https://www.pulumi.com/docs/install/), or Go {minimum} or newer to build it "
            "(https://go.dev/dl/)"
        )
    if os.environ.get("GOTOOLCHAIN", "local") != "local":
        return  # the user lets Go choose its own version
    found = subprocess.run(
        ["go", "env", "GOVERSION"],
        env=_go_environment(),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    if _numbers(found) < _numbers(minimum):
        raise SetupError(
            f"Go {minimum} or newer is needed to build the engine, this is {found or 'unknown'}: "
            "install it (https://go.dev/dl/) or let Go fetch it: GOTOOLCHAIN=auto make setup"
        )


def _is_needed() -> bool:
    return not engine.is_complete(engine.built_directory(os.environ)) and not engine.usable_on_path(
        os.environ
    )


def _minimum_go() -> str:
    text = (engine.SOURCES / "go.mod").read_text(encoding="utf-8")
    match = re.search(r"^go (\S+)$", text, re.MULTILINE)
    if match is None:
        raise SetupError(f"{engine.SOURCES / 'go.mod'} has no go line")
    return match.group(1)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _go_environment() -> Mapping[str, str]:
    """The user's own; but a newer Go is fetched only where asked for, and no go.work counts."""
    return {"GOTOOLCHAIN": "local", **os.environ, "GOWORK": "off"}


def _build(directory: Path) -> None:
    version = engine.pinned_version()
    for leftover in directory.parent.glob(f"{UNFINISHED}*"):
        shutil.rmtree(leftover)  # of a build that was killed: the lock is ours, nobody works there
    say(
        f"engine: no usable Pulumi on PATH, building {version} once; with an empty Go cache "
        "this takes some minutes"
    )
    temporary = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=directory.parent))
    try:
        _compile(temporary, version)
        shutil.copyfile(
            _sdk_directory() / "python" / "cmd" / engine.SCRIPT, temporary / engine.SCRIPT
        )
        (temporary / engine.SCRIPT).chmod(0o755)
        _verify(temporary, version)
        temporary.chmod(0o755)
        shutil.rmtree(directory, ignore_errors=True)  # there only if somebody removed files from it
        temporary.rename(directory)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    say(f"engine: ready in {directory}")


def _compile(directory: Path, version: str) -> None:
    flags = f"-s -w -X {SDK_MODULE}/go/common/version.Version=v{version}"
    packages = (CLI_PACKAGE, f"./{engine.HOST}")  # their last elements are the executables' names
    run(
        # No VCS stamp: it fails in a checkout that git doesn't trust.
        [
            "go",
            "build",
            "-v",
            "-buildvcs=false",
            "-ldflags",
            flags,
            "-o",
            f"{directory}/",
            *packages,
        ],
        f"engine: compiling Pulumi {version} and its Python host",
        counted=_go_progress,
        environ=_go_environment(),
        directory=engine.SOURCES,
    )


def _go_progress(line: str) -> str | None:
    if line.startswith("go: downloading "):
        return "modules fetched"
    # `go build -v` names each package that it compiles, alone on a line; an error has spaces.
    return "packages compiled" if line and " " not in line else None


def _sdk_directory() -> Path:
    command = ["go", "list", "-m", "-f", "{{.Dir}}", SDK_MODULE]
    answer = subprocess.run(
        command,
        env=_go_environment(),
        cwd=engine.SOURCES,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0 or not answer.stdout.strip():
        raise SetupError(f"engine: Go doesn't say where {SDK_MODULE} lies: {answer.stderr.strip()}")
    return Path(answer.stdout.strip())


def _verify(directory: Path, version: str) -> None:
    found = engine.cli_version(directory / engine.CLI, os.environ)
    if found is None or found != _numbers(version):
        raise SetupError(f"engine: the CLI just built isn't version {version}: it answers {found}")
    if not engine.is_complete(directory):
        raise SetupError(f"engine: the build left no complete engine in {directory}")
