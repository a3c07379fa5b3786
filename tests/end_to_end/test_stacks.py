"""The stacks that a platform team starts from, deployed unchanged; what a declaration's edits touch.

Each stack has a sandbox of its own: a second one in an organization needs a `nameSuffix`.
"""

from __future__ import annotations

import base64
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import delays, world
from tests.end_to_end.bench import ROOT, Bench

_WRITE_SECRET = Path(__file__).with_name("write_secret.py")
_ENVIRONMENTS = "apigee-keyvault:environments"
_CANARIES = {
    "orders-backend-key": "canary-orders-5d1f8a",
    "invoices-backend-key": "canary-invoices-c07b42",
}
Style = dict[str, Any]  # how PyYAML is to write
_VAULTS_TABLE = "vault_versions"


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The stack `dev`, as its file has it, deployed under the policy pack."""
    yield from _deployed(tmp_path_factory, "dev")


@pytest.fixture(scope="module")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The stack `prod`, as its file has it, deployed under the policy pack."""
    yield from _deployed(tmp_path_factory, "prod")


def _deployed(folders: pytest.TempPathFactory, stack: str) -> Iterator[Bench]:
    bench = Bench(folders.mktemp(stack) / "sandbox", stack)
    bench.pulumi("stack", "init", stack)
    # With the preview before it, as users do: the pack must pass what isn't known then, too.
    bench.pulumi("up", "--yes", "--stack", stack, *bench.pack())
    bench.spread()
    yield bench
    bench.stop()


def _write(bench: Bench, environment: str, name: str, value: str) -> None:
    """Write a secret's value as the workload that the stack declares as a writer."""
    environments: Any = bench.outputs()["environments"]
    asked = {
        "tenant": world.TENANT_ID,
        "client": world.WRITER_CLIENT_ID,
        "assertion": bench.writer_token(),
        "vault": environments[environment]["vaultUri"],
        "name": name,
        "value": value,
    }
    subprocess.run(
        [sys.executable, str(_WRITE_SECRET)],
        input=json.dumps(asked),
        env=bench.client_environment(),
        text=True,
        check=True,
        timeout=60,
    )


def _edit(
    bench: Bench, change: Callable[[dict[str, Any]], object], style: Style | None = None
) -> None:
    """Change the sandbox's copy of the stack file, and write it in another style of YAML."""
    (copy,) = bench.paths.projects.glob(f"*/Pulumi.{bench.stack}.yaml")
    content = yaml.safe_load(copy.read_text())
    change(content["config"])
    with copy.open("w") as stream:
        yaml.safe_dump(content, stream, **(style or {}))


def _facts(bench: Bench) -> dict[str, tuple[object, object, object]]:
    return {
        urn: (resource.get("id"), resource.get("inputs"), resource.get("outputs"))
        for urn, resource in bench.resources().items()
    }


@pytest.mark.parametrize("stack", ["dev", pytest.param("prod", marks=pytest.mark.exhaustive)])
def test_a_second_up_and_a_refresh_change_nothing(
    stack: str, request: pytest.FixtureRequest
) -> None:
    bench: Bench = request.getfixturevalue(stack)
    bench.up("--expect-no-changes")
    bench.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", stack)


def test_order_and_formatting_of_the_configuration_change_nothing(dev: Bench) -> None:
    def turn(config: dict[str, Any]) -> None:
        environments = config[_ENVIRONMENTS]
        for block in environments.values():
            block["secrets"] = dict(reversed(block["secrets"].items()))
        config[_ENVIRONMENTS] = dict(reversed(environments.items()))

    _edit(
        dev,
        turn,
        {"sort_keys": False, "default_flow_style": True, "default_style": '"', "width": 40},
    )
    dev.up("--expect-no-changes")


def test_an_environment_that_comes_and_goes_touches_only_what_is_its_own(dev: Bench) -> None:
    before = _facts(dev)

    def add(config: dict[str, Any]) -> None:
        config[_ENVIRONMENTS]["qa"] = {
            **config[_ENVIRONMENTS]["test"],
            "hostnames": ["qa.api.example.com"],
        }

    _edit(dev, add)
    dev.up(*dev.pack())
    between = _facts(dev)
    assert {urn: between[urn] for urn in before} == before
    added = {urn.rpartition("::")[2] for urn in between.keys() - before.keys()}
    assert added
    assert {name for name in added if not name.startswith(("qa-", "audit-qa"))} == {"qa"}

    _edit(dev, lambda config: config[_ENVIRONMENTS].pop("qa"))
    dev.up(*dev.pack())
    assert _facts(dev) == before


def test_the_access_map_and_the_endpoints_are_exported_as_data(dev: Bench) -> None:
    outputs: Any = dev.outputs()
    assert outputs["environments"]["test"]["endpoints"] == ["https://test.api.example.com"]
    assert outputs["accessMap"]["test"]["writers"] == {"ci": world.WRITER_PRINCIPAL_ID}
    assert outputs["accessMap"]["test"]["secrets"]["invoices-backend-key"] == {
        "callers": ["orders-v1"],
        "cacheSeconds": 300,
        "staleSeconds": 3600,
    }


def test_production_answers_from_behind_its_firewall(prod: Bench) -> None:
    _write(prod, "prod", "orders-backend-key", prod.sandbox.issue_backend_key())
    with prod.sandbox.http() as client:
        answer = client.get("https://api.example.com/orders/v1/orders")
    assert answer.status_code == 200, answer.text


def test_production_cannot_be_destroyed_before_it_is_unprotected(prod: Bench) -> None:
    before = _facts(prod)
    refused = prod.pulumi("destroy", "--yes", "--stack", "prod", fails=True)
    assert "unprotect" in f"{refused.stdout}{refused.stderr}"
    assert _facts(prod) == before


@pytest.mark.exhaustive
def test_a_second_stack_in_the_organization_is_refused_before_it_has_a_suffix_and_then_works(
    dev: Bench,
) -> None:
    before, uploaded = _facts(dev), _revisions(dev)
    second = Bench(dev.paths.root, "local")
    second.pulumi("stack", "init", "local")
    refused = second.pulumi("up", "--yes", "--skip-preview", "--stack", "local", fails=True)
    said = f"{refused.stdout}{refused.stderr}"
    assert re.search(r"one-stack-per-nameSuffix\):\n.*\n.*409.*/azure-key-vault@.* exists", said)
    assert _revisions(dev) == uploaded

    suffix = "apigee-keyvault:apigee.nameSuffix"
    second.pulumi("config", "set", "--path", suffix, "team-a", "--stack", "local")
    second.up()
    second.spread()
    _write(second, "alpha", "orders-backend-key", second.sandbox.issue_backend_key())
    with second.sandbox.http() as client:
        answer = client.get("https://alpha.api.example.com/orders/v1/orders")
    assert answer.status_code == 200, answer.text
    second.pulumi("destroy", "--yes", "--skip-preview", "--stack", "local")
    assert (_facts(dev), _revisions(dev)) == (before, uploaded)
    dev.up("--expect-no-changes")


def test_no_value_is_in_anything_that_was_written_but_the_vault(dev: Bench) -> None:
    shown = []
    for environment in ("dev", "test"):
        for name, value in _CANARIES.items():
            _write(dev, environment, name, value)
        with dev.sandbox.http() as client:
            for path in ("orders", "invoices"):
                # The backend refuses these values, which it hasn't issued: so they got there.
                answer = client.get(f"https://{environment}.api.example.com/orders/v1/{path}")
                assert answer.status_code == 401
                shown.append(answer.text)
    dev.sandbox.advance_clock(delays.AUDIT_ROW)
    shown.append(dev.up(*dev.pack()))
    shown += [
        dev.pulumi(*command, "--stack", "dev").stdout
        for command in (["preview", "--json"], ["stack", "export"], ["stack", "output", "--json"])
    ]
    shown.append(json.dumps([dev.sandbox.log_entries(), dev.sandbox.audit_rows()]))

    rows = dict(_rows(dev.paths.database))
    written = {path: path.read_bytes() for path in _files(dev)}
    assert any(path.suffix == ".zip" for path in written)
    assert _found(rows.pop(_VAULTS_TABLE)), "the search itself finds nothing"
    assert not _found("\n".join(shown).encode())
    assert [table for table, content in rows.items() if _found(content)] == []
    assert [str(path) for path, content in written.items() if _found(content)] == []


def test_a_destroy_leaves_the_vaults_that_were_named_beforehand(dev: Bench) -> None:
    outputs: Any = dev.outputs()
    for name, kept in outputs["keptAfterDestroy"].items():
        vault = outputs["environments"][name]["vaultName"]
        assert kept == f"{vault}: purge protection keeps the deleted vault and its name for 7 days"
    dev.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")
    deleted = {
        id_.rsplit("/", 1)[1] for type_, id_ in dev.objects() if type_.endswith(":DeletedVault")
    }
    assert {v["vaultName"] for v in outputs["environments"].values()} <= deleted
    assert dev.resources() == {}


def _found(content: bytes) -> bool:
    """Whether a value is in there, as it is or as credentials are usually wrapped."""
    values = [value.encode() for value in _CANARIES.values()]
    # Four characters of base64 stand for three: without its end it's found wherever it begins
    # at a whole group, as a value by itself does.
    wrapped = [base64.b64encode(value)[: len(value) // 3 * 4] for value in values]
    return any(value in content for value in (*values, *wrapped))


def _rows(database: Path) -> Iterator[tuple[str, bytes]]:
    """Everything in the clouds' state, table by table."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            rows = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608  a table's own name
            yield str(table), repr(rows.fetchall()).encode()


def _revisions(bench: Bench) -> bytes:
    """Every revision of every bundle in the organization."""
    return dict(_rows(bench.paths.database))["revisions"]


def _files(bench: Bench) -> Iterator[Path]:
    """Every file of the sandbox but the database, and the bundles that the program packed."""
    for folder in (bench.paths.root, ROOT / ".build" / "bundles"):
        for path in folder.rglob("*"):
            if path.is_file() and not path.name.startswith(bench.paths.database.name):
                yield path
