"""docs/bundle-checks.md says what the checks are."""

from __future__ import annotations

import pytest

from validation.bundles.checks.registry import CHECKS
from validation.bundles.documentation import PAGE, section, with_section


def test_the_page_is_current() -> None:
    page = PAGE.read_text()
    assert page == with_section(page), "run: python -m validation.bundles.documentation"


def test_the_page_has_every_check_once() -> None:
    rows = section().splitlines()
    for check in CHECKS:
        assert sum(check.id in row.partition(" | ")[0] for row in rows) == 1


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="marks"):
        with_section("# Checks\n")
