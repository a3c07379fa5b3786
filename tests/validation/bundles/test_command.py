"""What the command prints and how it ends."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from validation.bundles.checks.registry import CHECKS
from validation.bundles.command import Format, check_bundles

FIXTURES = Path(__file__).parent / "fixtures"
LEVELS = {"error", "warning", "note"}


def _sarif(capsys: pytest.CaptureFixture[str], path: Path) -> dict[str, Any]:
    check_bundles(path, Format.sarif)
    log: dict[str, Any] = json.loads(capsys.readouterr().out)
    return log


def _broken(tmp_path: Path) -> Path:
    shutil.copytree(FIXTURES / "AKV205" / "fails", tmp_path / "a")
    shutil.copytree(FIXTURES / "AKV205" / "passes", tmp_path / "b")
    (tmp_path / "b" / "apiproxy" / "policies" / "broken file.xml").write_text("<a>")
    return tmp_path


@pytest.mark.parametrize(("case", "code"), [("passes", 0), ("fails", 1), ("none", 2)])
def test_exit_codes_tell_clean_findings_and_not_looked(case: str, code: int) -> None:
    command = [sys.executable, "-m", "validation", "bundles", str(FIXTURES / "AKV205" / case)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == code
    assert bool(run.stdout) == (case == "fails")
    assert ("couldn't look" in run.stderr) == (case == "none")


def test_what_is_readable_is_told_even_where_something_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_bundles(_broken(tmp_path), Format.text) == 2
    printed = capsys.readouterr()
    assert "AKV205" in printed.out
    assert "broken file.xml: not well-formed" in printed.err


def test_lines_have_one_form_and_are_sorted_by_file_and_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check_bundles(FIXTURES, Format.text) == 1
    lines = capsys.readouterr().out.splitlines()
    keys = []
    for line in lines:
        file, number, rest = line.split(":", 2)
        assert Path(file).is_file()
        assert rest[1:7] in {check.id for check in CHECKS}
        assert rest[7] == " "
        keys.append((file, int(number), rest))
    assert keys == sorted(keys)
    assert {key[2][1:7] for key in keys} == {check.id for check in CHECKS}


def test_a_log_names_every_check_and_every_finding(capsys: pytest.CaptureFixture[str]) -> None:
    log = _sarif(capsys, FIXTURES)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [check.id for check in CHECKS]
    for rule in rules:
        assert rule["defaultConfiguration"]["level"] in LEVELS
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"]
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in LEVELS
        assert result["message"]["text"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        assert Path(location["physicalLocation"]["artifactLocation"]["uri"]).is_file()
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_a_log_says_what_could_not_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run,) = _sarif(capsys, _broken(tmp_path))["runs"]
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    (notification,) = invocation["toolExecutionNotifications"]
    (location,) = notification["locations"]
    uri = location["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.endswith("/policies/broken%20file.xml")
    assert run["results"]


def test_a_log_keeps_accepted_findings_as_suppressed(capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = _sarif(capsys, FIXTURES / "AKV001" / "passes")["runs"]
    (result,) = run["results"]
    assert result["ruleId"] == "AKV205"
    reason = "the probe may take as long as it likes"
    assert result["suppressions"] == [{"kind": "inSource", "justification": reason}]
