"""Kills the engine or the sandbox at one operation after the other, and recovers each time."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.interruptions import Interruption, Moment, Victim
from sandbox.recovery import recover
from tests.end_to_end.bench import STACK, Bench


@dataclass(frozen=True)
class Scene:
    """A stack whose engine or sandbox dies again and again.

    `directory` is the project's folder; `at_the_start` what the clouds held before the stack was.
    """

    bench: Bench
    directory: Path
    at_the_start: set[tuple[str, str]]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run the CLI's command without a preview, whether it succeeds or not."""
        arguments = [*command, "--yes", "--skip-preview", "--stack", STACK, "--non-interactive"]
        return self.bench.engine.run(arguments, self.directory, capture=True)

    def up(self, *options: str) -> None:
        """Deploy without being interrupted."""
        self.bench.up(*options, directory=self.directory)

    def recover(self) -> None:
        """Start what died and mend the stack; then the state must hold exactly what exists."""
        self.bench.start()
        recover(self.bench.sandbox, self.directory, STACK, report=print)
        self.assert_state_is_what_exists()

    def assert_state_is_what_exists(self) -> None:
        """Nothing is lost, doubled or orphaned."""
        rows = [
            resource
            for resource in self.bench.state(self.directory)
            if resource.get("custom") and not str(resource["type"]).startswith("random:")
        ]
        # Still to be deleted, or deleted first to be made anew: the engine will see to these.
        leaving = {_key(row) for row in rows if row.get("delete") or row.get("pendingReplacement")}
        staying = [_key(row) for row in rows if _key(row) not in leaving]
        objects = self.bench.objects()
        exist = {(type_, id_.lower()) for type_, id_ in objects}
        made = {(type_, id_.lower()) for type_, id_ in objects - self.at_the_start}
        retained = {key for key in made if key[0] in _OUTLIVE_THE_STACK}
        assert len(staying) == len(set(staying)), "an object is in the state twice"
        lost = {*staying} - exist
        assert lost == set(), f"in the state, but in no cloud: {lost}"
        orphaned = made - {*staying} - leaving - retained
        assert orphaned == set(), f"in the clouds, but not in the state: {orphaned}"


def _key(resource: Mapping[str, Any]) -> tuple[str, str]:
    """Type and id. An update keeps the engine's id, though a shared flow's names its revision."""
    id_ = str(resource["id"]).lower()
    if "/sharedflows/" in id_ and "/revisions/" in id_:
        revision = resource["outputs"]["revision"]
        id_ = re.sub(r"/revisions/\d+/", f"/revisions/{revision}/", id_)
    return str(resource["type"]), id_


# Purge protection keeps the vaults, services stay on for others in the project, and no service
# agent can be deleted.
_OUTLIVE_THE_STACK = {
    "azure-native:keyvault:DeletedVault",
    "gcp:projects/service:Service",
    "gcp:projects/serviceIdentity:ServiceIdentity",
}


@dataclass(frozen=True)
class Blow:
    """Who dies and when. `spared`: how many operations pass between two blows.

    With none spared, the engine does one operation at a time: exactly one is under way when the
    blow falls. Otherwise it does as many at once as it likes.
    """

    victim: Victim
    moment: Moment
    spared: int

    @property
    def options(self) -> tuple[str, ...]:
        """For the engine's command."""
        return () if self.spared else ("--parallel", "1")


def interrupted_throughout(
    scene: Scene, command: str, blow: Blow, recovered: Callable[[], object] = lambda: None
) -> list[Interruption]:
    """Run `command` until it ends by itself, struck at each operation once; recover each time.

    `recovered` runs after each recovery. Returns what was struck at, in its order.
    """
    before = scene.bench.sandbox.interruptions()
    struck = len(before)
    while True:
        scene.bench.sandbox.interrupt(blow.victim, blow.moment, blow.spared)
        ended = scene.run(command, *blow.options)
        if ended.returncode == 0:
            break
        scene.bench.start()
        struck += 1
        past = scene.bench.sandbox.interruptions()
        said = f"{ended.stdout}{ended.stderr}"
        assert len(past) == struck, f"`{command}` failed without having been interrupted:\n{said}"
        print(f"{blow.victim} killed {blow.moment} {past[-1].operation} {past[-1].urn}")
        scene.recover()
        recovered()
    # What is still armed must not strike later: a restart forgets it.
    scene.bench.stop()
    scene.bench.start()
    return scene.bench.sandbox.interruptions()[len(before) :]
