"""Providers that are running: one gRPC listener for each launch that the engine asked for.

Create, Read, Update and Delete carry no provider id, so each launch needs a port of its own to keep
its configuration and working directory apart from the others'.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.cloud import Cloud
from sandbox.controlplane import registry
from sandbox.controlplane.provider import Provider

_THREADS = 16
# Whole bundles and states travel in one message; the engine itself allows 400 MB.
_MESSAGE_BYTES = 400 * 1024 * 1024


class Launches:
    """The open listeners, by port. Thread-safe."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._servers: dict[int, grpc.Server] = {}
        self._lock = threading.Lock()

    def open(self, package: str, working_directory: Path, engine: int) -> int:
        """Serve a package on a fresh loopback port and return it.

        `working_directory` is where the engine runs: relative archive paths start there;
        `engine` is its process id. Raises CloudError for a package that the sandbox doesn't have.
        """
        provider = Provider(self._cloud, registry.package(package), working_directory, engine)
        server = grpc.server(
            ThreadPoolExecutor(_THREADS, thread_name_prefix=f"provider-{package}"),
            options=[
                ("grpc.max_receive_message_length", _MESSAGE_BYTES),
                ("grpc.max_send_message_length", _MESSAGE_BYTES),
                ("grpc.so_reuseport", 0),
            ],
        )
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
        port = int(server.add_insecure_port("127.0.0.1:0"))
        server.start()
        with self._lock:
            self._servers[port] = server
        return port

    def close(self, port: int) -> None:
        """Stop a launch's listener; running calls get a moment to end. Unknown ports are fine."""
        with self._lock:
            server = self._servers.pop(port, None)
        if server is not None:
            server.stop(grace=5)

    def close_all(self) -> None:
        """Stop every listener."""
        for port in list(self._servers):
            self.close(port)
