"""What a check is, and what it says. The checks themselves lie in `checks`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

from validation.bundles.model import Bundle, Document

Severity = Literal["error", "warning", "note"]

POLICIES = "https://docs.cloud.google.com/apigee/docs/api-platform/reference/policies"
"""The folder of Apigee's documentation with one page a policy."""
DOCUMENTATION = "https://docs.cloud.google.com/apigee/docs/api-platform"


@dataclass(frozen=True)
class Hit:
    """Where a check is broken, and how."""

    document: Document
    element: etree._Element
    message: str


@dataclass(frozen=True)
class Check:
    """One rule for bundles.

    Attributes:
        id: stable, `AKV` and three digits: users write it into acceptances.
        severity: `error` for a leak, a hole or what can't work; `warning` for what fails on a bad
            day; `note` for what deserves a look.
        sentence: the rule, as what is wrong.
        mend: what to do about it.
        source: URL of the document that the rule follows from.
        find: lists the places that break it.
    """

    id: str
    severity: Severity
    sentence: str
    mend: str
    source: str
    find: Callable[[Bundle], Iterator[Hit]]


@dataclass(frozen=True, order=True)
class Finding:
    """One broken rule: `file` as the user sees it, `line` from 1, `reason` where it is accepted."""

    file: str
    line: int
    id: str
    message: str
    severity: Severity = field(compare=False, default="error")
    reason: str | None = field(compare=False, default=None)
