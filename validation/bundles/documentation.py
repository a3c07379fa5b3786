"""The part of docs/bundle-checks.md that follows from the list of checks.

`python -m validation.bundles.documentation` rewrites it; the rest of the page is written by hand.
"""

from __future__ import annotations

from pathlib import Path

from validation.bundles.check import Check
from validation.bundles.checks.registry import CHECKS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "bundle-checks.md"
BEGIN = "<!-- Written by `python -m validation.bundles.documentation` from here ... -->\n"
END = "<!-- ... to here. -->\n"

_GROUPS = {
    "AKV0": "Acceptances",
    "AKV1": "Secrets",
    "AKV2": "Connections",
    "AKV3": "Caches",
    "AKV4": "Variables",
    "AKV5": "Structure",
    "AKV6": "Faults",
    "AKV7": "The shared flow `azure-key-vault`",
}


def section() -> str:
    """All checks by group, as Markdown."""
    parts = []
    for prefix, title in _GROUPS.items():
        rows = [_row(check) for check in CHECKS if check.id.startswith(prefix)]
        head = "| id | severity | what is wrong | how to mend it |\n|---|---|---|---|\n"
        parts.append(f"### {title}\n\n{head}{''.join(rows)}")
    return "\n".join(parts)


def _row(check: Check) -> str:
    name = check.id
    if check.source.startswith("https://"):
        name = f"[{check.id}]({check.source})"
    return f"| {name} | {check.severity} | {check.sentence} | {check.mend} |\n"


def with_section(page: str) -> str:
    """The page with its generated part as it must be. Raises ValueError without the marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has lost the marks of its generated part")
    return f"{before}{BEGIN}\n{section()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_section(PAGE.read_text()))
