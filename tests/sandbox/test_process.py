"""One process a sandbox, found again, and recovered from whatever a dead one left."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from sandbox import process
from sandbox.client import Sandbox
from sandbox.paths import Paths
from sandbox.process import Running, SandboxError


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[Paths]:
    made = Paths(tmp_path / "sandbox")
    yield made
    process.stop(made)


def test_a_second_start_finds_the_first(paths: Paths) -> None:
    first, new = process.start(paths)
    again, new_again = process.start(paths)
    assert (new, new_again) == (True, False)
    assert again == first


def test_two_starts_at_once_make_one_process(paths: Paths) -> None:
    with ThreadPoolExecutor(3) as pool:
        started = list(pool.map(process.start, [paths] * 3))
    assert len({running.pid for running, _ in started}) == 1
    assert sorted(new for _, new in started) == [False, False, True]


def test_state_and_trust_survive_a_kill_and_stale_files_do_not_hinder(paths: Paths) -> None:
    first, _ = process.start(paths)
    Sandbox(paths, first).advance_clock(1000)
    authority = paths.ca_certificate.read_bytes()
    os.kill(first.pid, signal.SIGKILL)
    os.waitpid(first.pid, 0)
    # The dead process's address book, with a pid that belongs to somebody else by now.
    assert paths.runtime.exists()
    Running(os.getpid(), "stale", "127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1").write(paths.runtime)

    second, new = process.start(paths)
    assert new
    assert second.pid not in (first.pid, os.getpid())
    assert Sandbox(paths, second).status()["clockOffsetSeconds"] == 1000
    assert paths.ca_certificate.read_bytes() == authority


def test_a_stale_address_book_alone_is_no_sandbox(paths: Paths) -> None:
    paths.create()
    Running(os.getpid(), "stale", "127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1").write(paths.runtime)
    with pytest.raises(SandboxError, match="python -m sandbox up"):
        process.require(paths)
    assert not process.stop(paths)


def test_only_loopback_is_bound(paths: Paths) -> None:
    running, _ = process.start(paths)
    listening = {
        connection.laddr.ip
        for connection in psutil.Process(running.pid).net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_administration_needs_the_owners_token(paths: Paths) -> None:
    running, _ = process.start(paths)
    stranger = Running(running.pid, "guess", running.admin, running.launch, running.proxy)
    with pytest.raises(SandboxError, match="owner"):
        Sandbox(paths, stranger).status()


def test_files_of_the_sandbox_are_closed_to_others(paths: Paths) -> None:
    process.start(paths)
    open_to_others = [
        str(path.relative_to(paths.root))
        for path in (paths.root, paths.runtime, *paths.pki.iterdir())
        if path.stat().st_mode & 0o077
    ]
    assert open_to_others == []


def test_the_command_line_says_what_is_missing_in_one_message(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "sandbox", "status"],
        env={**os.environ, "APIGEE_KEYVAULT_SANDBOX": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr == ("error: no sandbox runs here; start it with `python -m sandbox up`\n")


def _sandbox(root: str, *arguments: str, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=directory,
        env={**os.environ, "APIGEE_KEYVAULT_SANDBOX": root, "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("holds", ["precious", "process.lock"])
def test_neither_up_nor_reset_touches_a_folder_that_is_no_sandboxs(
    tmp_path: Path, holds: str
) -> None:
    (tmp_path / holds).write_text("canary")
    for command in ("up", "reset"):
        refused = _sandbox(str(tmp_path), command, directory=tmp_path)
        assert refused.returncode == 1
        assert "a sandbox's folder" in refused.stderr
        assert [path.name for path in tmp_path.iterdir()] == [holds]


def test_an_empty_variable_means_the_default_folder(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("canary")
    assert _sandbox("", "up", directory=tmp_path).returncode == 0
    assert _sandbox("", "reset", directory=tmp_path).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_a_stop_ends_the_sandbox_and_not_the_process_that_the_address_book_names(
    paths: Paths,
) -> None:
    running, _ = process.start(paths)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        dataclasses.replace(running, pid=stranger.pid).write(paths.runtime)
        assert process.stop(paths)
        assert stranger.poll() is None
        stranger.kill()
    assert not psutil.pid_exists(running.pid)


_ADDRESSES = {"admin": "127.0.0.1:1", "launch": "127.0.0.1:1", "proxy": "127.0.0.1:1"}


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "{",
        "[]",
        "{}",
        json.dumps({"pid": -1, "token": "t", **_ADDRESSES}),
        json.dumps({"pid": True, "token": "t", **_ADDRESSES}),
        json.dumps({"pid": 7, "token": None, **_ADDRESSES}),
        json.dumps({"pid": 7, "token": "t", **_ADDRESSES, "admin": "192.0.2.1:80"}),
    ],
)
def test_a_damaged_address_book_is_none(tmp_path: Path, damaged: str) -> None:
    file = tmp_path / "run.json"
    file.write_text(damaged)
    assert Running.read(file) is None


def test_a_sandbox_whose_address_book_is_damaged_is_named_and_can_be_restarted(
    paths: Paths,
) -> None:
    first, _ = process.start(paths)
    paths.runtime.write_text("{")
    for command in (process.require, process.start):
        with pytest.raises(SandboxError, match=r"run\.json is damaged.*down.* and .*up") as refused:
            command(paths)
        assert "\n" not in str(refused.value)
    assert process.stop(paths)
    assert not psutil.pid_exists(first.pid)
    assert process.start(paths)[1]


def test_a_lock_that_names_nobody_stops_nobody(paths: Paths) -> None:
    running, _ = process.start(paths)
    try:
        for text in ("", "-1", "1", "somebody"):
            paths.lock.write_text(text)
            with pytest.raises(SandboxError, match=r"process\.lock doesn't name the process"):
                process.stop(paths)
    finally:
        paths.lock.write_text(str(running.pid))


def test_who_looks_for_a_sandbox_is_not_taken_for_one(paths: Paths) -> None:
    """Two `status` at once must not see each other's look at the lock."""
    paths.create()
    paths.lock.touch()
    with paths.lock.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        assert process.find(paths) is None


def test_a_process_that_is_dying_is_not_taken_for_one_that_runs(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths.create()
    Running(os.getpid(), "dead", "127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1").write(paths.runtime)
    with paths.lock.open("a") as dying:
        fcntl.flock(dying, fcntl.LOCK_EX)
        # Its lock goes while somebody waits for it.
        monkeypatch.setattr(time, "sleep", lambda _: fcntl.flock(dying, fcntl.LOCK_UN))
        assert process.find(paths) is None


def test_damaged_state_is_one_message_that_says_where_and_what_to_do(paths: Paths) -> None:
    paths.create()
    paths.database.write_bytes(b"no database, but long enough to be taken for one. " * 40)
    with pytest.raises(SandboxError, match="file is not a database") as refused:
        process.start(paths)
    message = str(refused.value)
    assert str(paths.database) in message
    assert "python -m sandbox reset" in message
    assert "\n" not in message


@pytest.mark.parametrize("command", ["up", "status", "down", "reset"])
def test_a_folder_that_can_not_be_is_one_message(tmp_path: Path, command: str) -> None:
    (tmp_path / "file").touch()
    refused = _sandbox(str(tmp_path / "file" / "sandbox"), command, directory=tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: ")
    assert refused.stderr.count("\n") == 1
    assert "APIGEE_KEYVAULT_SANDBOX" in refused.stderr
