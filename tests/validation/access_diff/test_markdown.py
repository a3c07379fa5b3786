"""The comment: its sentence, its order, its length at any size, and that nobody can write into it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from validation.access_diff.markdown import LIMIT, MARKER, comment, sentence
from validation.access_diff.model import Access, AccessDiff, Danger
from validation.access_diff.replacements import Replacement
from validation.access_diff.report import PlacedFinding, Report, Resources

_NOBODY = AccessDiff([], [], [])


def _access(number: int, danger: Danger = Danger.VALUE, who: str = "proxy p") -> Access:
    return Access(danger, "Azure", f"environment-{number:05}", who, "read", f"secret s-{number}")


def _replacement(number: int, *, interrupts: bool) -> Replacement:
    return Replacement(f"vault-{number}", "a:b:C", ("location",), interrupts, "it is empty")


def _report(
    access: AccessDiff = _NOBODY,
    findings: Sequence[PlacedFinding] | None = (),
    resources: Resources | None = None,
    problems: Sequence[str] = (),
) -> Report:
    return Report("dev", access, resources or Resources(0, 0, [], []), findings, problems)


def _finding(*, mandatory: bool, message: str = "A person.") -> PlacedFinding:
    return PlacedFinding(mandatory, "no-person", "alpha-vault", "Pulumi.dev.yaml:7", message)


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (
            _report(),
            "nobody gains or loses access, 0 kept; no resource changes; no policy refuses it.",
        ),
        (
            _report(AccessDiff([_access(1, Danger.PERSON, "user:alice")], [_access(2)], [])),
            (
                "**1 gained**, **1 lost**, 0 kept, at worst `user:alice` may read `secret s-1`;"
                " no resource changes; no policy refuses it."
            ),
        ),
        (
            _report(
                resources=Resources(
                    3,
                    2,
                    [_replacement(1, interrupts=True), _replacement(2, interrupts=False)],
                    [_replacement(3, interrupts=True)],
                )
            ),
            (
                "nobody gains or loses access, 0 kept; 8 resources change: 3 created, 2 updated,"
                " 2 replaced (**1 with an interruption**), 1 deleted; no policy refuses it."
            ),
        ),
        (
            _report(findings=[_finding(mandatory=True), _finding(mandatory=False)]),
            (
                "nobody gains or loses access, 0 kept; no resource changes;"
                " **1 policy findings refuse it**, 1 advise."
            ),
        ),
        (
            _report(findings=None, problems=["error: it broke"]),
            (
                "**the preview failed, so this is not all**; nobody gains or loses access, 0 kept;"
                " no resource changes; no policy was asked."
            ),
        ),
        (
            Report("dev", _NOBODY, None, None),
            "nobody gains or loses access, 0 kept.",
        ),
    ],
)
def test_one_sentence_tells_the_size_of_a_change(report: Report, said: str) -> None:
    assert sentence(report) == said
    assert f"- `dev`: {said}\n" in comment([report])


def test_it_begins_with_the_marker_by_which_it_is_found_again() -> None:
    assert comment([]).startswith(f"{MARKER}\n")


def test_sections_stand_in_the_order_in_which_a_reviewer_needs_them() -> None:
    access = AccessDiff([_access(1)], [_access(2)], [_access(3)])
    resources = Resources(
        0, 0, [_replacement(1, interrupts=True)], [_replacement(2, interrupts=True)]
    )
    text = comment([_report(access, [_finding(mandatory=True)], resources)])
    titles = re.findall(r"\*\*(\w[\w ]*): \d+\*\*|<b>(\w+)", text)
    assert ["".join(title) for title in titles] == [
        *("Gained", "Lost", "Replaced", "Deleted", "Policy findings", "Kept"),
    ]
    assert "`Pulumi.dev.yaml:7`" in text


@pytest.mark.parametrize("count", [26, 3_000, 20_000])
def test_at_any_size_it_fits_the_worst_stand_first_and_the_rest_is_counted(count: int) -> None:
    gained = sorted([_access(n) for n in range(count)] + [_access(7, Danger.PERSON, "user:alice")])
    kept = [_access(n, who=f"proxy {n}") for n in range(count)]
    text = comment([_report(AccessDiff(gained, [], kept), [_finding(mandatory=True)] * count)])
    assert len(text) <= LIMIT < 65_536
    rows = [line for line in text.splitlines() if line.startswith(("| **", "| value", "| trust"))]
    assert "user:alice" in rows[0]
    assert f"Gained: {count + 1}" in text
    shown = sum(row.startswith(("| value", "| **person")) for row in rows)
    left = re.search(r"\*\*(\d+) more\*\*", text)
    assert shown + (int(left[1]) if left else 0) == count + 1
    assert text.count("<details>") == text.count("</details>")


def test_hundreds_of_stacks_fit_as_well_and_folds_are_closed() -> None:
    big = AccessDiff([_access(n) for n in range(40)], [], [])
    text = comment([_report(big)] * 900)
    assert len(text) <= LIMIT
    assert "More stacks change than one comment can tell of" in text
    assert text.count("<details>") == text.count("</details>")


@pytest.mark.parametrize(
    "name",
    [
        "a | b",
        "a\n\n# heading",
        "</details><img src=x>",
        "`code`",
        "@octocat",
        "[link](https://example.com)",
        "**bold** _it_ ~~x~~",
        "![i](x)",
        "a\x00\u202eb",
        "<!-- hidden -->",
        "x" * 5_000,
    ],
)
def test_no_name_can_become_markup_a_mention_or_another_row(name: str) -> None:
    access = AccessDiff([_access(1, who=name)], [], [])
    finding = _finding(mandatory=True, message=name)
    text = comment([_report(access, [finding], problems=[name])])
    outside = re.sub(r"`[^`\n]*`|\\.", "", text.removeprefix(MARKER))
    for live in ("<img", "@octocat", "](", "**bold**", "<!--", "\n# heading", "</details><"):
        assert live not in outside
    (row,) = [line for line in text.splitlines() if "secret s-1" in line and line.startswith("|")]
    assert len(re.findall(r"(?<!\\)\|", row)) == 7
    assert "\x00" not in text
    assert "\u202e" not in text
    assert len(text) < 5_000
