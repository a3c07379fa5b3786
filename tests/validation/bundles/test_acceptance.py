"""An acceptance covers what it stands before, for one check, with a reason, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from validation.bundles.command import findings_in
from validation.bundles.reading import look

PAGE = """{root}<AssignMessage name="AM-Keys">
  {first}
  <AssignVariable>{inside}
    <Name>private.one.password</Name>
    <Value>canary-one</Value>{last}
  </AssignVariable>
  {second}
  <AssignVariable>
    <Name>private.two.password</Name>
    <Value>canary-two</Value>
  </AssignVariable>
</AssignMessage>{after}
"""
ACCEPT = "<!-- akv: accept AKV107 a canary -->"
PLACES = ("root", "first", "inside", "last", "second", "after")


def _open(tmp_path: Path, **comments: str) -> list[tuple[int, str]]:
    folder = tmp_path / "apiproxy" / "policies"
    folder.mkdir(parents=True)
    text = PAGE.format(**dict.fromkeys(PLACES, "") | comments)
    (folder / "AM-Keys.xml").write_text(text)
    found = findings_in(look(tmp_path).bundles)
    return [(finding.line, finding.id) for finding in found if finding.reason is None]


@pytest.mark.parametrize(
    ("place", "left"),
    [
        ("root", []),
        ("after", []),
        ("first", [(8, "AKV107")]),
        ("last", [(8, "AKV107")]),
        ("second", [(3, "AKV107")]),
        ("inside", [(3, "AKV001"), (3, "AKV107"), (8, "AKV107")]),
    ],
)
def test_it_covers_the_element_that_follows_or_else_the_one_around_it(
    tmp_path: Path, place: str, left: list[tuple[int, str]]
) -> None:
    assert _open(tmp_path, **{place: ACCEPT}) == left


def test_another_check_is_not_covered(tmp_path: Path) -> None:
    found = _open(tmp_path, root="<!-- akv: accept AKV101 a canary -->")
    assert found == [(1, "AKV001"), (3, "AKV107"), (8, "AKV107")]


@pytest.mark.parametrize(
    "text",
    ["akv: accept AKV107", "akv: accept a canary", "akv: AKV107 a canary", "akv: accept AKV007 a"],
)
def test_without_check_or_reason_it_accepts_nothing(tmp_path: Path, text: str) -> None:
    found = _open(tmp_path, root=f"<!-- {text} -->")
    assert found == [(1, "AKV002"), (3, "AKV107"), (8, "AKV107")]


def test_other_comments_are_left_alone(tmp_path: Path) -> None:
    assert _open(tmp_path, root="<!-- AKV107 is wrong here -->") == [(3, "AKV107"), (8, "AKV107")]


def test_a_comment_cannot_accept_itself(tmp_path: Path) -> None:
    found = _open(tmp_path, root="<!-- akv: accept AKV001 quiet -->")
    assert (1, "AKV001") in found
