"""The pack under the engine: what it says of configuration, of exceptions and of what is deployed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.bench import STACK, Bench

PACK = ("--policy-pack", "policies")
Edit = Callable[[dict[str, Any]], None]


def _config(folder: Path, config: Mapping[str, object]) -> tuple[str, str]:
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return "--policy-pack-config", str(path)


def _edited_state(bench: Bench, folder: Path, kind: str, edit: Edit) -> Path:
    """The stack's exported state, with an edit of each resource of a kind (inputs and outputs)."""
    exported = json.loads(bench.pulumi("stack", "export", "--stack", STACK).stdout)
    for resource in exported["deployment"]["resources"]:
        if resource["type"].endswith(f":{kind}"):
            edit(resource["inputs"])
            edit(resource["outputs"])
    path = folder / "state.json"
    path.write_text(json.dumps(exported))
    return path


def _violations(shown: str) -> set[tuple[str, str]]:
    """Rule and logical name of what `policy analyze --json` shows as mandatory."""
    events = [json.loads(line) for line in shown.splitlines() if line.startswith("{")]
    found = [event["policyEvent"] for event in events if "policyEvent" in event]
    return {
        (event["policyName"], event["resourceUrn"].split("::")[-1])
        for event in found
        if event["enforcementLevel"] == "mandatory"
    }


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"federated-credentials": "advisory"}, "did you mean 'federated-credential'?"),
        ({"exceptions": {"entires": []}}, "did you mean 'entries'?"),
        ({"exceptions": {"entries": [{"rule": "exceptions"}]}}, "expires is required"),
        ({"exceptions": "off"}, '"off" is not a valid enforcement level'),
    ],
)
def test_configuration_that_the_pack_does_not_know_ends_the_operation(
    deployed: Bench, tmp_path: Path, config: Mapping[str, object], told: str
) -> None:
    arguments = ("preview", "--stack", STACK, *PACK, *_config(tmp_path, config))
    result = deployed.pulumi(*arguments, fails=True)
    assert told in result.stdout + result.stderr


def test_what_is_deployed_passes_without_exception(deployed: Bench) -> None:
    deployed.pulumi("policy", "analyze", *deployed.pack(), "--stack", STACK)


def test_what_is_deployed_is_judged_by_the_same_rules(deployed: Bench, tmp_path: Path) -> None:
    def to_a_person(properties: dict[str, Any]) -> None:
        properties["principalType"] = "User"

    state = _edited_state(deployed, tmp_path, "RoleAssignment", to_a_person)
    command = ("policy", "analyze", *deployed.pack(), "--file", str(state), "--json")
    assert _violations(deployed.pulumi(*command, fails=True).stdout) == {
        ("person-scoped-role-assignment", name)
        for name in ("alpha-gateway", "alpha-writer-ci", "beta-gateway", "beta-writer-ci")
    }


def test_an_exception_lets_what_it_is_for_pass_and_is_shown(
    deployed: Bench, tmp_path: Path
) -> None:
    def without_purge_protection(properties: dict[str, Any]) -> None:
        properties["properties"]["enablePurgeProtection"] = False

    state = _edited_state(deployed, tmp_path, "Vault", without_purge_protection)
    entry = {
        "rule": "vault-deletion",
        "resource": f"urn:pulumi:{STACK}::*:Vault::*-vault",
        "reason": "a test of exceptions",
        "owner": "platform",
        "expires": "2999-12-31",
    }
    config = json.loads(Path(deployed.pack()[-1]).read_text())
    config["exceptions"] = {"entries": [entry]}
    command = ("policy", "analyze", "--file", str(state))
    refused = deployed.pulumi(*command, *deployed.pack(), "--json", fails=True).stdout
    assert _violations(refused) == {
        ("vault-deletion", "alpha-vault"),
        ("vault-deletion", "beta-vault"),
    }
    shown = deployed.pulumi(*command, *PACK, *_config(tmp_path, config)).stdout
    assert (
        "Excepted until 2999-12-31 by platform (a test of exceptions): Vault 'alpha-vault'" in shown
    )
