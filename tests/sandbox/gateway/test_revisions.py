"""Revisions are numbered by name, and kept whole."""

from __future__ import annotations

from sandbox.gateway.revisions import Revisions
from tests.sandbox.gateway.rig import Site


def test_revisions_are_numbered_by_kind_and_name(site: Site) -> None:
    revisions = Revisions(site.cloud.store)
    assert [revisions.add("proxy", "a", b"1"), revisions.add("proxy", "a", b"2")] == [1, 2]
    assert revisions.add("sharedflow", "a", b"3") == 1
    assert revisions.get("proxy", "a", 2) == b"2"
    assert revisions.numbers("proxy", "a") == [1, 2]
    assert revisions.get("proxy", "a", 3) is None
    revisions.remove("proxy", "a")
    assert revisions.numbers("proxy", "a") == []
    assert revisions.get("sharedflow", "a", 1) == b"3"
