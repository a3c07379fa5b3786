"""Findings that the bundle's author has accepted, with a reason, in a comment of the XML itself.

`<!-- akv: accept AKV101 reason -->` stands before the element it speaks for (with all beneath it), or
last in the one it lies in. Before the root element it speaks for the whole file. One that accepts
nothing, or gives no reason, is a finding itself and can't be accepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from lxml import etree

from validation.bundles.check import Check, Finding, Hit
from validation.bundles.model import Document, line_of

UNUSED = "AKV001"
MALFORMED = "AKV002"

_MARK = re.compile(r"\s*akv\s*:", re.IGNORECASE)
_FORM = re.compile(r"\s*akv: accept (AKV\d{3})\s+(\S.*?)\s*", re.DOTALL)


@dataclass
class _Acceptance:
    document: Document
    line: int
    check: str
    reason: str
    covered: etree._Element
    used: bool = False

    def covers(self, hit: Hit, check: Check) -> bool:
        if check.id != self.check or hit.document is not self.document:
            return False
        return hit.element is self.covered or self.covered in hit.element.iterancestors()


def apply(
    documents: Iterable[Document], hits: Iterable[tuple[Check, Hit]], known: frozenset[str]
) -> list[Finding]:
    """All findings, sorted: those accepted have their reason; acceptances in vain are among them.

    Arguments:
        documents: every file that was checked.
        hits: what the checks found.
        known: ids of the checks that there are.
    """
    acceptances: list[_Acceptance] = []
    findings: list[Finding] = []
    for document in documents:
        _collect(document, known, acceptances, findings)
    for check, hit in hits:
        line = line_of(hit.element)
        finding = Finding(hit.document.path, line, check.id, hit.message, check.severity)
        for acceptance in acceptances:
            if acceptance.covers(hit, check):
                acceptance.used = True
                finding = replace(finding, reason=acceptance.reason)
        findings.append(finding)
    for left in acceptances:
        if not left.used:
            message = f"accepts {left.check}, which finds nothing here"
            findings.append(Finding(left.document.path, left.line, UNUSED, message, "warning"))
    return sorted(findings)


def _collect(
    document: Document,
    known: frozenset[str],
    acceptances: list[_Acceptance],
    findings: list[Finding],
) -> None:
    before = reversed(list(document.root.itersiblings(etree.Comment, preceding=True)))
    inside = document.root.iter(etree.Comment)
    for comment in (*before, *inside, *document.root.itersiblings(etree.Comment)):
        text = comment.text or ""
        if not _MARK.match(text):
            continue
        line = line_of(comment)
        form = _FORM.fullmatch(text)
        covered = _covered(document, comment)
        if form is None:
            message = 'is not of the form "akv: accept AKV101 reason"'
        elif form[1] not in known:
            message = f"accepts {form[1]}, and there is no such check"
        else:
            acceptances.append(_Acceptance(document, line, form[1], form[2], covered))
            continue
        findings.append(Finding(document.path, line, MALFORMED, message, "error"))


def _covered(document: Document, comment: etree._Element) -> etree._Element:
    parent = comment.getparent()
    if parent is None:
        return document.root
    following = next(comment.itersiblings(etree.Element), None)
    return parent if following is None else following
