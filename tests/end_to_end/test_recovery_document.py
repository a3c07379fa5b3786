"""docs/recovery.md, step 4, names each input that the program gives and no import brings back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sandbox import recovery, world
from sandbox.cloud import Cloud
from tests.docs import documents
from tests.end_to_end.bench import STACK, Bench
from tests.sandbox.controlplane.examples.every import TYPES
from tests.sandbox.controlplane.rig import Clouds, Plain

# What the stack leaves out, so that a resource of nearly every type is there.
_SETTINGS = {
    "apigee.natAddresses": "1",
    "audit.alerts.emails[0]": "oncall@example.com",
    "environments.alpha.keys.signing.callers[0]": "orders-v1",
    "environments.alpha.keys.signing.type": "EC",
    "environments.alpha.keys.signing.use": "sign",
    "environments.alpha.keys.signing.rotateDays": "90",
    "environments.alpha.vault.network.privateEndpoint.subnetId": world.SUBNET,
    "environments.beta.identity.kind": "application",
}


def _given(inputs: Plain) -> Plain:
    """The program's own inputs that say something, without what its provider added."""
    added = {"azureApiVersion", "__defaults", *inputs.get("__defaults", [])}
    return {name: value for name, value in inputs.items() if name not in added and value != []}


def _unread(clouds: Clouds, resource: Plain) -> set[tuple[str, str]]:
    """The type with each input that an import of this object would lack, or have wrong."""
    if not resource.get("custom"):
        return set()
    type_ = resource["type"]
    named = TYPES[type_].import_id(resource["id"], resource["outputs"])
    if named is None:
        return set()
    imported = clouds.driver(type_).import_(type_, named)
    assert imported is not None, named
    lacking = set(_given(resource["inputs"])) - set(imported.inputs)
    return {(type_, name) for name in lacking | recovery._DEFAULTED.get(type_, set())}


@pytest.mark.exhaustive
def test_step_four_names_what_no_import_brings_back(bench: Bench, tmp_path: Path) -> None:
    bench.pulumi("stack", "init", STACK)
    for path, value in _SETTINGS.items():
        command = ("config", "set", "--path", f"apigee-keyvault:{path}", value, "--stack", STACK)
        bench.pulumi(*command)
    bench.up()
    state = bench.state()
    bench.stop()
    folder = tmp_path / "read"
    folder.mkdir()
    for file in bench.paths.database.parent.glob(f"{bench.paths.database.name}*"):
        shutil.copy(file, folder)
    (pki,) = {file.parent for file in bench.paths.root.rglob("google-signing-key.pem")}
    clouds = Clouds(Cloud.open(folder / bench.paths.database.name, pki), folder)
    unread = {lacking for resource in state for lacking in _unread(clouds, resource)}
    clouds.close()
    listed = documents.table("recovery", "## 4.")
    assert {(documents.code(type_)[0], documents.code(name)[0]) for type_, name in listed} == unread
