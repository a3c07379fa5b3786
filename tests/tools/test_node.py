"""Locked npm packages: installed once, whole or not at all."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools import node
from tools.setup.errors import SetupError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = tmp_path / "checks"
    made.mkdir()
    (made / "package.json").write_text('{"name": "checks", "private": true}')
    (made / "package-lock.json").write_text('{"name": "checks", "lockfileVersion": 3}')
    return made


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Stands in for npm: the folders that it was run in."""
    runs: list[Path] = []

    def run(_command: Sequence[object], _label: str, *, counted: object, directory: Path) -> None:
        runs.append(directory)
        assert (directory / "package-lock.json").is_file()
        (directory / "node_modules").mkdir()

    monkeypatch.setattr(node, "run", run)
    return runs


def _failing(*_: object, **__: object) -> None:
    raise SetupError("npm: failed")


def test_node_comes_with_the_environment() -> None:
    answer = subprocess.run([node.executable(), "--version"], capture_output=True, check=True)
    assert answer.stdout.startswith(b"v")


def test_packages_are_installed_once_for_each_lock(folder: Path, npm: list[Path]) -> None:
    first = node.packages(folder)
    assert first.is_dir()
    assert node.packages(folder) == first
    (folder / "package-lock.json").write_text('{"name": "checks", "lockfileVersion": 2}')
    assert node.packages(folder) != first
    assert len(npm) == 2


def test_an_installation_that_fails_leaves_nothing_and_is_done_anew(
    folder: Path, tmp_path: Path, npm: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(node, "run", _failing)
        with pytest.raises(SetupError, match="failed"):
            node.packages(folder)
    left = [file.name for file in (tmp_path / "cache" / "apigee-keyvault" / "npm").iterdir()]
    assert left == ["lock"]

    assert node.packages(folder).is_dir()
    assert len(npm) == 1


def test_what_a_killed_installation_left_is_removed(
    folder: Path, tmp_path: Path, npm: list[Path]
) -> None:
    leftover = tmp_path / "cache" / "apigee-keyvault" / "npm" / "unfinished-abc"
    leftover.mkdir(parents=True)
    node.packages(folder)
    assert not leftover.exists()
    assert len(npm) == 1
