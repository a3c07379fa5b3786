"""The engine's own safety: its lock, what it holds for pending, and what an interrupt leaves.

The sandbox changes nothing about them, and recovery builds on each.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from sandbox import world
from sandbox.interruptions import Moment, Victim
from sandbox.process import SandboxError
from sandbox.recovery import recover
from tests.end_to_end.bench import ROOT, Bench

_GROUP = "azure-native:resources:ResourceGroup"
_CANCELED = 1  # the exit code of the CLI; Python's own would be 130
_CHANGE = ("--yes", "--skip-preview", "--non-interactive")

# Told to wait, the program says so by a file that isn't there yet, and goes on when it is gone. Told
# to stop the sandbox, it does when the engine has begun the create and is about to ask for it.
_PROGRAM = """
import os
import signal
import time
from pathlib import Path

import pulumi
from pulumi_azure_native import resources

config = pulumi.Config()
waiting = config.get("waiting")
if waiting and not Path(waiting).exists():
    Path(waiting).touch()
    while Path(waiting).exists():
        time.sleep(0.05)


def stop(_):
    os.kill(config.require_int("stops"), signal.SIGSTOP)


hooks = [pulumi.ResourceHook("stop", stop)] if config.get("stops") else []
resources.ResourceGroup(
    "group",
    resource_group_name=pulumi.get_stack(),
    location="westeurope",
    tags={"team": config.get("team") or "gateway"},
    opts=pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_create=hooks)),
)
"""


@dataclass(frozen=True)
class Stack:
    """One stack of a project with a single resource, a group of the stack's name."""

    bench: Bench
    project: Path
    name: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the CLI on it, whether it succeeds or not."""
        return self.bench.engine.run([*arguments, "--stack", self.name], self.project, capture=True)

    def configure(self, name: str, value: object) -> None:
        assert self.run("config", "set", name, str(value)).returncode == 0

    def locks(self) -> list[Path]:
        folder = self.bench.paths.pulumi_backend / ".pulumi" / "locks"
        return list(folder.glob(f"*/*/{self.name}/*.json"))

    def pending(self) -> list[str]:
        """What the state says was begun and not ended."""
        return [operation["type"] for operation in self._deployment().get("pending_operations", [])]

    def holds_the_group(self) -> bool:
        """Whether the state has the resource."""
        rows = self._deployment().get("resources", [])
        return any(row["type"] == _GROUP for row in rows)

    def group_exists(self) -> bool:
        """Whether the cloud has the resource."""
        return any(
            type_ == _GROUP and object_id.endswith(f"/{self.name}")
            for type_, object_id in self.bench.objects()
        )

    def _deployment(self) -> dict[str, list[dict[str, str]]]:
        exported = json.loads(self.run("stack", "export").stdout)
        return dict(exported["deployment"])

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The sandbox's command line, as in a terminal of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "sandbox", "pulumi", *arguments, "--stack", self.name],
            cwd=self.project,
            env={
                **os.environ,
                "APIGEE_KEYVAULT_SANDBOX": str(self.bench.paths.root),
                "PYTHONPATH": str(ROOT),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Path]]:
    project = tmp_path_factory.mktemp("small")
    (project / "__main__.py").write_text(_PROGRAM)
    runtime = {"name": "python", "options": {"virtualenv": str(ROOT / ".venv")}}
    (project / "Pulumi.yaml").write_text(json.dumps({"name": "small", "runtime": runtime}))
    bench = Bench(tmp_path_factory.mktemp("safety") / "sandbox")
    yield bench, project
    bench.stop()


@pytest.fixture
def new(shared: tuple[Bench, Path]) -> Callable[[str], Stack]:
    bench, project = shared

    def made(name: str) -> Stack:
        configuration = {
            "azure-native:tenantId": world.TENANT_ID,
            "azure-native:subscriptionId": world.SUBSCRIPTION_ID,
        }
        (project / f"Pulumi.{name}.yaml").write_text(json.dumps({"config": configuration}))
        bench.start()
        bench.pulumi("stack", "init", name, directory=project)
        return Stack(bench, project, name)

    return made


def _await(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    while not condition():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)
            pytest.fail(f"it ended too early: {process.communicate()[0]}")


def test_a_provider_that_dies_in_a_create_leaves_no_lock_nothing_pending_and_an_orphan(
    new: Callable[[str], Stack],
) -> None:
    stack = new("orphaned")
    stack.bench.sandbox.interrupt(Victim.SANDBOX, Moment.AFTER)
    died = stack.run("up", *_CHANGE)
    assert died.returncode != 0
    assert "error reading from server: EOF" in f"{died.stdout}{died.stderr}"
    assert stack.locks() == []
    assert stack.pending() == []
    assert stack.group_exists()
    assert not stack.holds_the_group()


def test_a_killed_engines_lock_stops_every_change_but_no_preview_until_it_is_cancelled(
    new: Callable[[str], Stack],
) -> None:
    stack = new("locked")
    stack.bench.sandbox.interrupt(Victim.ENGINE, Moment.AFTER)
    assert stack.run("up", *_CHANGE).returncode == -signal.SIGKILL
    for command in ("up", "refresh", "destroy"):
        refused = stack.run(command, *_CHANGE)
        assert refused.returncode != 0
        assert "the stack is currently locked by 1 lock(s)" in f"{refused.stdout}{refused.stderr}"
    preview = stack.run("preview", "--non-interactive")
    assert preview.returncode == 0
    assert "pending" not in f"{preview.stdout}{preview.stderr}"
    assert stack.pending() == ["creating"]
    for _ in range(2):
        cancelled = stack.bench.pulumi("cancel", "--yes", stack.name, directory=stack.project)
        assert cancelled.returncode == 0
        assert stack.locks() == []


def test_the_engines_own_import_of_pending_creates_imports_nothing(
    new: Callable[[str], Stack],
) -> None:
    stack = new("pending")
    stack.bench.sandbox.interrupt(Victim.ENGINE, Moment.AFTER)
    stack.run("up", *_CHANGE)
    stack.bench.pulumi("cancel", "--yes", stack.name, directory=stack.project)
    urn = f"urn:pulumi:{stack.name}::small::{_GROUP}::group"
    object_id = f"{world.SUBSCRIPTION}/resourceGroups/{stack.name}"
    pairs = [f"--import-pending-creates={value}" for value in (urn, object_id)]
    assert stack.run("refresh", *_CHANGE, *pairs).returncode == 0
    assert stack.group_exists()
    assert not stack.holds_the_group()


def test_an_engine_killed_in_an_update_is_mended_by_cancel_and_a_plain_up(
    new: Callable[[str], Stack],
) -> None:
    stack = new("updated")
    assert stack.run("up", *_CHANGE).returncode == 0
    stack.configure("team", "payments")
    stack.bench.sandbox.interrupt(Victim.ENGINE, Moment.AFTER)
    assert stack.run("up", *_CHANGE).returncode == -signal.SIGKILL
    assert stack.pending() == ["updating"]
    stack.bench.pulumi("cancel", "--yes", stack.name, directory=stack.project)
    assert stack.run("up", *_CHANGE).returncode == 0
    assert stack.pending() == []


def test_an_interrupt_lets_the_running_create_finish_and_records_it(
    new: Callable[[str], Stack],
) -> None:
    stack = new("interrupted")
    sandbox = psutil.Process(stack.bench.sandbox.running.pid)
    stack.configure("stops", sandbox.pid)
    process = stack.start("up", *_CHANGE)
    try:
        _await(lambda: sandbox.status() == psutil.STATUS_STOPPED, process)
        os.killpg(process.pid, signal.SIGINT)
    finally:
        sandbox.resume()
    said, _ = process.communicate()
    # It is the engine that ends; a command that took the interrupt itself would kill the engine.
    assert process.returncode == _CANCELED, said
    assert "^C received; cancelling" in said
    assert stack.group_exists()
    assert stack.holds_the_group()
    assert stack.locks() == []
    assert stack.pending() == []


def test_recover_leaves_a_running_engine_alone_and_names_it_until_it_is_dead(
    new: Callable[[str], Stack], tmp_path: Path
) -> None:
    stack = new("working")
    stack.configure("waiting", tmp_path / "waiting")
    process = stack.start("up", *_CHANGE)
    _await((tmp_path / "waiting").exists, process)
    [engine] = psutil.Process(process.pid).children()
    [lock] = stack.locks()
    try:
        with pytest.raises(SandboxError, match=rf"process {engine.pid} is a Pulumi CLI at work"):
            recover(stack.bench.sandbox, stack.project, stack.name, report=print)
        assert stack.locks() == [lock]
    finally:
        engine.kill()
        process.communicate()
    recover(stack.bench.sandbox, stack.project, stack.name, report=print)
    assert stack.locks() == []
