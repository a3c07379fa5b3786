"""Environments that exist already: used, and never changed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from components.gateway.gateway_environment import MASKED_VARIABLES
from sandbox import world
from tests.end_to_end.bench import ROOT, STACK, Bench
from tests.end_to_end.test_requests import get, write

_PROGRAM = Path(__file__).with_name("environment_owner.py")
_OWNED = ("Environment", "EnvGroup", "EnvironmentDebugmask", "InstanceAttachment")
_BUNDLES = (":Api", ":Sharedflow")
_HOST = "alpha.api.example.com"


def _own(bench: Bench, folder: Path, type_: str, masked: Sequence[str]) -> None:
    """Make the environment, or change it, as its owner does."""
    environment = {"name": "alpha", "type": type_, "host": _HOST, "masked": list(masked)}
    config = {"gcp:project": world.PROJECT_ID, "owner:environment": environment}
    (folder / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": config}))
    bench.up(directory=folder)


def _project(bench: Bench, folder: Path) -> Path:
    folder.mkdir()
    (folder / ".venv").symlink_to(ROOT / ".venv")
    shutil.copy(_PROGRAM, folder / "__main__.py")
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "owner", "runtime": runtime}))
    bench.pulumi("stack", "init", STACK, directory=folder)
    return folder


def _owned(bench: Bench) -> dict[str, str]:
    """What the clouds hold of the owner's, by type."""
    with closing(sqlite3.connect(f"file:{bench.paths.database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT type, id, body FROM objects").fetchall()
    owned = {f"{type_} {id_}": body for type_, id_, body in rows}
    return {key: b for key, b in owned.items() if key.partition(" ")[0].endswith(_OWNED)}


@pytest.mark.exhaustive
def test_an_existing_environment_is_checked_used_and_left_as_it_was(
    bench: Bench, tmp_path: Path
) -> None:
    owner = _project(bench, tmp_path / "owner")
    _own(bench, owner, "BASE", [])
    bench.pulumi("stack", "init", STACK)
    bench.pulumi("config", "rm", "--path", "apigee-keyvault:environments.beta", "--stack", STACK)
    for path, value in (
        ("environments.alpha.existing", "true"),
        ("apigee.nameSuffix", "team-a"),
        ("apigee.natAddresses", "2"),
    ):
        bench.pulumi("config", "set", "--path", f"apigee-keyvault:{path}", value, "--stack", STACK)

    before = bench.objects()
    result = bench.pulumi("preview", "--stack", STACK, fails=True)
    said = f"{result.stdout}{result.stderr}"
    assert "environments/alpha exists, but it is of type BASE" in said
    assert f"its owner has to add the variables {MASKED_VARIABLES[0]}" in said
    assert "Traceback" not in said
    assert bench.objects() == before

    _own(bench, owner, "INTERMEDIATE", MASKED_VARIABLES)
    owned = _owned(bench)
    bench.up()
    assert _owned(bench) == owned
    bench.spread()
    write(bench, "alpha", "orders-backend-key", bench.sandbox.issue_backend_key())
    assert get(bench, f"https://{_HOST}/orders/v1/orders")[0].status_code == 200
    names = {id_.rpartition("/")[2] for type_, id_ in bench.objects() if type_.endswith(_BUNDLES)}
    assert names == {"azure-key-vault-team-a", "orders-v1-team-a"}
    addresses = bench.outputs()["natAddresses"]
    assert isinstance(addresses, list)
    assert len(set(addresses)) == 2
    bench.up("--expect-no-changes")

    bench.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK)
    assert _owned(bench) == owned
