"""What a kill in the middle of a write leaves of a stack's files, and what becomes of it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from sandbox.state_files import StateFiles

_SOUND = "{}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / ".pulumi" / "stacks" / "project"
    folder.mkdir(parents=True)
    return folder


def _mend(tmp_path: Path) -> list[str]:
    return StateFiles(tmp_path, "project", "local").mend()


def _write(folder: Path, **content: str) -> None:
    for name, text in content.items():
        (folder / f"local.{name.replace('_', '.')}").write_text(text)


def test_sound_files_are_left_alone(folder: Path, tmp_path: Path) -> None:
    _write(folder, json=_SOUND, json_attrs=_SOUND, json_bak="{ }", json_bak_attrs=_SOUND)
    assert _mend(tmp_path) == []
    assert (folder / "local.json").read_text() == _SOUND


@pytest.mark.parametrize("name", ["local.json.attrs", "local.json.bak.attrs"])
def test_attributes_that_were_cut_off_go_and_their_file_stays(
    folder: Path, tmp_path: Path, name: str
) -> None:
    _write(folder, json=_SOUND, json_attrs=_SOUND, json_bak=_SOUND, json_bak_attrs=_SOUND)
    (folder / name).write_text("")
    assert len(_mend(tmp_path)) == 1
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        {"local.json", "local.json.attrs", "local.json.bak", "local.json.bak.attrs"} - {name}
    )


def test_a_lock_whose_attributes_were_cut_off_can_be_read_again(tmp_path: Path) -> None:
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "project" / "local"
    folder.mkdir(parents=True)
    (folder / "a.json.attrs").write_text("{")
    assert _mend(tmp_path) == ["a.json.attrs was cut off in the middle of a write: removed"]


def test_the_engine_that_holds_the_lock_is_told_from_what_else_its_id_may_name(
    tmp_path: Path,
) -> None:
    files = StateFiles(tmp_path, "project", "local")
    assert files.engines() == []
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "project" / "local"
    folder.mkdir(parents=True)
    cli = tmp_path / "pulumi"
    cli.symlink_to("/bin/sleep")
    with subprocess.Popen([cli, "60"]) as engine:
        locks = {"a": engine.pid, "b": os.getpid(), "c": 2**40, "d": "1", "e": True}
        for name, pid in locks.items():
            (folder / f"{name}.json").write_text(json.dumps({"pid": pid}))
        for name, cut_off in {"f": "", "g": "[]", "h": "{}"}.items():
            (folder / f"{name}.json").write_text(cut_off)
        assert files.engines() == [engine.pid]
        engine.kill()
        # Dead, though nobody has been told of it yet.
        os.waitid(os.P_PID, engine.pid, os.WEXITED | os.WNOWAIT)
        assert files.engines() == []


def test_another_stacks_files_are_not_touched(folder: Path, tmp_path: Path) -> None:
    (folder / "localhost.json.attrs").write_text("")
    (folder / "dev.json").write_text("")
    assert _mend(tmp_path) == []


def test_a_checkpoint_that_was_cut_off_comes_back_from_its_backup(
    folder: Path, tmp_path: Path
) -> None:
    _write(folder, json="", json_bak='{"backup": true}')
    assert len(_mend(tmp_path)) == 1
    assert (folder / "local.json").read_text() == '{"backup": true}'


def test_a_checkpoint_without_a_sound_backup_is_left_for_the_engine_to_complain_of(
    folder: Path, tmp_path: Path
) -> None:
    _write(folder, json="", json_bak="")
    assert _mend(tmp_path) == []
    assert (folder / "local.json").read_text() == ""
