"""What the served pack says of every fixture: exactly what is expected, by no other rule."""

from collections.abc import Callable
from functools import cache

import pytest

from policies.pack.catalogue import RULES
from policies.pack.exceptions import EXCEPTIONS
from tests.policies.fixtures import FOLDER, Case, Phase, Said, cases, exemplary
from tests.policies.served_pack import Diagnostic, ServedPack

CASES = list(cases())
RUNS = [
    pytest.param(case, phase, id=f"{case.rule}-{case.name}-{phase}")
    for case in CASES
    for phase in case.phases
]
Finder = Callable[[Case, Phase], list[Diagnostic]]
# Rules that ask for nothing which a preview may not know.
ALWAYS_DECIDED = {
    EXCEPTIONS.name,
    "generated-credential-in-state",
    "retiring-vault-api",
    "secret-value-in-program",
    "static-entra-credential",
    "static-google-credential",
    "unjudged-resource",
    "unprotected-resource",
    "vault-without-alert",
}
NAMES = {rule.about.name for rule in RULES} | {EXCEPTIONS.name}


def _said(diagnostic: Diagnostic) -> str:
    """In which of a case's lists it belongs."""
    if diagnostic.mandatory:
        return "expect"
    for said, start in (
        ("undecided", "Not decided before the update: "),
        ("excepted", "Excepted "),
    ):
        if diagnostic.text.startswith(start):
            return said
    level = {rule.about.name: rule.about.level for rule in RULES}
    return "expect" if level.get(diagnostic.policy) == "advisory" else "advised"


@pytest.fixture(scope="module")
def found(packs: dict[Phase, ServedPack]) -> Finder:
    """Asks the pack once for each case and phase."""

    @cache
    def find(number: int, phase: Phase) -> list[Diagnostic]:
        case = CASES[number]
        packs[phase].set(case.config)
        return packs[phase].analyze(case.resources.values())

    return lambda case, phase: find(CASES.index(case), phase)


@pytest.mark.parametrize(("case", "phase"), RUNS)
def test_exactly_the_expected_resources_are_named(found: Finder, case: Case, phase: Phase) -> None:
    said = sorted((_said(d), d.policy, d.urn or "stack") for d in found(case, phase))
    assert said == case.expected


@pytest.mark.parametrize(("case", "phase"), RUNS)
def test_messages_name_the_resource_and_repeat_no_value(
    found: Finder, case: Case, phase: Phase
) -> None:
    names = {resource.urn: resource.name for resource in case.resources.values()}
    for diagnostic in found(case, phase):
        assert not diagnostic.urn or f"'{names[diagnostic.urn]}'" in diagnostic.text
        assert "canary" not in diagnostic.message
        assert "itself failed" not in diagnostic.message


@pytest.mark.parametrize("phase", ["preview", "update"])
def test_order_of_a_stack_changes_neither_findings_nor_their_order(
    packs: dict[Phase, ServedPack], phase: Phase
) -> None:
    for case in CASES:
        if phase not in case.phases:
            continue
        packs[phase].set(case.config)
        resources = list(case.resources.values())
        forward = packs[phase].analyze_stack(resources)
        packs[phase].set(case.config)
        assert packs[phase].analyze_stack(reversed(resources)) == forward, case.name


@pytest.mark.parametrize("phase", ["preview", "update"])
def test_no_rule_finds_anything_in_the_exemplary_stack(
    packs: dict[Phase, ServedPack], phase: Phase
) -> None:
    packs[phase].set({})
    assert packs[phase].analyze(exemplary().values()) == []


def test_every_rule_has_a_folder_with_passing_and_failing_cases() -> None:
    for kind in ("passing", "failing"):
        assert {path.parent.name for path in FOLDER.glob(f"*/*/{kind}.yaml")} == NAMES


def test_every_rule_is_expected_by_some_case_and_undecided_in_another() -> None:
    def said(kind: Said) -> set[str]:
        return {rule for case in CASES for rule in case.said[kind]}

    assert said("expect") == NAMES
    assert said("undecided") == NAMES - ALWAYS_DECIDED
