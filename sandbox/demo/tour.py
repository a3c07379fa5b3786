"""The tour's steps, in order, and what must be true after each.

Runs in a sandbox of its own, in a temporary folder, so that a user's sandbox and stacks are untouched.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from sandbox import process
from sandbox.client import Sandbox
from sandbox.demo.narrator import Narrator, NotAsTold
from sandbox.demo.stage import Stage
from sandbox.demo.steps import STEPS
from sandbox.engine import Engine
from sandbox.paths import ROOT_VARIABLE, Paths
from sandbox.process import SandboxError


def run() -> int:
    """Take the tour; returns the exit code, 0 only if every step was as told."""
    narrator = Narrator()
    paths = Paths(Path(tempfile.mkdtemp(prefix="apigee-keyvault-demo-")))
    os.environ[ROOT_VARIABLE] = str(paths.root)
    as_told = False
    try:
        running, _ = process.start(paths)
        sandbox = Sandbox(paths, running)
        stage = Stage(sandbox, Engine(paths), narrator)
        as_told = _take(STEPS, stage)
    except SandboxError as error:
        narrator.failure(str(error))
    finally:
        process.stop(paths)
        if as_told:
            shutil.rmtree(paths.root)
        else:
            narrator.note(f"what the sandbox wrote is kept for a look: {paths.root}")
    narrator.close(
        f"As told: {len(STEPS)} of {len(STEPS)} steps. Next: the README, and `python -m sandbox up`."
        if as_told
        else "Not as told; see above."
    )
    return 0 if as_told else 1


def _take(steps: list[Callable[[Stage], None]], stage: Stage) -> bool:
    for number, step in enumerate(steps, start=1):
        title = (step.__doc__ or step.__name__).splitlines()[0]
        try:
            with stage.narrator.step(number, len(steps), title):
                step(stage)
        except NotAsTold as error:
            stage.narrator.failure(str(error))
            return False
    return True
