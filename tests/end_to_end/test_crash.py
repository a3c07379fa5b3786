"""After a crash, one command and an `up` converge: nothing lost, doubled or orphaned."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from sandbox.recovery import recover
from tests.end_to_end.bench import ROOT, STACK, Bench

_ENOUGH_SECONDS = 60


def _in_the_middle_of_an_up(bench: Bench, before: int) -> subprocess.Popen[bytes]:
    """Start an `up` and return once it has made some, and not all, of its objects."""
    command, copy = bench.engine.command(
        ["up", "--yes", "--skip-preview", "--stack", STACK, "--non-interactive"], ROOT
    )
    running = subprocess.Popen(
        command,
        cwd=copy,
        env=bench.engine.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + _ENOUGH_SECONDS
    while len(bench.objects()) < before + 8:
        assert running.poll() is None, "the update ended before it could be killed"
        assert time.monotonic() < deadline, "the update made nothing"
        time.sleep(0.005)
    return running


@pytest.mark.parametrize("killed", ["engine", "sandbox"])
def test_recover_and_up_converge_after_a_kill_in_the_middle(bench: Bench, killed: str) -> None:
    bench.pulumi("stack", "init", STACK)
    at_the_start = bench.objects()
    update = _in_the_middle_of_an_up(bench, len(at_the_start))
    victim = update.pid if killed == "engine" else bench.sandbox.running.pid
    os.kill(victim, signal.SIGKILL)
    update.wait(timeout=_ENOUGH_SECONDS)
    bench.start()

    recover(bench.sandbox, ROOT, STACK, report=print)
    bench.up()
    bench.up("--expect-no-changes")
    held = {(str(r["type"]), str(r["id"])) for r in bench.resources().values() if r.get("custom")}
    clouds = {(type_, id_) for type_, id_ in held if not type_.startswith("random:")}
    orphans = {id_ for _, id_ in bench.objects() - at_the_start} - {id_ for _, id_ in clouds}
    assert orphans == set()
    assert {id_ for _, id_ in clouds} <= {id_ for _, id_ in bench.objects()}


def test_recover_on_a_sound_stack_changes_nothing(deployed: Bench) -> None:
    before = deployed.resources().keys()
    recover(deployed.sandbox, ROOT, STACK, report=print)
    assert deployed.resources().keys() == before
    deployed.up("--expect-no-changes")


def test_a_state_that_was_cut_off_in_the_middle_of_a_write_is_recovered(deployed: Bench) -> None:
    before = deployed.resources().keys()
    checkpoint = next(deployed.paths.pulumi_backend.rglob(f"stacks/*/{STACK}.json"))
    checkpoint.write_text("")
    recover(deployed.sandbox, ROOT, STACK, report=print)
    deployed.up()
    deployed.up("--expect-no-changes")
    assert deployed.resources().keys() == before
