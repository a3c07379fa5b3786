"""The bundles pass the project's own checks with nothing to report."""

from __future__ import annotations

from tests.apigee.sources import PROXIES, ROOT, SHARED_FLOW
from validation.bundles.command import findings_in
from validation.bundles.reading import look


def test_the_checks_find_nothing_in_any_bundle_here() -> None:
    looked = look(ROOT)
    assert {bundle.path for bundle in looked.bundles} == {str(b) for b in (SHARED_FLOW, *PROXIES)}
    assert not looked.problems
    opened = [finding for finding in findings_in(looked.bundles) if finding.reason is None]
    assert opened == []
