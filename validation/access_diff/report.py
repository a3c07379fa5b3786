"""What a reviewer is told of one stack: who gains and loses what, what is replaced, what policies say.

Owns what belongs to it. How it reads is `markdown`'s business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from components.configuration.settings import Settings
from validation.access_diff import declared
from validation.access_diff.locations import declaration
from validation.access_diff.model import AccessDiff, compare
from validation.access_diff.previewed.resources import accesses
from validation.access_diff.replacements import Replacement, deleted, replaced
from validation.preview.model import CREATED, REPLACED, Preview, logical_name


@dataclass(frozen=True)
class PlacedFinding:
    """What a policy says, and where to mend it.

    Attributes:
        mandatory: whether it refuses the change.
        rule: the policy's name.
        resource: the resource's logical name.
        place: `FILE:LINE` in the declaration, or nothing where that can't be told.
        message: why, and how to mend it.
    """

    mandatory: bool
    rule: str
    resource: str
    place: str
    message: str


@dataclass(frozen=True)
class Resources:
    """How many resources change, and which ones are replaced or deleted."""

    created: int
    updated: int
    replaced: Sequence[Replacement]
    deleted: Sequence[Replacement]

    @property
    def changed(self) -> int:
        """All that change."""
        return self.created + self.updated + len(self.replaced) + len(self.deleted)


@dataclass(frozen=True)
class Report:
    """All that a reviewer is told of one stack.

    Attributes:
        stack: the stack's name, or a file's for a declaration alone.
        access: who gains, loses and keeps what.
        resources: what happens to resources; nothing where no preview was made.
        findings: what policies say; nothing where none ran.
        problems: why the preview failed; empty where it didn't.
    """

    stack: str
    access: AccessDiff
    resources: Resources | None
    findings: Sequence[PlacedFinding] | None
    problems: Sequence[str] = ()


def of_declarations(stack: str, before: Settings | None, after: Settings | None) -> Report:
    """Two declarations beside each other; one that isn't there gives nobody anything."""
    old = declared.accesses(before) if before is not None else set()
    new = declared.accesses(after) if after is not None else set()
    return Report(stack, compare(old, new), None, None)


def of_preview(preview: Preview, folder: Path) -> Report:
    """A preview beside what is deployed.

    Arguments:
        preview: what the engine would do.
        folder: the program's folder, with the stack's file, in which findings are placed.
    """
    places = declaration(folder / f"Pulumi.{preview.stack}.yaml")
    findings = [
        PlacedFinding(
            mandatory=f.level == "mandatory",
            rule=f.rule,
            resource=logical_name(f.urn),
            place=places.place(f.urn),
            message=f.message,
        )
        for f in preview.findings
    ]
    findings.sort(key=lambda f: (not f.mandatory, f.rule, f.resource))
    ran = preview.packs or findings
    return Report(
        stack=preview.stack,
        access=compare(*accesses(preview)),
        resources=_resources(preview),
        findings=findings if ran else None,
        problems=() if preview.complete else preview.errors or ("it came to no end",),
    )


def _resources(preview: Preview) -> Resources:
    again = {step.urn for step in preview.steps if step.op in REPLACED}
    single = [step for step in preview.changes if step.urn not in again]
    return Resources(
        created=sum(step.op in CREATED for step in single),
        updated=sum(step.op == "update" for step in single),
        replaced=replaced(preview),
        deleted=deleted(preview),
    )
