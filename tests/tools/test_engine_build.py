"""A build is done once, is finished or not there at all, and says what it lacks."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tools.conftest import Machine
from tools.setup import engine, engine_build
from tools.setup.errors import SetupError

ROOT = Path(engine.__file__).resolve().parents[2]

ENSURE = [sys.executable, "-c", "from tools.setup import engine_build; engine_build.ensure()"]


def put_go(
    machine: Machine, *, version: str = "go1.99.0", built: str = "", during: str = "", sdk: str = ""
) -> None:
    """A `go` that "builds" in an instant.

    Args:
        machine: Where to put it.
        version: Its own version.
        built: The version that the CLI it builds answers with; the pinned one by default.
        during: Python that runs in `go build` when the CLI is written and the host is not.
        sdk: Where its SDK module lies.
    """
    folder = Path(sdk or machine.bin.parent / "sdk") / "python" / "cmd"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / engine.SCRIPT).write_text("the start script")
    answer = built or engine.pinned_version()
    machine.put(
        "go",
        f"""
def write(target, text):
    target.write_text(text)
    target.chmod(0o755)

if argv[0] == "env":
    print({version!r})
elif argv[0] == "list":
    print({str(folder.parents[1])!r})
elif argv[0] == "build":
    directory = Path(argv[argv.index("-o") + 1])
    Path({str(machine.log)!r} + ".env").write_text(repr(dict(os.environ)))
    write(directory / "pulumi", "#!{sys.executable} -S\\nprint('v{answer}')\\n")
    {during or "pass"}
    write(directory / "pulumi-language-python", "")
""",
    )


def built(machine: Machine) -> Path:
    return engine.built_directory({"XDG_CACHE_HOME": str(machine.cache)})


def leftovers(machine: Machine) -> list[Path]:
    return [*built(machine).parent.glob(f"{engine_build.UNFINISHED}*")]


def test_build_is_done_once_and_then_found(machine: Machine) -> None:
    put_go(machine)
    engine_build.ensure()
    engine_build.ensure()
    assert len(machine.calls("go build")) == 1
    assert engine.directory() == built(machine)
    assert {file.name for file in built(machine).iterdir()} == {
        engine.CLI,
        engine.HOST,
        engine.SCRIPT,
    }
    assert leftovers(machine) == []


def test_nothing_is_built_where_path_has_a_usable_pulumi(machine: Machine) -> None:
    put_go(machine)
    machine.put("pulumi", "print('v3.204.0')")
    machine.put("pulumi-language-python", "")
    engine_build.ensure()
    assert machine.calls("go") == []


def test_killed_build_is_not_taken_for_finished_and_is_done_anew(machine: Machine) -> None:
    reached = machine.bin.parent / "reached"
    wait = f"import time; Path({str(reached)!r}).touch(); time.sleep(600)"
    put_go(machine, during=wait)
    process = subprocess.Popen(ENSURE, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        while not reached.exists():
            assert process.poll() is None
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert len(leftovers(machine)) == 1
    with pytest.raises(engine.EngineError):
        engine.directory()

    put_go(machine)
    engine_build.ensure()
    assert engine.directory() == built(machine)
    assert leftovers(machine) == []


def test_failed_build_shows_the_compilers_error_and_leaves_nothing(machine: Machine) -> None:
    put_go(machine, during="print('./host.go:7:2: undefined: canary'); sys.exit(1)")
    with pytest.raises(SetupError, match=r"host\.go:7:2: undefined: canary"):
        engine_build.ensure()
    assert not built(machine).exists()
    assert leftovers(machine) == []


def test_build_of_another_version_is_refused(machine: Machine) -> None:
    put_go(machine, built="3.1.0")
    with pytest.raises(SetupError, match="isn't version"):
        engine_build.ensure()
    assert not built(machine).exists()


def test_build_without_the_host_is_refused(machine: Machine) -> None:
    put_go(machine, during="sys.exit(0)")
    with pytest.raises(SetupError, match="no complete engine"):
        engine_build.ensure()
    assert not built(machine).exists()


def test_two_builds_at_once_build_once(machine: Machine) -> None:
    put_go(machine, during="import time; time.sleep(0.5)")
    both = [subprocess.Popen(ENSURE, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert len(machine.calls("go build")) == 1
    assert engine.directory() == built(machine)


def test_missing_go_is_said_in_one_line(machine: Machine) -> None:
    with pytest.raises(SetupError) as caught:
        engine_build.require_tools()
    message = str(caught.value)
    assert "\n" not in message
    assert "https://go.dev/dl/" in message
    assert "https://www.pulumi.com/docs/install/" in message


def test_go_that_is_too_old_is_named_with_the_version_needed(machine: Machine) -> None:
    put_go(machine, version="go1.21.3")
    with pytest.raises(SetupError, match=r"^Go 1\.\d+\.\d+ or newer is needed .* go1\.21\.3: "):
        engine_build.require_tools()
    assert machine.calls("go build") == []


def test_old_go_may_fetch_a_newer_one_where_the_user_says_so(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_go(machine, version="go1.21.3")
    monkeypatch.setenv("GOTOOLCHAIN", "auto")
    engine_build.require_tools()
    engine_build.ensure()
    assert "'GOTOOLCHAIN': 'auto'" in Path(f"{machine.log}.env").read_text()


def test_users_go_settings_are_kept_and_no_toolchain_is_fetched_unasked(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_go(machine)
    monkeypatch.setenv("GOFLAGS", "-p=1")
    engine_build.ensure()
    environ = Path(f"{machine.log}.env").read_text()
    assert "'GOFLAGS': '-p=1'" in environ
    assert "'GOTOOLCHAIN': 'local'" in environ
