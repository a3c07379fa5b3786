"""After a crash, one command and an `up` converge: nothing lost, doubled or orphaned.

The exhaustive tests kill at every operation that there is, once each; the quick ones at a few.
"""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from sandbox.interruptions import Interruption, Moment, Victim
from sandbox.recovery import recover
from tests.end_to_end.bench import ROOT, STACK, Bench
from tests.end_to_end.interrupted import Blow, Scene, interrupted_throughout

_ENVIRONMENTS = "apigee-keyvault:environments"
_EVERY = [
    Blow(victim, moment, spared=0)
    for victim in (Victim.ENGINE, Victim.SANDBOX)
    for moment in (Moment.BEFORE, Moment.AFTER)
]
# In the middle, and perhaps once more.
_ENGINE = Blow(Victim.ENGINE, Moment.AFTER, spared=9)
_SANDBOX = Blow(Victim.SANDBOX, Moment.AFTER, spared=24)


def _named(blow: Blow) -> str:
    return f"{blow.victim}-{blow.moment}"


_every = pytest.mark.parametrize("blow", _EVERY, ids=_named)


@pytest.fixture
def scene(bench: Bench, tmp_path: Path) -> Scene:
    """A stack of one environment, not deployed yet, in a project folder of its own."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("__main__.py", "components", "policies", ".venv", "Pulumi.yaml"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "Pulumi.local.yaml", folder)
    shutil.copytree(ROOT / "apigee", folder / "apigee")
    bench.pulumi("stack", "init", STACK, directory=folder)
    _configure(bench, folder, "rm", f"{_ENVIRONMENTS}.alpha")
    return Scene(bench, folder, bench.objects())


def _configure(bench: Bench, folder: Path, action: str, path: str, *value: str) -> None:
    bench.pulumi("config", action, "--path", path, *value, "--stack", STACK, directory=folder)


def _edit(scene: Scene) -> None:
    """A release of both bundles and a change of every kind of setting."""
    for file in (scene.directory / "apigee").rglob("*.xml"):
        if file.parent.name in {"apiproxy", "sharedflowbundle"}:
            text = file.read_text()
            assert "<Description>" in text
            file.write_text(text.replace("<Description>", "<Description>Released again. "))
    beta = f"{_ENVIRONMENTS}.beta"
    for action, path, *value in (
        ("set", "apigee-keyvault:audit.retentionDays", "120"),
        ("set", f"{beta}.secrets.invoices-backend-key.cache.seconds", "60"),
        ("set", f"{beta}.hostnames[1]", "beta2.api.example.com"),
        ("set", f"{beta}.secrets.refunds-backend-key.callers[0]", "orders-v1"),
        ("rm", f"{beta}.secrets.orders-backend-key"),
        ("rm", f"{beta}.writers"),
    ):
        _configure(scene.bench, scene.directory, action, path, *value)


def _converges(scene: Scene) -> None:
    scene.up()
    scene.up("--expect-no-changes")
    scene.assert_state_is_what_exists()


def _operations(past: list[Interruption], operation: str) -> set[str]:
    return {interruption.urn for interruption in past if interruption.operation == operation}


def _clouds(scene: Scene) -> set[str]:
    """URNs of the resources that the program made in the clouds, and of those that it found there."""
    held = scene.bench.resources(scene.directory)
    return {urn for urn, resource in held.items() if resource.get("custom")}


def _made(scene: Scene) -> set[str]:
    """Without those that it found: the APIs that were on already. Recovery takes these over."""
    held = scene.bench.resources(scene.directory)
    return {
        urn
        for urn in _clouds(scene)
        if (held[urn]["type"], held[urn]["id"]) not in scene.at_the_start
    }


@pytest.mark.exhaustive
@_every
def test_an_up_that_dies_at_each_of_its_operations_is_recovered(scene: Scene, blow: Blow) -> None:
    past = interrupted_throughout(scene, "up", blow)
    assert _made(scene) <= _operations(past, "create") <= _clouds(scene)
    _converges(scene)


@pytest.mark.exhaustive
@_every
def test_an_update_that_dies_at_each_of_its_operations_is_recovered(
    scene: Scene, blow: Blow
) -> None:
    scene.up()
    _edit(scene)
    steps = _steps(scene)
    past = interrupted_throughout(scene, "up", blow)
    assert {(p.operation, p.urn) for p in past} >= steps
    _converges(scene)


@pytest.mark.exhaustive
@_every
def test_a_destroy_that_dies_at_each_of_its_operations_is_recovered(
    scene: Scene, blow: Blow
) -> None:
    scene.up()
    held = _clouds(scene)
    past = interrupted_throughout(scene, "destroy", blow, recovered=partial(_deploy_again, scene))
    assert _operations(past, "delete") == held
    assert scene.bench.resources(scene.directory) == {}


def _deploy_again(scene: Scene) -> None:
    """Where the vault's group went with it, the first update makes the group, and recovery the rest."""
    first = scene.run("up")
    if first.returncode:
        assert "already exists in deleted state" in f"{first.stdout}{first.stderr}"
        scene.recover()
        scene.up()


def test_an_up_that_dies_in_the_middle_is_recovered(scene: Scene) -> None:
    assert interrupted_throughout(scene, "up", _SANDBOX)
    _converges(scene)


@pytest.mark.exhaustive
def test_an_update_and_a_destroy_that_die_now_and_then_are_recovered(scene: Scene) -> None:
    scene.up()
    _edit(scene)
    assert interrupted_throughout(scene, "up", _ENGINE)
    _converges(scene)
    assert interrupted_throughout(scene, "destroy", _SANDBOX)
    assert scene.bench.resources(scene.directory) == {}


def _steps(scene: Scene) -> set[tuple[str, str]]:
    """Operations that a preview tells of, as the clouds will see them."""
    shown = scene.bench.pulumi("preview", "--json", "--stack", STACK, directory=scene.directory)
    operations = {"create": "create", "update": "update", "delete": "delete"}
    operations |= {"create-replacement": "create", "delete-replaced": "delete"}
    return {
        (operations[step["op"]], step["urn"])
        for step in json.loads(shown.stdout)["steps"]
        if step["op"] in operations and (step.get("newState") or step["oldState"]).get("custom")
    }


@pytest.mark.exhaustive
def test_recover_on_a_sound_stack_changes_nothing(deployed: Bench) -> None:
    before = deployed.resources().keys()
    recover(deployed.sandbox, ROOT, STACK, report=print)
    assert deployed.resources().keys() == before
    deployed.up("--expect-no-changes")


@pytest.mark.exhaustive
def test_a_vault_that_a_destroy_has_deleted_comes_back_as_it_was(deployed: Bench) -> None:
    before = deployed.outputs()["environments"]
    (vault,) = [urn for urn in deployed.resources() if urn.endswith("::beta-vault")]
    destroy = ("destroy", "--target", vault, "--target-dependents", "--yes", "--skip-preview")
    deployed.pulumi(*destroy, "--stack", STACK)
    deployed.pulumi("up", "--yes", "--skip-preview", "--stack", STACK, fails=True)
    recover(deployed.sandbox, ROOT, STACK, report=print)
    deployed.up()
    deployed.up("--expect-no-changes")
    assert deployed.outputs()["environments"] == before


def test_a_state_that_was_cut_off_in_the_middle_of_a_write_is_recovered(deployed: Bench) -> None:
    before = deployed.resources().keys()
    checkpoint = next(deployed.paths.pulumi_backend.rglob(f"stacks/*/{STACK}.json"))
    checkpoint.write_text("")
    recover(deployed.sandbox, ROOT, STACK, report=print)
    deployed.up()
    deployed.up("--expect-no-changes")
    assert deployed.resources().keys() == before
