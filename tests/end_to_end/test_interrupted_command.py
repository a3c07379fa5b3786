"""Who runs the CLI and is interrupted learns what happened and which command mends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import world
from sandbox.interruptions import Moment, Victim
from tests.end_to_end.bench import ROOT, STACK, Bench

_PROGRAM = """
from pulumi_azure_native import resources

resources.ResourceGroup("group", resource_group_name="interrupted", location="westeurope")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "__main__.py").write_text(_PROGRAM)
    runtime = {"name": "python", "options": {"virtualenv": str(ROOT / ".venv")}}
    (folder / "Pulumi.yaml").write_text(json.dumps({"name": "small", "runtime": runtime}))
    configuration = {
        "azure-native:tenantId": world.TENANT_ID,
        "azure-native:subscriptionId": world.SUBSCRIPTION_ID,
    }
    (folder / f"Pulumi.{STACK}.yaml").write_text(json.dumps({"config": configuration}))
    return folder


@pytest.mark.exhaustive
def test_each_kind_of_death_is_named_with_its_remedy(bench: Bench, project: Path) -> None:
    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sandbox", *command, "--stack", STACK],
            cwd=project,
            env={
                **os.environ,
                "APIGEE_KEYVAULT_SANDBOX": str(bench.paths.root),
                "PYTHONPATH": str(ROOT),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    bench.pulumi("stack", "init", STACK, directory=project)
    bench.sandbox.interrupt(Victim.ENGINE, Moment.AFTER)
    killed = run("pulumi", "up", "--yes", "--skip-preview")
    assert killed.returncode == 137
    assert "the engine was killed by signal 9" in killed.stderr
    assert "recover --stack" in killed.stderr

    assert "1 objects imported" in run("recover").stdout
    bench.sandbox.interrupt(Victim.SANDBOX, Moment.BEFORE)
    ended = run("pulumi", "destroy", "--yes", "--skip-preview")
    assert "the sandbox ended meanwhile" in ended.stderr
    assert "`python -m sandbox up` starts it" in ended.stderr

    bench.start()
    assert run("recover").returncode == 0
    assert run("pulumi", "destroy", "--yes", "--skip-preview").returncode == 0
