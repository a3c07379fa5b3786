"""The components used from a program in YAML, through their package, on the real engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from components import naming
from components.gateway import bundles
from sandbox import world
from tests.end_to_end.bench import ROOT, STACK, Bench
from tools import go

_HOST = "pulumi-language-yaml"
_PROGRAM = Path(__file__).with_name("gateway_in_yaml") / "Pulumi.yaml"
_WRITE_SECRET = Path(__file__).with_name("write_secret.py")
_CONFIGURATION = {
    "gcp:project": world.PROJECT_ID,
    "azure-native:tenantId": world.TENANT_ID,
    "azure-native:subscriptionId": world.SUBSCRIPTION_ID,
}


@pytest.fixture
def yaml_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the engine's language host for YAML on PATH, unless an installed Pulumi has one."""
    if shutil.which(_HOST) is None:
        built = go.program(Path(__file__).with_name("yaml_host"), _HOST)
        monkeypatch.setenv("PATH", f"{built.parent}{os.pathsep}{os.environ['PATH']}")


class Project:
    """The program in YAML, in a folder of its own with its bundles."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench, self.folder = bench, folder
        folder.mkdir()
        (folder / "package").symlink_to(ROOT / "package")
        sources, output = ROOT / bundles.SOURCES, folder / "bundles"
        bundles.build(bundles.SHARED_FLOW, naming.SHARED_FLOW, sources, output)
        bundles.build(bundles.PROXY, "orders-v1", sources, output)
        configured = yaml.safe_dump({"config": _CONFIGURATION})
        (folder / f"Pulumi.{STACK}.yaml").write_text(configured)
        self.declare()
        self.run("stack", "init")

    def declare(self, written: str = "", instead: str = "") -> None:
        """Write the program, with one change."""
        program = _PROGRAM.read_text("utf-8")
        assert written in program
        (self.folder / _PROGRAM.name).write_text(program.replace(written, instead, 1))

    def run(self, *command: str, fails: bool = False) -> str:
        """Run the CLI on the stack; its exit code must be as expected."""
        stack = ("--stack", STACK)
        result = self.bench.pulumi(*command, *stack, directory=self.folder, fails=fails)
        return f"{result.stdout}{result.stderr}"

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        command = ("stack", "output", "--json", "--stack", STACK)
        return dict(json.loads(self.bench.pulumi(*command, directory=self.folder).stdout))

    def write(self, name: str, value: str) -> None:
        """Write a secret as the workload that the program declares as a writer."""
        asked = {
            "tenant": world.TENANT_ID,
            "client": world.WRITER_CLIENT_ID,
            "assertion": self.bench.writer_token(),
            "vault": self.outputs()["vaultUri"],
            "name": name,
            "value": value,
        }
        environment = self.bench.client_environment()
        command = [sys.executable, str(_WRITE_SECRET)]
        subprocess.run(
            command, input=json.dumps(asked), env=environment, text=True, check=True, timeout=60
        )


def _awaited(state: list[dict[str, Any]], type_: str) -> list[set[str]]:
    """The components that each resource of a type waited for."""
    dependencies = [row["dependencies"] for row in state if row["type"].endswith(type_)]
    return [
        {
            urn.split("::")[-1]
            for urn in urns
            if ":components:" in urn.split("::")[-2].split("$")[-1]
        }
        for urns in dependencies
    ]


@pytest.mark.exhaustive
@pytest.mark.usefixtures("yaml_host")
def test_a_gateway_declared_in_yaml_is_the_one_that_python_makes(
    bench: Bench, tmp_path: Path
) -> None:
    project = Project(bench, tmp_path / "project")
    project.run("up", "--yes", "--skip-preview")
    state: list[dict[str, Any]] = bench.state(project.folder)
    components = {row["type"] for row in state if not row["custom"]}
    assert components == {
        f"apigee-keyvault:components:{name}"
        for name in (
            "ApigeeGateway",
            "AuditAlerts",
            "AuditTrail",
            "GatewayEnvironment",
            "GatewayIdentity",
            "KeyVault",
            "VaultAccess",
        )
    }
    # Whoever depends on a component waits for all that is in it.
    assert all("audit" in awaited for awaited in _awaited(state, ":RoleAssignment"))
    (awaited,) = _awaited(state, ":SharedflowDeployment")
    assert awaited >= {"identity", "access"}

    bench.spread()
    project.write("orders-backend-key", bench.sandbox.issue_backend_key())
    (endpoint,) = project.outputs()["endpoints"]
    with bench.sandbox.http() as client:
        assert client.get(f"{endpoint}/orders/v1/orders").status_code == 200
    project.run("up", "--yes", "--skip-preview", "--expect-no-changes")

    # The checks of the components hold for every language, those that wait for the engine too.
    project.declare("location: westeurope", "location: northeurope")
    assert "Azure moves no vault" in project.run("preview", fails=True)
    project.declare("rotateDays: 90", "rotateDays: 9.5")
    said = project.run("preview", fails=True)
    assert "keys.token-signing.rotateDays: must be a whole number" in said
    assert "Traceback" not in said

    project.declare()
    project.run("destroy", "--yes", "--skip-preview")
    assert not any(":keyvault:Vault" in type_ for type_, _ in bench.objects())
