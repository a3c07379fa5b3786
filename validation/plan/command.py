"""The command `plan-digest`: print a preview's digest, and hold it against what was approved."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from validation.plan.comparison import differences
from validation.plan.plan import Plan, PlanError, digest, is_plan, plan
from validation.preview.reading import PreviewError, read


@dataclass(frozen=True)
class Question:
    """What the user asks.

    Attributes:
        preview: the file that the preview was written to.
        also: files and folders whose contents were approved as well.
        write: where to write the plan, or nowhere.
        approved: a plan that was written before, to compare with, or nothing.
    """

    preview: Path
    also: Sequence[Path] = ()
    write: Path | None = None
    approved: Path | None = None


def plan_digest(question: Question, folder: Path) -> int:
    """Print the digest of a preview's plan on standard output, and what differs on standard error.

    Arguments:
        question: what the user asks.
        folder: the program's folder, in which the preview ran.

    Returns:
        0; 1 where the plan isn't the approved one; 2 where it can't be told.
    """
    try:
        made = plan(read(question.preview), folder, question.also)
        approved = None if question.approved is None else _read(question.approved)
        if question.write is not None:
            question.write.write_text(json.dumps(made, indent=2, sort_keys=True) + "\n", "utf-8")
    except (PreviewError, PlanError, OSError) as error:
        print(f"couldn't look: {error}", file=sys.stderr)
        return 2
    print(digest(made))
    if approved is None:
        return 0
    return _compared(approved, made)


def _compared(approved: Plan, made: Plan) -> int:
    if digest(approved) == digest(made):
        print("this is what was approved", file=sys.stderr)
        return 0
    print(f"refused: {digest(approved)} was approved; this differs:", file=sys.stderr)
    for line in differences(approved, made):
        print(f"  - {line}", file=sys.stderr)
    print("Have what would be done now reviewed: preview again, approve again.", file=sys.stderr)
    return 1


def _read(path: Path) -> Plan:
    try:
        approved = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise PlanError(f"{path}: can't be read: {error.strerror}") from error
    except ValueError as error:
        raise PlanError(f"{path}: is no JSON: {error}") from error
    if not is_plan(approved):
        raise PlanError(f"{path}: is no plan; write one with plan-digest --write")
    return cast("Plan", approved)
