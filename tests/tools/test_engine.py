"""Which engine is used: the one on PATH if it will do, else the built one, else a clear refusal."""

import shutil
from pathlib import Path

import pytest

from tests.tools.conftest import Machine
from tools.setup import engine


def put_engine(machine: Machine, answer: str = "v3.259.0", *, host: bool = True) -> None:
    machine.put("pulumi", f"print({answer!r})")
    if host:
        machine.put("pulumi-language-python", "")


@pytest.mark.parametrize("answer", ["v3.204.0", "v3.259.0", "v4.0.0", "3.300.1-alpha.5"])
def test_pulumi_on_path_is_used_as_it_is(machine: Machine, answer: str) -> None:
    put_engine(machine, answer)
    assert engine.directory() is None


@pytest.mark.parametrize("answer", ["v3.203.9", "v2.999.0", "", "no version"])
def test_pulumi_that_is_too_old_or_says_no_version_is_not_used(
    machine: Machine, answer: str
) -> None:
    put_engine(machine, answer)
    with pytest.raises(engine.EngineError, match="make setup"):
        engine.directory()


def test_pulumi_without_its_python_host_is_not_used(machine: Machine) -> None:
    put_engine(machine, host=False)
    with pytest.raises(engine.EngineError, match="make setup"):
        engine.directory()


def test_pulumi_that_fails_is_not_used(machine: Machine) -> None:
    put_engine(machine)
    machine.put("pulumi", "print('v3.259.0'); sys.exit(1)")
    with pytest.raises(engine.EngineError, match="make setup"):
        engine.directory()


def test_host_beside_the_executable_that_path_links_to_counts(
    machine: Machine, tmp_path: Path
) -> None:
    installed = tmp_path / "opt"
    installed.mkdir()
    cli = machine.put("pulumi", "print('v3.259.0')", installed)
    machine.put("pulumi-language-python", "", installed)
    (machine.bin / "pulumi").symlink_to(cli)
    assert engine.directory() is None


def test_without_any_engine_the_error_says_how_to_get_one(machine: Machine) -> None:
    with pytest.raises(engine.EngineError, match="run `make setup`"):
        engine.directory()


@pytest.mark.parametrize("missing", [engine.CLI, engine.HOST, engine.SCRIPT])
def test_an_engine_that_lacks_an_executable_is_not_used(machine: Machine, missing: str) -> None:
    built = engine.built_directory({"XDG_CACHE_HOME": str(machine.cache)})
    built.mkdir(parents=True)
    for name in (engine.CLI, engine.HOST, engine.SCRIPT):
        machine.put(name, "", built)
    assert engine.directory() == built
    (built / missing).chmod(0o644)
    with pytest.raises(engine.EngineError):
        engine.directory()


def test_changed_sources_mean_another_engine(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"XDG_CACHE_HOME": str(machine.cache)}
    copy = tmp_path / "engine"
    shutil.copytree(engine.SOURCES, copy)
    before = engine.built_directory(environ)
    monkeypatch.setattr(engine, "SOURCES", copy)
    assert engine.built_directory(environ) == before
    with (copy / engine.HOST / "host.go").open("a") as file:
        file.write("// changed\n")
    assert engine.built_directory(environ) != before


def test_relative_cache_home_is_ignored_as_the_xdg_specification_says(tmp_path: Path) -> None:
    environ = {"XDG_CACHE_HOME": "somewhere", "HOME": str(tmp_path)}
    assert engine.cache_root(environ) == tmp_path / ".cache" / "apigee-keyvault" / "engine"
