"""Every check but the tests, side by side: `python -m tools.lint`.

Owns which checks there are and how their results are shown. What they demand is written in
pyproject.toml. All of them run to their end, so that one run shows every complaint.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.setup import engine

ROOT = Path(__file__).resolve().parents[1]

CHECKED_TYPES = (
    "__main__.py",
    "benchmarks",
    "components",
    "package",
    "policies",
    "sandbox",
    "tests",
    "tools",
    "validation",
)
"""What mypy reads. A name that is absent is an error, as a folder that nobody checks would be."""


@dataclass(frozen=True)
class Check:
    """One command; it passes with exit code 0 and, where `silent`, only without output."""

    name: str
    command: tuple[str, ...]
    directory: Path = ROOT
    silent: bool = False


def checks() -> list[Check]:
    """The checks for this machine, the slowest first.

    The engine's Go code is checked where the engine is built from it; who has Pulumi needs no Go.
    """
    python = (sys.executable, "-m")
    scripts = Path(sys.executable).parent
    found = [
        Check("types (mypy)", (*python, "mypy", *CHECKED_TYPES)),
        Check("import rules (import-linter)", (str(scripts / "lint-imports"), "--no-cache")),
        Check("style (ruff)", (*python, "ruff", "check", ".")),
        Check("formatting (ruff)", (*python, "ruff", "format", "--check", ".")),
    ]
    if shutil.which("go") and not engine.usable_on_path(os.environ):
        found.insert(
            1, Check("Go code (go vet)", ("go", "vet", f"./{engine.HOST}"), engine.SOURCES)
        )
        found.append(
            Check("Go formatting (gofmt)", ("gofmt", "-l", "."), engine.SOURCES, silent=True)
        )
    return found


def main() -> int:
    """Run all checks, print each one's result and the complaints of those that fail.

    Returns:
        The exit code: 0 where every check passes, else 1.
    """
    selected = checks()
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        passed = [
            _show(check, result)
            for check, result in zip(selected, pool.map(_run, selected), strict=True)
        ]
    return 0 if all(passed) else 1


def _run(check: Check) -> subprocess.CompletedProcess[str]:
    command: Sequence[str] = check.command
    return subprocess.run(
        command,
        cwd=check.directory,
        env={**os.environ, "GOWORK": "off", "GOTOOLCHAIN": os.environ.get("GOTOOLCHAIN", "local")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _show(check: Check, result: subprocess.CompletedProcess[str]) -> bool:
    passes = result.returncode == 0 and not (check.silent and result.stdout)
    print(f"lint: {check.name}: {'ok' if passes else 'FAILED'}", flush=True)
    if not passes:
        print(result.stdout, flush=True)
    return passes


if __name__ == "__main__":
    sys.exit(main())
