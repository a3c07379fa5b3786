"""Where the plugin executables ask for a provider.

One JSON line in, one out, then the launch lives as long as the connection. `shim.py` is the other
side.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
from pathlib import Path

from sandbox.cloud import Cloud
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.launches import Launches

_log = logging.getLogger(__name__)
_LINE_BYTES = 64 * 1024
_SECONDS = 10.0


async def serve(cloud: Cloud, token: str) -> tuple[asyncio.Server, int]:
    """Listen on a loopback port; returns the server and the port.

    `token` is the word that a shim must know (it reads it from a file of the sandbox's owner), so
    that no other user of the machine gets a provider.
    """
    launches = Launches(cloud)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _serve_one(launches, token, reader, writer)
        except (ConnectionError, TimeoutError, ValueError) as error:
            _log.warning("a plugin's connection ended early: %s", error)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=_LINE_BYTES)
    return server, int(server.sockets[0].getsockname()[1])


async def _serve_one(
    launches: Launches,
    token: str,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    line = await asyncio.wait_for(reader.readline(), _SECONDS)
    port = None
    try:
        port = await asyncio.to_thread(launches.open, *_request(line, token))
        answer: dict[str, object] = {"port": port}
    except CloudError as error:
        answer = {"error": str(error)}
    try:
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()
        if port is not None:
            await reader.read()
    finally:
        if port is not None:
            launches.close(port)


def _request(line: bytes, token: str) -> tuple[str, Path, int]:
    try:
        request = json.loads(line)
        given, package, directory, engine = (
            request[k] for k in ("token", "package", "directory", "engine")
        )
    except (ValueError, TypeError, KeyError) as error:
        raise CloudError(
            'expected one line of JSON: {"token": …, "package": …, "directory": …, "engine": …}'
        ) from error
    if not all(isinstance(value, str) for value in (given, package, directory)):
        raise CloudError("token, package and directory must be strings")
    if type(engine) is not int or engine <= 1:
        raise CloudError("engine must be a process id")
    if not hmac.compare_digest(given.encode(), token.encode()):
        raise CloudError(
            "this plugin belongs to another run of the sandbox; `python -m sandbox up` mends it"
        )
    return package, Path(directory), engine
