"""The command `bundles`: look, check, accept, print. Owns the order and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from validation.bundles import acceptance, sarif
from validation.bundles.check import Finding
from validation.bundles.checks.registry import CHECKS
from validation.bundles.model import Bundle
from validation.bundles.reading import look


class Format(StrEnum):
    """How findings are printed."""

    text = "text"
    sarif = "sarif"


def findings_in(bundles: Iterable[Bundle]) -> list[Finding]:
    """What all checks find, sorted, accepted findings among it (they have a reason)."""
    known = frozenset(check.id for check in CHECKS)
    found: list[Finding] = []
    for bundle in bundles:
        hits = [(check, hit) for check in CHECKS for hit in check.find(bundle)]
        found += acceptance.apply(bundle.documents, hits, known)
    return sorted(set(found))


def check_bundles(path: Path, form: Format) -> int:
    """Check all bundles at or beneath a path and print what was found.

    Findings go to standard output, `file:line: ID message`, or as a SARIF log; what couldn't be read
    and the count go to standard error.

    Returns:
        0 when all was read and nothing found that isn't accepted, 1 for findings, 2 when something
        couldn't be read.
    """
    looked = look(path)
    findings = findings_in(looked.bundles)
    opened = [finding for finding in findings if finding.reason is None]
    if form is Format.sarif:
        print(sarif.log(findings, looked.problems))
    else:
        for finding in opened:
            print(f"{finding.file}:{finding.line}: {finding.id} {finding.message}")
    for problem in looked.problems:
        print(f"couldn't look: {problem}", file=sys.stderr)
    accepted = len(findings) - len(opened)
    print(
        f"{len(looked.bundles)} bundles, {len(opened)} findings, {accepted} accepted",
        file=sys.stderr,
    )
    if looked.problems:
        return 2
    return 1 if opened else 0
