"""A rule that crashes is a mandatory failure that names itself, and repeats no value."""

import shutil
from pathlib import Path

import pytest

from tests.policies.fixtures import PHASES, FixtureResource, Phase
from tests.policies.served_pack import PACK, Diagnostic, served

RESOURCES = [
    FixtureResource("azure-native:authorization:RoleAssignment", "grant", {"k": "canary"}, {}, {}),
    FixtureResource("azure-native:keyvault:Vault", "kv", {}, {"name": "canary"}, {}),
]


def _found_by_broken_pack(folder: Path, module: str, phase: Phase) -> list[Diagnostic]:
    """Serves a copy of the pack in which one module's `judge` raises with a value in its text."""
    pack = folder / "pack"
    shutil.copytree(PACK, pack, ignore=shutil.ignore_patterns("__pycache__"))
    with (pack / "rules" / f"{module}.py").open("a") as source:
        source.write(
            "\ndef _crash(subject):\n    raise ValueError(f'canary {subject}')\n\n"
            "RULE = type(RULE)(RULE.about, RULE.types, _crash)\n"
        )
    with served(pack, phase) as broken:
        return broken.analyze(RESOURCES)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    ("module", "rule", "other"),
    [
        ("person_grants", "person-scoped-role-assignment", "vault-without-audit-logs"),
        ("vault_audit", "vault-without-audit-logs", "person-scoped-role-assignment"),
    ],
)
def test_crash_is_mandatory_names_the_rule_and_leaves_the_others_running(
    tmp_path: Path, module: str, rule: str, other: str, phase: Phase
) -> None:
    found = _found_by_broken_pack(tmp_path, module, phase)
    assert sorted(d.policy for d in found) == sorted([rule, other])
    crash = next(d for d in found if d.policy == rule)
    assert crash.mandatory
    assert f"The rule '{rule}' itself failed with ValueError at {module}.py:" in crash.message
    assert "canary" not in crash.message
