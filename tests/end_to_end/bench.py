"""A sandbox of the tests' own with the real engine in it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sandbox import delays, process, world
from sandbox.client import Sandbox
from sandbox.engine import Engine
from sandbox.paths import Paths
from validation import stack_file
from validation.policy_config.expectations import policy_config

ROOT = Path(__file__).resolve().parents[2]
STACK = "local"


class Bench:
    """One sandbox with the engine, and what tests ask of both."""

    def __init__(self, root: Path, stack: str = STACK) -> None:
        self.paths = Paths(root)
        self.stack = stack
        self.start()
        self.engine = Engine(self.paths)

    def start(self) -> None:
        """Start the sandbox's process, or find it."""
        running, _ = process.start(self.paths)
        self.sandbox = Sandbox(self.paths, running)

    def stop(self) -> None:
        """End the sandbox's process."""
        process.stop(self.paths)

    def pulumi(
        self, *arguments: str, directory: Path = ROOT, fails: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run the CLI on the stack; its exit code must be as expected."""
        result = self.engine.run([*arguments, "--non-interactive"], directory, capture=True)
        output = f"{result.stdout}{result.stderr}"
        assert (result.returncode != 0) == fails, f"pulumi {' '.join(arguments)}:\n{output}"
        return result

    def up(self, *arguments: str, directory: Path = ROOT) -> str:
        """Deploy, without a preview first."""
        command = ("up", "--yes", "--skip-preview", "--stack", self.stack, *arguments)
        return self.pulumi(*command, directory=directory).stdout

    def pack(self) -> tuple[str, ...]:
        """Arguments by which the policy pack judges, as the stack's declaration configures it."""
        path = self.paths.root.parent / f"policy-config-{self.stack}.json"
        path.write_text(json.dumps(policy_config(stack_file.load(self.stack, ROOT))))
        return "--policy-pack", "policies", "--policy-pack-config", str(path)

    def resources(self, directory: Path = ROOT) -> dict[str, dict[str, object]]:
        """The state's resources by URN, providers left out."""
        return {str(resource["urn"]): resource for resource in self.state(directory)}

    def state(self, directory: Path = ROOT) -> list[dict[str, object]]:
        """The state's rows, without providers and what is only read; replaced ones may be twice."""
        exported = self.pulumi("stack", "export", "--stack", self.stack, directory=directory).stdout
        return [
            resource
            for resource in json.loads(exported)["deployment"].get("resources", [])
            if not resource["type"].startswith("pulumi:") and not resource.get("external")
        ]

    def objects(self) -> set[tuple[str, str]]:
        """Type and id of everything that exists in both clouds."""
        database = f"file:{self.paths.database}?mode=ro"
        with closing(sqlite3.connect(database, uri=True)) as connection:
            rows = connection.execute("SELECT type, id FROM objects").fetchall()
        return {(str(type_), str(object_id)) for type_, object_id in rows}

    def outputs(self) -> dict[str, object]:
        """The stack's outputs."""
        text = self.pulumi("stack", "output", "--json", "--stack", self.stack).stdout
        return dict(json.loads(text))

    def client_environment(self) -> dict[str, str]:
        """For a client in a process of its own: proxy and CA, nothing else of the sandbox."""
        return {**os.environ, **self.sandbox.environment()}

    def spread(self) -> None:
        """Let new grants take effect."""
        self.sandbox.advance_clock(delays.ROLE_ASSIGNMENT)

    def writer_token(self) -> str:
        """An identity token of the workload that writes secrets."""
        return self.sandbox.identity_token(world.WRITER_SERVICE_ACCOUNT, world.EXCHANGE_AUDIENCE)
