"""The virtual environment is made once from the pins, and anew whenever it can't be trusted."""

import importlib.util
import shutil
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from tests.tools.conftest import Machine
from tools.setup import environment
from tools.setup.errors import SetupError


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "requirements.txt").write_text("# nothing to install\n")
    return root


def put_uv(machine: Machine, *, install: str = "") -> None:
    """A `uv` whose environments hold a python and nothing else; `install` runs in `uv pip`."""
    machine.put(
        "uv",
        f"""
if argv[0] == "venv":
    python = Path(argv[-1]) / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to({sys.executable!r})
else:
    {install or "pass"}
""",
    )


def test_second_run_does_nothing(machine: Machine, checkout: Path) -> None:
    put_uv(machine)
    environment.ensure(checkout)
    first = machine.calls("uv")
    assert [call.split()[1] for call in first] == ["venv", "pip"]
    environment.ensure(checkout)
    assert machine.calls("uv") == first


def test_changed_pins_make_it_anew_without_what_was_there(machine: Machine, checkout: Path) -> None:
    put_uv(machine)
    environment.ensure(checkout)
    old = checkout / ".venv" / "old-package"
    old.touch()
    (checkout / "requirements.txt").write_text("# other pins\n")
    environment.ensure(checkout)
    assert len(machine.calls("uv venv")) == 2
    assert not old.exists()


def test_failed_installation_is_reported_and_repeated(machine: Machine, checkout: Path) -> None:
    put_uv(machine, install="print('no such package: canary'); sys.exit(2)")
    with pytest.raises(SetupError, match="no such package: canary"):
        environment.ensure(checkout)
    assert not environment.is_finished(checkout)
    put_uv(machine)
    environment.ensure(checkout)
    assert environment.is_finished(checkout)


def test_environment_whose_python_is_gone_is_made_anew(machine: Machine, checkout: Path) -> None:
    put_uv(machine)
    environment.ensure(checkout)
    (checkout / ".venv" / "bin" / "python").unlink()
    environment.ensure(checkout)
    assert len(machine.calls("uv venv")) == 2


def test_copied_checkout_gets_an_environment_of_its_own(
    machine: Machine, checkout: Path, tmp_path: Path
) -> None:
    put_uv(machine)
    environment.ensure(checkout)
    copy = tmp_path / "copy"
    shutil.copytree(checkout, copy, symlinks=True)
    assert not environment.is_finished(copy)


def test_without_uv_the_venv_module_and_pip_make_it(machine: Machine, checkout: Path) -> None:
    environment.ensure(checkout)
    assert environment.is_finished(checkout)
    assert (checkout / ".venv" / "pyvenv.cfg").exists()


def test_missing_venv_module_is_said_in_one_line(
    machine: Machine, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec

    def without_ensurepip(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "ensurepip" else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without_ensurepip)
    with pytest.raises(SetupError) as caught:
        environment.require_tools(checkout)
    assert "\n" not in str(caught.value)
    assert "python3-venv" in str(caught.value)
    put_uv(machine)
    environment.require_tools(checkout)


def test_a_linked_environment_is_somebody_elses_and_stays_whole(
    machine: Machine, checkout: Path, tmp_path: Path
) -> None:
    put_uv(machine)
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / environment.STAMP).write_text("theirs")
    (checkout / ".venv").symlink_to(theirs)
    with pytest.raises(SetupError, match="is a link"):
        environment.ensure(checkout)
    assert (theirs / environment.STAMP).read_text() == "theirs"
