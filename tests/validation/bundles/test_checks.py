"""Every check finds exactly what its fixtures say, and nothing in those that pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from validation.bundles.check import Check, Finding
from validation.bundles.checks.registry import CHECKS
from validation.bundles.command import findings_in
from validation.bundles.reading import look

FIXTURES = Path(__file__).parent / "fixtures"
CASES = sorted(path for path in FIXTURES.glob("*/*") if path.is_dir())


def _found(case: Path) -> list[Finding]:
    looked = look(case)
    assert not looked.problems
    assert len(looked.bundles) == 1
    return [finding for finding in findings_in(looked.bundles) if finding.reason is None]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_fixture_has_exactly_the_expected_findings(case: Path) -> None:
    expected = case / "expected.txt"
    wanted = set(expected.read_text().splitlines()) if case.name.startswith("fails") else set()
    found = _found(case)
    lines = {f"{Path(f.file).relative_to(case).as_posix()}:{f.line}: {f.id}" for f in found}
    assert lines == wanted
    assert len(lines) == len(found)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_has_fixtures_that_pass_and_fixtures_that_fail(check: Check) -> None:
    folder = FIXTURES / check.id
    names = {case.name.partition("-")[0] for case in folder.iterdir()}
    assert names == {"passes", "fails"}
    for case in folder.glob("fails*"):
        ids = {line[-6:] for line in (case / "expected.txt").read_text().splitlines()}
        assert ids == {folder.name}


def test_every_fixture_belongs_to_a_check() -> None:
    assert {case.parent.name for case in CASES} == {check.id for check in CHECKS}


def test_no_message_repeats_a_credential() -> None:
    messages = [f.message for case in CASES for f in _found(case)]
    assert messages
    assert not [message for message in messages if "canary" in message or "Y2Fu" in message]


def test_ids_are_unique_sorted_and_stable_in_form() -> None:
    ids = [check.id for check in CHECKS]
    assert ids == sorted(set(ids))
    assert all(len(name) == 6 and name[:3] == "AKV" and name[3:].isdigit() for name in ids)


def test_every_check_cites_a_document_and_says_how_to_mend() -> None:
    for check in CHECKS:
        assert check.source.startswith("https://") or check.id.startswith("AKV00"), check.id
        assert check.sentence.endswith("."), check.id
        assert check.mend.endswith("."), check.id
