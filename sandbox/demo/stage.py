"""What the tour's steps act with: the engine, the clouds' own clients, and what earlier steps learnt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from azure.identity import ClientAssertionCredential
from azure.keyvault.secrets import SecretClient

from sandbox import world
from sandbox.client import Sandbox
from sandbox.demo.narrator import Narrator, expect
from sandbox.engine import Engine

PROJECT = Path(__file__).resolve().parents[2]
STACK = "local"

# Where a fetch may go; the sample's own backend and the log are not part of it.
_FETCH_HOSTS = ("iamcredentials.googleapis.com", "login.microsoftonline.com", ".vault.azure.net")


class Stage:
    """One tour's sandbox, engine and memory."""

    def __init__(self, sandbox: Sandbox, engine: Engine, narrator: Narrator) -> None:
        self.sandbox = sandbox
        self.engine = engine
        self.narrator = narrator
        self.values: list[str] = []
        self.outputs: dict[str, Any] = {}
        # From here on, Azure's and Google's own clients in this process reach the sandbox: by proxy
        # and CA alone, as any client on the machine would.
        os.environ.update(sandbox.environment())

    def pulumi(
        self, *arguments: str, directory: Path = PROJECT
    ) -> subprocess.CompletedProcess[str]:
        """Run the CLI quietly."""
        return self.engine.run([*arguments, "--non-interactive"], directory, capture=True)

    def pulumi_or_fail(self, *arguments: str, directory: Path = PROJECT) -> str:
        """Run the CLI; its output, or the end of the tour."""
        result = self.pulumi(*arguments, directory=directory)
        expect(
            result.returncode == 0,
            f"pulumi {' '.join(arguments)} failed:\n{result.stdout}{result.stderr}",
        )
        return result.stdout

    def policy_pack(self, **more: object) -> tuple[str, ...]:
        """Arguments by which the pack judges what the stack declares; `more` by rule, `_` for `-`."""
        command = [sys.executable, "-m", "validation", "policy-config", "-s", STACK]
        written = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
        expect(written.returncode == 0, f"no policy configuration:\n{written.stderr}")
        config = json.loads(written.stdout)
        config |= {rule.replace("_", "-"): parameters for rule, parameters in more.items()}
        path = self.sandbox.paths.root / "policy-config.json"
        path.write_text(json.dumps(config))
        return "--policy-pack", str(PROJECT / "policies"), "--policy-pack-config", str(path)

    def read_outputs(self) -> None:
        """Learn the stack's outputs."""
        self.outputs = json.loads(
            self.pulumi_or_fail("stack", "output", "--json", "--stack", STACK)
        )

    def environment(self, name: str) -> dict[str, Any]:
        """What the stack exports of one Apigee environment."""
        return dict(self.outputs["environments"][name])

    def get(self, url: str) -> tuple[httpx.Response, list[dict[str, Any]], list[dict[str, Any]]]:
        """A request to the gateway: its answer, the fetch's external calls, and all calls it caused."""
        before = self.sandbox.status()["calls"]
        with self.sandbox.http() as client:
            answer = client.get(url)
        calls = self.sandbox.calls_after(before)
        return answer, [call for call in calls if call["host"].endswith(_FETCH_HOSTS)], calls

    def secret_client(self, vault_uri: str, service_account: str, client_id: str) -> SecretClient:
        """Azure's own client, for a workload under a Google service account; no stored credential."""
        return SecretClient(vault_uri, self.credential(service_account, client_id))

    def credential(self, service_account: str, client_id: str) -> ClientAssertionCredential:
        """Google's ID token exchanged at Entra, by Azure's own library."""
        return ClientAssertionCredential(
            world.TENANT_ID,
            client_id,
            lambda: self.sandbox.identity_token(service_account, world.EXCHANGE_AUDIENCE),
        )

    def writer(self, vault_uri: str) -> SecretClient:
        """As the CI workload that may write this vault's secrets."""
        return self.secret_client(vault_uri, world.WRITER_SERVICE_ACCOUNT, world.WRITER_CLIENT_ID)
