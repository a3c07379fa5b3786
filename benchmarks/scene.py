"""A temporary sandbox with the `local` stack deployed and its vaults filled, gone afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox import delays, process
from sandbox.client import Sandbox
from sandbox.demo.narrator import Narrator
from sandbox.demo.stage import PROJECT, STACK, Stage
from sandbox.engine import Engine
from sandbox.paths import Paths

_SECRETS = (
    ("alpha", "orders-backend-key"),
    ("beta", "orders-backend-key"),
    ("beta", "invoices-backend-key"),
)


@contextmanager
def deployed() -> Iterator[Sandbox]:
    """A running sandbox whose gateway serves the sample proxy.

    Raises SandboxError when the sandbox doesn't start, NotAsTold when the engine fails.
    """
    paths = Paths(Path(tempfile.mkdtemp(prefix="apigee-keyvault-bench-")))
    # A stage points this process's clients at its sandbox; the next one's must not find that.
    environment = dict(os.environ)
    try:
        running, _ = process.start(paths)
        sandbox = Sandbox(paths, running)
        _deploy(Stage(sandbox, Engine(paths), Narrator()))
        yield sandbox
    finally:
        process.stop(paths)
        shutil.rmtree(paths.root)
        os.environ.clear()
        os.environ.update(environment)


def _deploy(stage: Stage) -> None:
    stage.pulumi_or_fail("stack", "init", STACK)
    policies = str(PROJECT / "policies")
    stage.pulumi_or_fail(
        "up", "--yes", "--skip-preview", "--stack", STACK, "--policy-pack", policies
    )
    stage.read_outputs()
    stage.sandbox.advance_clock(delays.ROLE_ASSIGNMENT)
    for environment, secret in _SECRETS:
        writer = stage.writer(stage.environment(environment)["vaultUri"])
        writer.set_secret(secret, stage.sandbox.issue_backend_key())
