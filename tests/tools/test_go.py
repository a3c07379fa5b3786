"""Programs in Go: built once for their sources, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.conftest import Machine
from tools import go
from tools.setup.errors import SetupError

_NAME = "checker"


@pytest.fixture
def folder(machine: Machine, tmp_path: Path) -> Path:
    made = tmp_path / _NAME
    made.mkdir()
    (made / "main.go").write_text("package main")
    (made / "go.mod").write_text("module checker")
    (made / "notes.md").write_text("nothing that is built")
    machine.put("go", "Path(argv[argv.index('-o') + 1]).write_text('built')")
    return made


def _left(machine: Machine) -> list[str]:
    return sorted(file.name for file in (machine.cache / "apigee-keyvault" / "go").iterdir())


def test_a_program_is_built_once_for_its_sources(folder: Path, machine: Machine) -> None:
    first = go.program(folder, _NAME)
    assert first.name == _NAME
    assert first.read_text() == "built"
    (folder / "notes.md").write_text("something else")
    assert go.program(folder, _NAME) == first
    assert len(machine.calls("go build")) == 1

    (folder / "go.mod").write_text("module another")
    assert go.program(folder, _NAME) != first
    assert len(machine.calls("go build")) == 2


def test_a_build_that_fails_leaves_nothing_and_is_done_anew(folder: Path, machine: Machine) -> None:
    machine.put("go", "print('main.go:1: no such thing'); sys.exit(1)")
    with pytest.raises(SetupError, match="no such thing"):
        go.program(folder, _NAME)
    assert _left(machine) == ["lock"]

    machine.put("go", "Path(argv[argv.index('-o') + 1]).write_text('built')")
    assert go.program(folder, _NAME).is_file()


def test_what_a_killed_build_left_is_removed(folder: Path, machine: Machine) -> None:
    leftover = machine.cache / "apigee-keyvault" / "go" / "unfinished-abc"
    leftover.mkdir(parents=True)
    go.program(folder, _NAME)
    assert not leftover.exists()


def test_without_go_it_says_where_to_get_it(folder: Path, machine: Machine) -> None:
    (machine.bin / "go").unlink()
    with pytest.raises(SetupError, match="not on PATH"):
        go.program(folder, _NAME)
