"""`python3 -m tools.setup` and `python -m tools.lint` as they are typed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.conftest import Machine
from tools import lint
from tools.setup import __main__ as command
from tools.setup import engine

ROOT = Path(engine.__file__).resolve().parents[2]


def test_missing_tool_is_one_line_and_nothing_is_begun(machine: Machine, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "tools").symlink_to(ROOT / "tools")
    result = subprocess.run(
        [sys.executable, "-m", "tools.setup"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("setup: neither a usable Pulumi nor Go is on PATH: install ")
    assert result.stderr.count("\n") == 1
    assert not (checkout / ".venv").exists()


def test_old_python_is_told_which_one_it_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 13, "final", 0))
    assert command.main() == 1
    assert capsys.readouterr().err.startswith("setup: Python 3.11 or newer is needed, this is 3.10")


def test_lint_fails_with_the_words_of_the_check_that_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fails = (sys.executable, "-c", "print('canary'); raise SystemExit(1)")
    passes = (sys.executable, "-c", "print('quiet')")
    selected = [lint.Check("bad", fails), lint.Check("good", passes)]
    monkeypatch.setattr(lint, "checks", lambda: selected)
    assert lint.main() == 1
    assert capsys.readouterr().out == "lint: bad: FAILED\ncanary\n\nlint: good: ok\n"
    selected.pop(0)
    assert lint.main() == 0


def test_silent_check_fails_by_its_output(monkeypatch: pytest.MonkeyPatch) -> None:
    speaks = (sys.executable, "-c", "print('unformatted.go')")
    monkeypatch.setattr(lint, "checks", lambda: [lint.Check("gofmt", speaks, silent=True)])
    assert lint.main() == 1


def test_engines_go_code_is_checked_only_where_the_engine_is_built_from_it(
    machine: Machine,
) -> None:
    machine.put("go", "print('go1.99.0')")
    assert "Go code (go vet)" in {check.name for check in lint.checks()}
    machine.put("pulumi", "print('v3.259.0')")
    machine.put("pulumi-language-python", "")
    assert "Go code (go vet)" not in {check.name for check in lint.checks()}
