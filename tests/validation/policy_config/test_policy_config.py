"""What a declaration says reaches the pack, in the pack's own words, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from components.configuration.settings import Settings, parse
from components.roles import KEY_VAULT_CRYPTO_USER, KEY_VAULT_SECRETS_OFFICER
from policies.pack.catalogue import RULES
from tests.components.configurations import CI, VAULT_ID, Tree, as_engine_gives, complete, valid
from tests.policies.served_pack import PACK, ServedPack, served
from validation.cli import app
from validation.policy_config.expectations import policy_config

ROOT = Path(__file__).parents[3]


def _settings(tree: Tree) -> Settings:
    return parse(as_engine_gives(tree), (), "local", ["orders-v1"])


def _alpha(change: Callable[[Tree], None]) -> Settings:
    tree = valid()
    change(tree["apigee-keyvault:environments"]["alpha"])
    return _settings(tree)


@pytest.fixture(scope="module")
def pack() -> Iterator[ServedPack]:
    with served(PACK, "update") as running:
        yield running


WRITERS = {
    "role-beyond-need": {"roles": [{"role": KEY_VAULT_SECRETS_OFFICER.guid, "principals": [CI]}]}
}


def test_a_declaration_within_the_packs_defaults_says_who_writes_and_no_more() -> None:
    assert policy_config(_settings(valid())) == WRITERS
    assert policy_config(_alpha(lambda e: e.update(writers={}))) == WRITERS
    tree = valid()
    for environment in tree["apigee-keyvault:environments"].values():
        environment["writers"] = {}
    assert policy_config(_settings(tree)) == {}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda e: e.update(vault={"softDeleteDays": 14}), {"vault-deletion": {"days": 14}}),
        (
            lambda e: e.update(vault={"network": {"allowedRanges": ["198.51.0.0/20"]}}),
            {"vault-network": {"prefix": 20}},
        ),
        (lambda e: e.update(vault={"network": {"allowedRanges": ["198.51.100.0/25"]}}), {}),
        (lambda e: e.update(vault={"id": VAULT_ID}), {"undeclared-vault": {"adopted": [VAULT_ID]}}),
        (
            lambda e: e.update(identity={"kind": "application", "owners": [CI]}),
            {"application-owner": {"workloads": [CI]}},
        ),
    ],
)
def test_what_it_says_beyond_them_is_written(
    change: Callable[[Tree], None], expected: dict[str, object]
) -> None:
    assert policy_config(_alpha(change)) == WRITERS | expected


def test_what_holds_for_the_whole_stack_is_written_too() -> None:
    tree = valid()
    tree["apigee-keyvault:audit"] = {"retentionDays": 30}
    alpha = tree["apigee-keyvault:environments"]["alpha"]
    alpha |= {"existing": True}
    alpha["keys"] = {"k": {"callers": ["orders-v1"], "use": "sign", "type": "EC"}}
    found = policy_config(_settings(tree))
    assert found["audit-retention"] == {"days": 30}
    assert found["apigee-debug-mask"] == {"adopted": ["alpha"]}
    roles = found["role-beyond-need"]["roles"]
    assert isinstance(roles, list)
    assert roles[1:] == [{"role": KEY_VAULT_CRYPTO_USER.guid}]


def test_the_pack_takes_every_rule_and_parameter_of_the_fullest_declaration(
    pack: ServedPack,
) -> None:
    found = policy_config(_settings(complete()))
    assert found
    pack.set(found)
    parameters = {rule.about.name: {p.name for p in rule.about.parameters} for rule in RULES}
    assert all(set(values) <= parameters[rule] for rule, values in found.items())


@pytest.mark.parametrize("stack", ["local", "dev", "prod"])
def test_the_command_prints_what_the_engine_takes(
    monkeypatch: pytest.MonkeyPatch, pack: ServedPack, stack: str
) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(app, ["policy-config", "-s", stack])
    assert result.exit_code == 0
    pack.set(json.loads(result.stdout))


def test_a_mistaken_declaration_is_told_and_nothing_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tree = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())
    del tree["config"]["gcp:project"]
    (tmp_path / "Pulumi.local.yaml").write_text(yaml.safe_dump(tree))
    monkeypatch.chdir(tmp_path)
    for stack, told in (("local", "gcp:project"), ("absent", "there is no such file")):
        result = CliRunner().invoke(app, ["policy-config", "-s", stack])
        assert (result.exit_code, result.stdout) == (2, "")
        assert told in result.stderr
