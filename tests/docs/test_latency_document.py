"""The page on latency: its report is what the command prints, its rule the program's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from components.configuration.contents import MINIMUM_MEASURED_MILLISECONDS
from tests.docs import documents
from validation.cli import app
from validation.latency.caching import ENOUGH, FEWEST_FETCHES, FEWEST_READS, LEAST, LIFETIMES

ROOT = Path(__file__).parents[2]
# Written by a gateway in the sandbox.
LINES = ROOT / "tests" / "fixtures" / "latency" / "lines.jsonl"


def test_the_report_is_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    told = CliRunner().invoke(app, ["latency", "-s", "local", "--file", str(LINES)])
    assert [told.stdout] == documents.blocks("latency", "")
    assert told.exit_code == 1


def test_the_rule_has_the_programs_figures() -> None:
    rule = documents.text("latency").partition("## The rule")[2].replace(",", "")
    rows = re.findall(r"^\d\. (.*(?:\n {3}.*)*)", rule, re.MULTILINE)
    figures = [[int(figure) for figure in re.findall(r"\d+", row)] for row in rows[:3]]
    assert figures == [
        [FEWEST_READS, FEWEST_FETCHES],
        [MINIMUM_MEASURED_MILLISECONDS],
        list(LIFETIMES),
    ]
    assert (ENOUGH, "nine tenths" in rows[2]) == (0.9, True)
    assert (LEAST, "half" in rows[2], "half" in rows[3]) == (0.5, True, True)
