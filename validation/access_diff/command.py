"""The command `access-diff`: read previews or declarations, print the comment."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from components.configuration.errors import ConfigurationError
from components.configuration.settings import Settings
from validation import stack_file
from validation.access_diff.markdown import comment
from validation.access_diff.report import Report, of_declarations, of_preview
from validation.preview.reading import PreviewError, read

_STACK_FILE: Final = re.compile(r"Pulumi\.(?P<stack>[^/]+)\.ya?ml")


@dataclass(frozen=True)
class Question:
    """What the user asks.

    Attributes:
        files: those that previews were written to, one for each stack; or, two for each stack, its
            file before and after the change.
        declarations: whether they are stacks' files.
    """

    files: Sequence[Path]
    declarations: bool = False


def access_diff(question: Question, folder: Path) -> int:
    """Print, as Markdown on standard output, who gains, loses and keeps access to what.

    Arguments:
        question: what the user asks.
        folder: the program's folder, with the stacks' files and the bundles' sources.

    Returns:
        0, or 2 when something can't be read.
    """
    try:
        print(comment(list(_reports(question, folder))), end="")
    except (PreviewError, stack_file.StackFileError, ConfigurationError) as error:
        print(f"couldn't look: {error}", file=sys.stderr)
        return 2
    return 0


def _reports(question: Question, folder: Path) -> Iterable[Report]:
    if not question.declarations:
        yield from (of_preview(read(path), folder) for path in question.files)
        return
    if len(question.files) % 2:
        raise stack_file.StackFileError(
            "--declarations takes files in pairs: each stack's before and after the change"
        )
    for before, after in zip(question.files[::2], question.files[1::2], strict=True):
        stack = _stack(after)
        yield of_declarations(
            stack, _settings(before, stack, folder), _settings(after, stack, folder)
        )


def _stack(path: Path) -> str:
    found = _STACK_FILE.fullmatch(path.name)
    if found is None:
        raise stack_file.StackFileError(f"{path}: isn't named as a stack's file, Pulumi.STACK.yaml")
    return found["stack"]


def _settings(path: Path, stack: str, folder: Path) -> Settings | None:
    """A declaration; nothing where the file isn't there, since the stack is new or goes."""
    return stack_file.read(path, stack, folder) if path.exists() else None
