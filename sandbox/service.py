"""The sandbox's process: puts the parts together and runs them until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import secrets
import signal
import socket

import httpx
import uvicorn
import uvloop

from sandbox import admin
from sandbox.cloud import Cloud
from sandbox.controlplane import launch_listener
from sandbox.dataplane.connect import ConnectProxy
from sandbox.dataplane.hosts import Hosts
from sandbox.dataplane.server import Server
from sandbox.faults import Faults
from sandbox.gateway import ingress
from sandbox.gateway.debug_sessions import DebugSessions
from sandbox.gateway.processors import count_of
from sandbox.gateway.tunnel import Tunnel
from sandbox.paths import Paths
from sandbox.pki import Authority
from sandbox.process import Running, SandboxError, hold_lock

# Apigee takes 10 MB of request payload (its documented limit); the answer is in its own format.
_GATEWAY_BODY = 10 * 1024 * 1024
_GATEWAY_TOO_LARGE = (
    '{"fault":{"faultstring":"Body buffer overflow",'
    '"detail":{"errorcode":"protocol.http.TooBigBody"}}}'
)


def run(paths: Paths) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises SandboxError when another process serves already, and for an environment variable that
    asks for an impossible number of message processors.
    """
    try:
        processors = count_of(os.environ)
    except ValueError as error:
        raise SandboxError(str(error)) from error
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    # The state holds secret values: closed to other users of the machine.
    os.umask(0o077)
    paths.create()
    with hold_lock(paths):
        uvloop.run(_serve(paths, processors))


async def _serve(paths: Paths, processors: int) -> None:
    stopping = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stopping.set)
    cloud = Cloud.open(paths.database, paths.pki)
    authority = Authority(paths.pki)
    hosts = Hosts(cloud)
    server = Server(cloud, authority, hosts)
    proxy = await ConnectProxy.start(server)
    token = secrets.token_urlsafe(32)
    launches, launch_port = await launch_listener.serve(cloud, token)
    trusted = authority.client_context()

    def connect(address: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            proxy=f"http://{address}:@127.0.0.1:{proxy.port}",
            verify=trusted,
            trust_env=False,
            mounts={"https://": Tunnel(proxy.port, address, trusted)},
        )

    gateway = ingress.app(cloud, connect, processors)
    hosts.mount(lambda: ingress.hosts(cloud), gateway, _GATEWAY_BODY, _GATEWAY_TOO_LARGE)
    administration = _Administration(cloud, server.faults, gateway.debug, token)
    serving = asyncio.create_task(administration.serve())
    Running(
        pid=os.getpid(),
        token=token,
        admin=administration.address,
        launch=f"127.0.0.1:{launch_port}",
        proxy=f"127.0.0.1:{proxy.port}",
    ).write(paths.runtime)
    # What starting made, the SDKs' classes above all, is there to stay: looking through it for
    # garbage takes a quarter of a second, in which nobody would be answered.
    gc.freeze()
    await stopping.wait()
    administration.stop()
    await serving
    launches.close()
    await proxy.close()
    await server.close()
    await gateway.close()
    cloud.store.close()


class _Administration:
    """The administration's plain HTTP listener."""

    def __init__(self, cloud: Cloud, faults: Faults, debug: DebugSessions, token: str) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            admin.app(cloud, faults, debug, token),
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        self._server = _Uvicorn(config)

    @property
    def address(self) -> str:
        """`127.0.0.1:port`."""
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    async def serve(self) -> None:
        """Answer until `stop`."""
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """Let `serve` return."""
        self._server.should_exit = True


class _Uvicorn(uvicorn.Server):
    """Leaves the process's signals to `_serve`, which stops every part and not just this one."""

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        return contextlib.nullcontext()
