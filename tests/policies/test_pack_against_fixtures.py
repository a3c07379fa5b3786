"""What the served pack says of every fixture: exactly the expected findings, no others."""

import pytest

from policies.rules.pack import RULES
from tests.policies.fixtures import FOLDER, Case, Phase, cases
from tests.policies.served_pack import ServedPack

RUNS = [
    pytest.param(case, phase, id=f"{case.rule}-{case.name}-{phase}")
    for case in cases()
    for phase in case.phases
]


@pytest.mark.parametrize(("case", "phase"), RUNS)
def test_exactly_the_expected_resources_are_named(
    packs: dict[Phase, ServedPack], case: Case, phase: Phase
) -> None:
    found = packs[phase].analyze(case.resources.values())
    assert sorted((d.policy, d.urn) for d in found) == sorted(case.expected)


@pytest.mark.parametrize(("case", "phase"), RUNS)
def test_violations_are_mandatory_and_only_the_undecided_is_advisory(
    packs: dict[Phase, ServedPack], case: Case, phase: Phase
) -> None:
    for diagnostic in packs[phase].analyze(case.resources.values()):
        assert diagnostic.mandatory == (not diagnostic.policy.endswith("-undecided"))
        assert not diagnostic.message.startswith("can't run policy")


@pytest.mark.parametrize(("case", "phase"), RUNS)
def test_messages_name_the_resource_and_repeat_no_value(
    packs: dict[Phase, ServedPack], case: Case, phase: Phase
) -> None:
    names = {resource.urn: resource.name for resource in case.resources.values()}
    for diagnostic in packs[phase].analyze(case.resources.values()):
        assert f"'{names[diagnostic.urn]}'" in diagnostic.message
        assert "canary" not in diagnostic.message


@pytest.mark.parametrize(("case", "phase"), RUNS)
def test_order_of_a_stack_changes_neither_findings_nor_their_order(
    packs: dict[Phase, ServedPack], case: Case, phase: Phase
) -> None:
    resources = list(case.resources.values())
    forward = packs[phase].analyze_stack(resources)
    assert packs[phase].analyze_stack(reversed(resources)) == forward


def test_every_rule_has_a_folder_with_passing_and_failing_cases() -> None:
    folders = {path.parent.name for path in FOLDER.glob("*/passing.yaml")} & {
        path.parent.name for path in FOLDER.glob("*/failing.yaml")
    }
    assert folders == {rule.about.name for rule in RULES}


def test_every_policy_is_expected_by_some_case() -> None:
    policies = {rule.about.name + suffix for rule in RULES for suffix in ("", "-undecided")}
    assert {policy for case in cases() for policy in case.expect} == policies
