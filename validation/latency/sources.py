"""Lines out of a file or standard input. Those in Cloud Logging are `cloud`'s.

Owns the reading, an entry at a time however many there are, and what can go wrong with it.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final, TextIO

LOG: Final = "azure-key-vault"

_CHUNK: Final = 1 << 16
# An entry has 256 KiB at most (Google Cloud, "Quotas and limits"); printed with indents, some more.
_LONGEST: Final = 1 << 20
_BETWEEN: Final = re.compile(r"[\s,\[\]]*")


class SourceError(Exception):
    """Lines that can't be had; its text is for the user."""


def from_file(path: Path) -> Iterator[object]:
    """Records of a file, `-` for standard input: one JSON value a line, or arrays of them.

    What is no JSON comes as its text: what isn't a call is counted, and ends nothing.

    Raises:
        SourceError: the file can't be read, or it is an array that stops being JSON.
    """
    try:
        if str(path) == "-":
            yield from _records(io.TextIOWrapper(sys.stdin.buffer, "utf-8-sig", "replace"))
            return
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            yield from _records(lines)
    except OSError as error:
        raise SourceError(f"{path}: can't be read: {error.strerror}") from error


def _records(lines: TextIO) -> Iterator[object]:
    """`gcloud logging read --format=json` writes an array, sinks write lines."""
    begun = lines.read(_CHUNK)
    if begun.lstrip().startswith("["):
        yield from _array(lines, begun)
        return
    for line in chain((begun + lines.readline()).split("\n"), lines):
        if line.strip():
            yield _json(line)


def _array(lines: TextIO, text: str) -> Iterator[object]:
    """The values of an array, or of several in a row; `text` is what has been read of them."""
    decoder, at = json.JSONDecoder(), 0
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            # It may go on in what hasn't been read yet.
            text, at, more = text[at:], 0, lines.read(_CHUNK)
            if not more:
                break
            if len(text) > _LONGEST:
                raise SourceError(f"no JSON in the array from {text[:40]!r} on") from None
            text += more
        else:
            yield value
    if text:
        yield text


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
