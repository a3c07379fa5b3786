"""How the engine's plugins get a provider, and when they lose it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.controlplane import launch_listener, shim
from sandbox.controlplane.registry import PACKAGES
from sandbox.paths import Paths
from tests.sandbox.controlplane.rig import Clouds

_TOKEN = "canary-token"


@asynccontextmanager
async def _listening(clouds: Clouds) -> AsyncIterator[int]:
    server, port = await launch_listener.serve(clouds.cloud, _TOKEN)
    try:
        yield port
    finally:
        server.close()


async def _ask(port: int, line: bytes) -> tuple[Mapping[str, object], asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(line)
    await writer.drain()
    return json.loads(await reader.readline()), writer


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionResetError):
        await writer.wait_closed()


def _request(token: str = _TOKEN, package: str = "gcp", engine: int = 2) -> bytes:
    request = {"token": token, "package": package, "directory": "/", "engine": engine}
    return json.dumps(request).encode() + b"\n"


def _open(port: object) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", int(str(port)))) == 0


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


def _run(clouds: Clouds, scenario: Callable[[int], Awaitable[None]]) -> None:
    async def main() -> None:
        async with _listening(clouds) as port:
            await scenario(port)

    asyncio.run(main())


def test_launch_lives_as_long_as_its_connection(clouds: Clouds) -> None:
    async def scenario(port: int) -> None:
        answer, writer = await _ask(port, _request())
        assert _open(answer["port"])
        await _close(writer)
        await _until(lambda: not _open(answer["port"]))

    _run(clouds, scenario)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (_request(token="wrong"), "another run of the sandbox"),
        (_request(token="ünknown"), "another run of the sandbox"),
        (_request(package="aws"), "no provider aws; it has azure-native, azuread, gcp, random"),
        (b"hello\n", "expected one line of JSON"),
        (b"[]\n", "expected one line of JSON"),
        (b'{"token": 1, "package": "gcp", "directory": "/", "engine": 2}\n', "must be strings"),
        (_request(engine=1), "must be a process id"),
    ],
)
def test_bad_request_is_told_why_and_the_next_is_served(
    clouds: Clouds, line: bytes, message: str
) -> None:
    async def scenario(port: int) -> None:
        refused, first = await _ask(port, line)
        assert message in str(refused["error"])
        await _close(first)
        served, writer = await _ask(port, _request())
        assert "port" in served
        await _close(writer)
        await _until(lambda: not _open(served["port"]))

    _run(clouds, scenario)


def test_endless_line_ends_the_connection_only(clouds: Clouds) -> None:
    async def scenario(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x" * 1_000_000)
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        await _close(writer)
        served, other = await _ask(port, _request())
        assert "port" in served
        await _close(other)

    _run(clouds, scenario)


def test_two_launches_never_share_a_listener(clouds: Clouds) -> None:
    ports = [clouds.launches.open("gcp", clouds.directory, os.getpid()) for _ in range(3)]
    assert len(set(ports)) == 3


def _plugin(folder: Path, paths: Paths, package: str) -> Path:
    folder.mkdir()
    shim._write(folder, shim._files(package, paths))
    return folder / f"pulumi-resource-{package}"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths(tmp_path / "a sandbox")
    paths.create()
    return paths


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_plugin_prints_a_port_and_ends_with_the_sandbox(
    clouds: Clouds, paths: Paths, tmp_path: Path, package: str
) -> None:
    plugin = _plugin(tmp_path / "a plugin", paths, package)

    async def scenario(port: int) -> None:
        paths.runtime.write_text(json.dumps({"launch": f"127.0.0.1:{port}", "token": _TOKEN}))
        process = await asyncio.create_subprocess_exec(plugin, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        provider = int(await process.stdout.readline())
        assert _open(provider)
        os.kill(process.pid, 9)
        await process.wait()
        await _until(lambda: not _open(provider))

    _run(clouds, scenario)


def test_plugin_ends_when_the_sandbox_does(clouds: Clouds, paths: Paths, tmp_path: Path) -> None:
    plugin = _plugin(tmp_path / "plugin", paths, "gcp")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        paths.runtime.write_text(json.dumps({"launch": f"127.0.0.1:{port}", "token": _TOKEN}))
        with subprocess.Popen([plugin], stdout=subprocess.PIPE, text=True) as process:
            connection, _ = listener.accept()
            request = json.loads(connection.makefile().readline())
            assert request == {
                "token": _TOKEN,
                "package": "gcp",
                "directory": str(Path.cwd()),
                "engine": os.getpid(),
            }
            connection.sendall(b'{"port": 4711}\n')
            assert process.stdout is not None
            assert process.stdout.readline() == "4711\n"
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()
            assert process.wait(timeout=20) == 0


def test_an_interrupt_ends_a_plugin_without_a_traceback(paths: Paths, tmp_path: Path) -> None:
    plugin = _plugin(tmp_path / "plugin", paths, "gcp")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        paths.runtime.write_text(json.dumps({"launch": f"127.0.0.1:{port}", "token": _TOKEN}))
        with subprocess.Popen([plugin], stderr=subprocess.PIPE, text=True) as process:
            connection, _ = listener.accept()
            with connection:
                connection.makefile().readline()
                process.send_signal(signal.SIGINT)
                assert process.communicate()[1] == ""
            assert process.returncode == -signal.SIGINT


@pytest.mark.parametrize(
    ("runtime", "message"),
    [
        (None, "`python -m sandbox up` starts it"),
        ('{"launch": "127.0.0.1:1", "token": "t"}', "it doesn't answer on 127.0.0.1:1"),
        ("{", "gives no provider gcp"),
    ],
)
def test_plugin_without_a_sandbox_says_what_to_do(
    paths: Paths, tmp_path: Path, runtime: str | None, message: str
) -> None:
    plugin = _plugin(tmp_path / "plugin", paths, "gcp")
    if runtime is not None:
        paths.runtime.write_text(runtime)
    done = subprocess.run([plugin], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
