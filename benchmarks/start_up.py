"""What it costs to start the program before it registers anything: its imports.

Beside it the imports of the SDKs alone: of those of their modules that the program's imports load.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import Figure, MeasurementError

_RUNS = 5
_ROOT = Path(__file__).resolve().parents[1]
_PROGRAM = _ROOT / "__main__.py"
_LOADED = "\nimport sys\nprint(*(name for name in sys.modules if name.startswith('pulumi')))"


def measure(progress: Callable[[str], None]) -> list[Figure]:
    """The time of an interpreter that imports and ends.

    Raises MeasurementError when an import fails.
    """
    progress(f"start-up, {_RUNS} runs")
    program = imports(_PROGRAM.read_text())
    loaded, _ = _run(program + _LOADED)  # compiles what isn't yet, too
    code = {
        "start-up: the program's imports": program,
        "start-up: the SDKs' imports alone": f"import {', '.join(loaded.split())}",
    }
    runs = [{name: _run(imported)[1] for name, imported in code.items()} for _ in range(_RUNS)]
    return [Figure(name, "ms", tuple(run[name] * 1000 for run in runs)) for name in code]


def imports(source: str) -> str:
    """The import statements of a program, without the rest of it."""
    statements = ast.parse(source).body
    return "\n".join(
        ast.unparse(statement)
        for statement in statements
        if isinstance(statement, ast.Import | ast.ImportFrom)
    )


def _run(code: str) -> tuple[str, float]:
    """What an interpreter prints that runs the code, and the seconds it took."""
    started = time.perf_counter()
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - started
    if result.returncode != 0:
        raise MeasurementError(f"the imports fail:\n{result.stderr}")
    return result.stdout, seconds
