"""A rule that crashes is a mandatory failure that names itself, and repeats no value."""

import shutil
from pathlib import Path

import pytest

from tests.policies.fixtures import PHASES, Phase, exemplary
from tests.policies.served_pack import PACK, Diagnostic, served

MODULES = [
    ("persons/role_assignments", "person-scoped-role-assignment"),
    ("audit/vault_logs", "vault-without-audit-logs"),
]


def _found_by_broken_pack(folder: Path, module: str, phase: Phase) -> list[Diagnostic]:
    """Serves a copy of the pack in which one module's `judge` raises with a value in its text."""
    pack = folder / "pack"
    shutil.copytree(PACK, pack, ignore=shutil.ignore_patterns("__pycache__"))
    with (pack / "pack" / "rules" / f"{module}.py").open("a") as source:
        source.write(
            "\ndef _crash(subject, context):\n    raise ValueError(f'canary {subject}')\n\n"
            "RULE = type(RULE)(RULE.about, RULE.types, _crash)\n"
        )
    with served(pack, phase) as broken:
        return broken.analyze(exemplary().values())


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(("module", "rule"), MODULES)
def test_crash_is_mandatory_names_the_rule_and_leaves_the_others_running(
    tmp_path: Path, module: str, rule: str, phase: Phase
) -> None:
    crashes = _found_by_broken_pack(tmp_path, module, phase)
    assert {crash.policy for crash in crashes} == {rule}
    assert all(crash.mandatory for crash in crashes)
    place = f"The rule '{rule}' itself failed with ValueError at {Path(module).name}.py:"
    assert all(place in crash.message and "canary" not in crash.message for crash in crashes)
