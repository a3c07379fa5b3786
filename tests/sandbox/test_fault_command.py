"""Faults by command: `fault` switches one on in the running process, `faults` lists and clears."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from typer.testing import CliRunner

from sandbox import (
    cli_trouble,  # noqa: F401 - importing it adds its commands
    process,
)
from sandbox.client import Sandbox
from sandbox.paths import Paths
from sandbox.process import SandboxError
from sandbox.terminal import app

HOST = "www.googleapis.com"
URL = f"https://{HOST}/oauth2/v3/certs"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    paths = Paths(tmp_path_factory.mktemp("faults") / "sandbox")
    yield Sandbox(paths, process.start(paths)[0])
    process.stop(paths)


@pytest.fixture
def sandbox(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setenv("APIGEE_KEYVAULT_SANDBOX", str(running.paths.root))
    yield running
    running.clear_faults()


def run(*arguments: str) -> str:
    """What a command prints. Raises what it refuses with."""
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def status(sandbox: Sandbox) -> int:
    with sandbox.http() as client:
        return client.get(URL).status_code


def test_a_fault_lasts_from_one_command_to_the_other(sandbox: Sandbox) -> None:
    assert f"{HOST}  status 503, until cleared, 0 so far" in run("fault", HOST, "--status", "503")
    assert status(sandbox) == 503
    assert f"{HOST}  status 503, until cleared, 1 so far" in run("faults")
    assert "1 faults switched off" in run("faults", "--clear", "--host", HOST)
    assert status(sandbox) == 200
    assert run("faults") == ""


def test_a_fault_for_some_requests_ends_by_itself(sandbox: Sandbox) -> None:
    told = run("fault", HOST, "--outage", "--requests", "1")
    assert f"{HOST}  outage, for 1 more requests, 0 so far" in told
    with pytest.raises(httpx.RemoteProtocolError):
        status(sandbox)
    assert status(sandbox) == 200


def test_latency_and_an_unreadable_body_can_be_asked_for(sandbox: Sandbox) -> None:
    run("fault", HOST, "--latency", "1")
    run("fault", HOST, "--unreadable")
    listed = run("faults")
    assert f"{HOST}  latency 1, until cleared" in listed
    assert f"{HOST}  unreadable, until cleared" in listed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fault", HOST], "one of --outage, --status, --unreadable and --latency"),
        (["fault", HOST, "--outage", "--status", "503"], "give one of"),
        (["fault", "example.org", "--outage"], r"example\.org is no host that the sandbox serves"),
        (["fault", HOST, "--status", "200"], "from 400 to 599"),
        (["faults", "--host", HOST], "--host goes with --clear"),
        (["faults", "--clear", "--host", "example.org"], r"example\.org is no host"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_switched_on(
    sandbox: Sandbox, arguments: list[str], message: str
) -> None:
    with pytest.raises(SandboxError, match=message):
        run(*arguments)
    assert sandbox.faults() == []
