"""Lines out of a file or standard input. Those in Cloud Logging are `cloud`'s.

Owns the reading, a line at a time however many there are, and what can go wrong with it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final, TextIO

LOG: Final = "azure-key-vault"


class SourceError(Exception):
    """Lines that can't be had; its text is for the user."""


def from_file(path: Path) -> Iterator[object]:
    """Records of a file, `-` for standard input: one JSON value a line, or one array of them.

    A line that is no JSON comes as its text: what isn't a call is counted, and ends nothing.

    Raises:
        SourceError: the file can't be read.
    """
    try:
        if str(path) == "-":
            yield from _records(sys.stdin)
            return
        with path.open(encoding="utf-8", errors="replace") as lines:
            yield from _records(lines)
    except OSError as error:
        raise SourceError(f"{path}: can't be read: {error.strerror}") from error


def _records(lines: TextIO) -> Iterator[object]:
    """`gcloud logging read --format=json` writes an array: that alone is read as a whole."""
    first = next(lines, "")
    if first.strip() == "[":
        yield from _array(first + lines.read())
        return
    for line in chain((first,), lines):
        if line.strip():
            yield _json(line)


def _array(text: str) -> list[object]:
    found = _json(text)
    return found if isinstance(found, list) else [found]


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
