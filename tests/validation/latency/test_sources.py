"""Lines of a file come one by one, whatever its form, and what is no JSON ends nothing."""

from __future__ import annotations

import io
import json
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.latency import sources
from validation.latency.sources import SourceError, from_file

ENTRY = {"jsonPayload": {"secret": "a, [b] \u2028", "start": 1.5, "nested": {"list": [1, {}]}}}


def _read(text: str | bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    held = text if isinstance(text, bytes) else text.encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(held)))
    return from_file(Path("-"))


@pytest.mark.parametrize("chunk", [1, 7, 1 << 16])
@pytest.mark.parametrize(
    "text",
    [
        f"{json.dumps(ENTRY)}\n\n{json.dumps(ENTRY, ensure_ascii=False)}",
        json.dumps([ENTRY, ENTRY]),
        json.dumps([ENTRY, ENTRY], indent=2),
        f"\ufeff{json.dumps(ENTRY)}\r\n{json.dumps(ENTRY)}\r\n",
        f"[\n{json.dumps(ENTRY)}\n]\n[\n{json.dumps(ENTRY)}]\n[]",
    ],
)
def test_lines_and_arrays_are_read_alike(
    text: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_CHUNK", chunk)
    assert list(_read(text, monkeypatch)) == [ENTRY, ENTRY]


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("", []),
        ("[]", []),
        ('{"a": 1}\n{"b": \n{"c": 3}\n', [{"a": 1}, '{"b": \n', {"c": 3}]),
        ('[{"a": 1}, {"b": ', [{"a": 1}, '{"b": ']),
        (b'{"a": "\xff"}\n\xff\n', [{"a": "\ufffd"}, "\ufffd\n"]),
    ],
)
def test_what_is_no_json_comes_as_its_text(
    text: str | bytes, records: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_CHUNK", 1)
    assert list(_read(text, monkeypatch)) == records


def test_an_array_that_stops_being_json_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[{"a": 1}, {"broken"' + ' {"a": 1},' * 200_000
    with pytest.raises(SourceError, match="no JSON in the array from"):
        list(_read(text, monkeypatch))


@given(st.text())
def test_any_text_is_read_to_its_end(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        list(_read(text.encode("utf-8", "replace"), patch))


@pytest.mark.parametrize("begin", ["", "["])
def test_memory_stays_bounded_however_long_a_file_is(tmp_path: Path, begin: str) -> None:
    path = tmp_path / "lines.json"
    entry = json.dumps(ENTRY) + (",\n" if begin else "\n")
    with path.open("w") as lines:
        lines.write(begin)
        for _ in range(100):
            lines.write(entry * 1000)
    tracemalloc.start()
    read = sum(1 for record in from_file(path) if record == ENTRY)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read == 100_000
    assert peak < 2_000_000 < path.stat().st_size / 4
