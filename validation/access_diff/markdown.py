"""A report as Markdown, for one comment on a pull request.

Owns how it reads and how long it may be: GitHub takes 65,536 characters in a comment. The worst
stands first; what doesn't fit is counted, never dropped in silence.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from validation.access_diff.model import Access, Danger
from validation.access_diff.replacements import Replacement
from validation.access_diff.report import PlacedFinding, Report

MARKER: Final = "<!-- apigee-keyvault access-diff -->"
"""The comment's first line, by which it is found again and edited in place."""
LIMIT: Final = 65_000
_OPEN_ROWS: Final = 25
"""So many rows are read at a glance; a longer table is folded."""
_SHORTEST_ROW: Final = 25
_LONGEST: Final = 400
_DANGERS: Final = {
    Danger.PERSON: "**person or unknown**",
    Danger.RIGHTS: "**wide**",
    Danger.NETWORK: "**network**",
    Danger.TRUST: "trust",
    Danger.VALUE: "value",
}


def comment(reports: Sequence[Report]) -> str:
    """The whole comment, of at most `LIMIT` characters.

    Arguments:
        reports: one for each stack.
    """
    most = max((len(s) for r in reports for s in _sizes(r)), default=0)
    rows = min(most, LIMIT // _SHORTEST_ROW)
    text = _rendered(reports, rows)
    # The most rows in a table with which all fits, by halving.
    fits, too_many = 0, rows
    while len(text) > LIMIT and too_many - fits > 1:
        middle = (fits + too_many) // 2
        if len(_rendered(reports, middle)) <= LIMIT:
            fits = middle
        else:
            too_many = middle
    return text if len(text) <= LIMIT else _cut(_rendered(reports, fits))


def _cut(text: str) -> str:
    """The last resort, for hundreds of stacks: whole lines up to the limit."""
    if len(text) <= LIMIT:
        return text
    note = "\n\n**More stacks change than one comment can tell of: see the job's own output.**\n"
    kept = text[: LIMIT - len(note) - len("</details>")]
    kept = kept[: kept.rindex("\n")]
    folded = kept.count("<details>") > kept.count("</details>")
    return kept + ("\n</details>" if folded else "") + note


def _sizes(report: Report) -> Iterator[Sequence[object]]:
    yield from (report.access.gained, report.access.lost, report.access.kept)
    yield report.findings or ()
    if report.resources is not None:
        yield from (report.resources.replaced, report.resources.deleted)


def _rendered(reports: Sequence[Report], rows: int) -> str:
    parts = [MARKER, "## Who gains and loses access"]
    parts += [f"- `{_plain(r.stack)}`: {sentence(r)}" for r in reports] or ["Nothing was compared."]
    text = "\n".join((parts[0], parts[1], "", *parts[2:]))
    return "\n\n".join([text, *(_report(report, rows) for report in reports)]) + "\n"


def sentence(report: Report) -> str:
    """The size of a change, in the one sentence that a reviewer approves on."""
    parts = [_problem(report), _access(report), _resources(report), _policies(report)]
    return "; ".join(part for part in parts if part) + "."


def _problem(report: Report) -> str:
    return "**the preview failed, so this is not all**" if report.problems else ""


def _access(report: Report) -> str:
    access = report.access
    if not access.gained and not access.lost:
        return f"nobody gains or loses access, {len(access.kept)} kept"
    parts = [f"**{len(access.gained)} gained**", f"**{len(access.lost)} lost**"]
    text = f"{', '.join(parts)}, {len(access.kept)} kept"
    if access.gained:
        worst = access.gained[0]
        text += f", at worst {_code(worst.who)} may {_plain(worst.may)} {_code(worst.what)}"
    return text


def _resources(report: Report) -> str:
    resources = report.resources
    if resources is None:
        return ""
    if not resources.changed:
        return "no resource changes"
    gone = sum(r.interrupts for r in resources.replaced)
    replaced = f"{len(resources.replaced)} replaced"
    replaced += f" (**{gone} with an interruption**)" if gone else ""
    deleted = f"{len(resources.deleted)} deleted"
    return (
        f"{resources.changed} resources change: {resources.created} created,"
        f" {resources.updated} updated, {replaced}, {deleted}"
    )


def _policies(report: Report) -> str:
    if report.findings is None:
        return "no policy was asked" if report.resources is not None else ""
    refusing = sum(f.mandatory for f in report.findings)
    advising = len(report.findings) - refusing
    advice = f", {advising} advise" if advising else ""
    return (
        f"**{refusing} policy findings refuse it**{advice}"
        if refusing
        else (f"no policy refuses it{advice}")
    )


def _report(report: Report, rows: int) -> str:
    access, resources = report.access, report.resources
    sections = [f"### `{_plain(report.stack)}`"]
    if report.problems:
        lines = "\n".join(f"- {_plain(text)}" for text in report.problems[:5])
        sections.append(f"The preview failed:\n\n{lines}")
    sections += _section("Gained", access.gained, _ACCESS, map(_access_row, access.gained), rows)
    sections += _section("Lost", access.lost, _ACCESS, map(_access_row, access.lost), rows)
    if resources is not None:
        for title, some in (("Replaced", resources.replaced), ("Deleted", resources.deleted)):
            sections += _section(title, some, _REPLACED, map(_replacement_row, some), rows)
    findings = report.findings or ()
    sections += _section("Policy findings", findings, _FINDINGS, map(_finding_row, findings), rows)
    kept = _joined(access.kept)
    title = "Kept, a row for all who may do the same"
    sections += _section(title, kept, _KEPT, kept, rows, folded=True)
    return "\n\n".join(sections)


_ACCESS: Final = ("reach", "cloud", "environment", "who", "may", "what")
_KEPT: Final = ("cloud", "environment", "may", "what", "who")
_REPLACED: Final = ("resource", "type", "because of", "meanwhile", "which means")
_FINDINGS: Final = ("level", "rule", "resource", "where", "why, and how to mend it")


def _section(
    title: str,
    items: Sequence[object],
    head: Sequence[str],
    cells: Iterable[Sequence[str]],
    rows: int,
    *,
    folded: bool = False,
) -> list[str]:
    if not items:
        return []
    shown = [f"| {' | '.join(row)} |" for row, _ in zip(cells, range(rows), strict=False)]
    table = "\n".join((f"| {' | '.join(head)} |", "|" + " --- |" * len(head), *shown))
    left = len(items) - len(shown)
    if left:
        table += f"\n\n**{left} more** are in the job's own output; the worst stand here."
    heading = f"{title}: {len(items)}"
    if folded or len(items) > _OPEN_ROWS:
        return [f"<details><summary><b>{heading}</b></summary>\n\n{table}\n\n</details>"]
    return [f"**{heading}**\n\n{table}"]


def _access_row(access: Access) -> Sequence[str]:
    return (
        *(_DANGERS[access.danger], access.cloud, _code(access.environment) or "all"),
        *(_code(access.who), _plain(access.may), _code(access.what)),
    )


def _joined(kept: Sequence[Access]) -> list[Sequence[str]]:
    """What is kept, a row for all who may do the same with the same."""
    who: dict[tuple[Danger, str, str, str, str], list[str]] = defaultdict(list)
    for a in kept:
        who[a.danger, a.cloud, a.environment, a.may, a.what].append(_code(a.who))
    return [
        (cloud, _code(environment) or "all", _plain(may), _code(what), ", ".join(names))
        for (_, cloud, environment, may, what), names in who.items()
    ]


def _replacement_row(one: Replacement) -> Sequence[str]:
    meanwhile = "**gone**" if one.interrupts else "the new one is made first"
    reasons = ", ".join(_code(reason) for reason in one.reasons)
    return (_code(one.name), _code(one.type), reasons, meanwhile, _plain(one.means))


def _finding_row(finding: PlacedFinding) -> Sequence[str]:
    return (
        "**refused**" if finding.mandatory else "advice",
        *(_code(finding.rule), _code(finding.resource), _code(finding.place)),
        _plain(finding.message),
    )


def _plain(text: str) -> str:
    """Text of somebody's that can't become markup, a mention or another row."""
    line = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)).strip()
    line = line[: _LONGEST - 1] + "…" if len(line) > _LONGEST else line
    return re.sub(r"([\\`*_\[\]<>|#~&@!])", _escaped, line)


def _escaped(found: re.Match[str]) -> str:
    # A zero-width space keeps `@name` from calling somebody; the others are escaped by Markdown.
    return "@\u200b" if found[0] == "@" else f"\\{found[0]}"


def _code(text: str) -> str:
    """A name in code: nothing in it is markup but a backtick, and a bar ends a table's cell."""
    line = "".join(c if c.isprintable() else " " for c in text).replace("`", "'")
    line = line[: _LONGEST - 1] + "…" if len(line) > _LONGEST else line
    return "`" + line.replace("|", "\\|") + "`" if line.strip() else ""
