"""Vaults on the real engine: who reaches them, what is never changed, what comes back."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from sandbox import world
from tests.end_to_end.bench import ROOT, STACK, Bench

_PROGRAM = Path(__file__).with_name("vault_program.py")
_OWNER = "owner"  # the stack of whoever owns vaults that others adopt
_CONFIGURATION = {
    "gcp:project": world.PROJECT_ID,
    "azure-native:tenantId": world.TENANT_ID,
    "azure-native:subscriptionId": world.SUBSCRIPTION_ID,
}
_VAULT = "azure-native:keyvault:Vault"
_API = "api-version=2025-07-01"
_LET_IN = 404  # the vault was asked and has no such secret
Scene = dict[str, Any]


class Project:
    """A Pulumi project with the vaults' program, in a sandbox of its own."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench, self.folder = bench, folder
        folder.mkdir()
        for name in ("components", ".venv"):
            (folder / name).symlink_to(ROOT / name)
        shutil.copy(_PROGRAM, folder / "__main__.py")
        options = {"toolchain": "pip", "virtualenv": ".venv"}
        runtime = {"name": "python", "options": options}
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "vaults", "runtime": runtime}))
        self.stacks: set[str] = set()

    def run(
        self, stack: str, *command: str, fails: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run the CLI on a stack; its exit code must be as expected."""
        return self.bench.pulumi(*command, "--stack", stack, directory=self.folder, fails=fails)

    def declare(self, scene: Scene, stack: str = STACK) -> None:
        """Write what a stack is to deploy."""
        config = {**_CONFIGURATION, "vaults:scene": {"group": stack, **scene}}
        (self.folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": config}))
        if stack not in self.stacks:
            self.run(stack, "stack", "init")
            self.stacks.add(stack)

    def up(self, scene: Scene, stack: str = STACK, *options: str) -> None:
        """Deploy, without a preview first."""
        self.declare(scene, stack)
        self.run(stack, "up", "--yes", "--skip-preview", *options)

    def refused(self, scene: Scene) -> str:
        """What a preview says that must fail; nothing may have changed by it."""
        self.declare(scene)
        before = self.bench.objects()
        result = self.run(STACK, "preview", fails=True)
        assert self.bench.objects() == before
        return f"{result.stdout}{result.stderr}"

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        return dict(json.loads(self.run(STACK, "stack", "output", "--json").stdout))

    def destroy(self, *, fails: bool = False) -> str:
        """Take the stack down."""
        result = self.run(STACK, "destroy", "--yes", "--skip-preview", fails=fails)
        return f"{result.stdout}{result.stderr}"

    # Callers

    def token(self, account: str, client: str) -> str:
        """A workload's token for vaults: its Google ID token, exchanged at Entra."""
        assertion = self.bench.sandbox.identity_token(account, world.EXCHANGE_AUDIENCE)
        form = {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
            "scope": "https://vault.azure.net/.default",
        }
        host = "https://login.microsoftonline.com"
        with self.bench.sandbox.http() as http:
            answer = http.post(f"{host}/{world.TENANT_ID}/oauth2/v2.0/token", data=form)
        return str(answer.raise_for_status().json()["access_token"])

    def writer(self) -> str:
        """The token of the workload that writes."""
        return self.token(world.WRITER_SERVICE_ACCOUNT, world.WRITER_CLIENT_ID)

    def write(self, uri: str, name: str) -> int:
        """Write a secret as the writer and return the answer's status."""
        headers = {"authorization": f"Bearer {self.writer()}"}
        url = f"{uri}secrets/{name}?{_API}"
        with self.bench.sandbox.http() as http:
            return http.put(url, headers=headers, json={"value": f"canary-{name}"}).status_code

    def read(self, token: str, uri: str, path: str, address: str = "") -> httpx.Response:
        """Ask a vault, from an IPv4 address if it matters."""
        sandbox = self.bench.sandbox
        trusted = ssl.create_default_context(cafile=str(sandbox.paths.ca_certificate))
        proxy = f"http://{f'{address}:@' if address else ''}{sandbox.running.proxy}"
        with httpx.Client(proxy=proxy, verify=trusted, trust_env=False) as http:
            return http.get(f"{uri}{path}?{_API}", headers={"authorization": f"Bearer {token}"})


@pytest.fixture
def project(bench: Bench, tmp_path: Path) -> Project:
    return Project(bench, tmp_path / "project")


def _owned(project: Project, name: str, *, rbac: bool = True) -> str:
    """A vault that somebody else makes, and changes; its id."""
    project.up({"plain": {name: rbac}}, _OWNER)
    return next(id_ for type_, id_ in project.bench.objects() if id_.endswith(f"/vaults/{name}"))


@pytest.mark.parametrize(
    "order",
    [pytest.param(("alpha", "beta"), marks=pytest.mark.exhaustive), ("beta", "alpha")],
    ids="-then-".join,
)
def test_no_environment_reaches_anothers_secrets_whichever_was_there_first(
    project: Project, order: tuple[str, str]
) -> None:
    shared = _owned(project, "kv-shared")
    vaults: Scene = {"shared": {"id": shared}}
    readers: Scene = {}
    for name in order:  # one `up` after the other
        vaults[name] = {}
        readers[name] = {name: None, "shared": [f"{name}-key"]}
        project.up({"vaults": vaults, "readers": readers})
    project.bench.spread()
    outputs = project.outputs()
    uris = outputs["uris"]
    for name in order:
        assert project.write(uris[name], "key") == 200
        assert project.write(uris["shared"], f"{name}-key") == 200

    for name, other in (order, order[::-1]):
        reader = outputs["readers"][name]
        token = project.token(reader["account"], reader["client"])
        asked = [
            project.read(token, uris[name], "secrets/key"),
            project.read(token, uris["shared"], f"secrets/{name}-key"),
            project.read(token, uris[other], "secrets/key"),
            project.read(token, uris["shared"], f"secrets/{other}-key"),
            project.read(token, uris["shared"], "secrets"),  # its list
        ]
        assert [answer.status_code for answer in asked] == [200, 200, 403, 403, 403]
        codes = {answer.json()["error"]["innererror"]["code"] for answer in asked[2:]}
        assert codes == {"ForbiddenByRbac"}
    assert project.write(uris["shared"], "undeclared-key") == 403


def test_an_adopted_vault_is_refused_in_access_policy_mode_and_else_left_as_it_is(
    project: Project,
) -> None:
    vault_id = _owned(project, "kv-theirs", rbac=False)
    scene: Scene = {
        "vaults": {"theirs": {"id": vault_id}},
        "readers": {"alpha": {"theirs": None}},
    }
    said = project.refused(scene)
    assert "kv-theirs is in access-policy mode" in said
    assert "az keyvault update --name kv-theirs --enable-rbac-authorization true" in said
    assert "Traceback" not in said

    _owned(project, "kv-theirs", rbac=True)
    project.up(scene)
    project.up(scene, STACK, "--expect-no-changes")
    project.destroy()
    assert (_VAULT, vault_id) in project.bench.objects()
    # Whoever owns it finds nothing changed.
    project.run(_OWNER, "refresh", "--yes", "--skip-preview", "--expect-no-changes")


@pytest.mark.exhaustive
def test_a_firewall_and_a_private_endpoint_let_in_whom_they_name_and_nobody_else(
    project: Project,
) -> None:
    network = {"ranges": ["198.51.100.64/26"], "nat": ["203.0.113.9"], "subnet": world.SUBNET}
    scene: Scene = {
        "zone_for": [world.SUBNET],
        "vaults": {"alpha": {"network": network}},
        "readers": {"alpha": {"alpha": None}},
    }
    project.up(scene)
    project.up(scene, STACK, "--expect-no-changes")
    project.run(STACK, "refresh", "--yes", "--skip-preview", "--expect-no-changes")
    project.bench.spread()
    outputs = project.outputs()
    reader, uri = outputs["readers"]["alpha"], outputs["uris"]["alpha"]
    token = project.token(reader["account"], reader["client"])

    def status(address: str) -> int:
        return project.read(token, uri, "secrets/key", address).status_code

    allowed = {"198.51.100.70": _LET_IN, "203.0.113.9": _LET_IN, "10.20.0.77": _LET_IN}
    denied = {"198.51.100.10": 403, "203.0.113.10": 403, "10.21.0.77": 403}
    assert {address: status(address) for address in (*allowed, *denied)} == allowed | denied

    scene["vaults"]["alpha"]["network"] = {"ranges": [], "nat": [], "subnet": world.SUBNET}
    project.up(scene)
    assert status("10.20.0.77") == _LET_IN
    assert {status(address) for address in ("198.51.100.70", "203.0.113.9")} == {403}


@pytest.mark.exhaustive
def test_what_azure_never_changes_is_refused_in_the_preview(project: Project) -> None:
    key = {"operations": ["sign", "verify"], "type": "EC"}
    vault: Scene = {"name": "kv-alpha-signs", "keys": {"signing": key}}
    project.up({"vaults": {"alpha": vault}})
    said = project.refused({"vaults": {"alpha": {**vault, "location": "northeurope"}}})
    assert "Azure moves no vault: kv-alpha-signs is in westeurope, not in northeurope" in said
    said = project.refused(
        {"vaults": {"alpha": {**vault, "keys": {"signing": {**key, "curve": "P-521"}}}}}
    )
    assert "changes no key: curveName of alpha-key-signing" in said

    # A key that isn't declared any longer isn't deleted: something may be signed by it.
    vault["keys"] = {}
    project.up({"vaults": {"alpha": vault}})
    of_key = {"resourceGroupName": STACK, "vaultName": vault["name"], "keyName": "signing"}
    provider = {"subscriptionId": world.SUBSCRIPTION_ID}
    assert project.bench.sandbox.existing("azure-native:keyvault:Key", of_key, provider)


def test_a_protected_vault_survives_and_a_deleted_one_comes_back_with_what_was_in_it(
    project: Project,
) -> None:
    readers = {"alpha": {"alpha": None}}
    vault: Scene = {"name": "kv-alpha-again", "protect": True}
    project.up({"vaults": {"alpha": vault}, "readers": readers})
    project.bench.spread()
    uri = project.outputs()["uris"]["alpha"]
    assert project.write(uri, "key") == 200
    said = project.refused({"vaults": {"alpha": {**vault, "name": "kv-other"}}, "readers": readers})
    assert "protect" in said
    assert "protect" in project.destroy(fails=True)
    assert any(type_ == _VAULT for type_, _ in project.bench.objects())

    vault["protect"] = False
    project.up({"vaults": {"alpha": vault}, "readers": readers})
    project.destroy()
    assert not any(type_ == _VAULT for type_, _ in project.bench.objects())

    project.declare({"vaults": {"alpha": vault}, "readers": readers})
    failed = project.run(STACK, "up", "--yes", "--skip-preview", fails=True)
    assert "already exists in deleted state" in f"{failed.stdout}{failed.stderr}"
    project.up({"vaults": {"alpha": {**vault, "recover": True}}, "readers": readers})
    project.up({"vaults": {"alpha": vault}, "readers": readers})
    project.bench.spread()
    outputs = project.outputs()
    reader = outputs["readers"]["alpha"]
    token = project.token(reader["account"], reader["client"])
    assert (
        project.read(token, outputs["uris"]["alpha"], "secrets/key").json()["value"] == "canary-key"
    )
