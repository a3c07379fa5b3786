"""Requests at a fixed rate, whether or not the earlier ones are answered: an open loop.

A request's latency counts from when it was due, so a server that falls behind, or a client that
does, shows in it and doesn't slow the schedule down. Owns the schedule and a client that costs
little beside what it measures: the usual ones take as much of the processor as the gateway does.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox.client import Sandbox

_TIMEOUT_SECONDS = 30
_MOST_CONNECTIONS = 50


@dataclass(frozen=True)
class Sent:
    """One request. `due`, `started` and `ended` are seconds since the load began.

    `failure` says what was wrong with the answer, if anything.
    """

    due: float
    started: float
    ended: float
    failure: str | None

    @property
    def latency(self) -> float:
        """Milliseconds from when it was due until its answer was there."""
        return (self.ended - self.due) * 1000

    @property
    def late(self) -> float:
        """Milliseconds by which it was sent too late, all connections being busy or the client slow."""
        return (self.started - self.due) * 1000


@dataclass(frozen=True)
class Load:
    """GETs of `url`, `rate` a second for so many `seconds`."""

    url: str
    rate: int
    seconds: int

    def due(self) -> list[float]:
        """When each request is due, in seconds since the beginning."""
        return [number / self.rate for number in range(self.rate * self.seconds)]


def send(sandbox: Sandbox, load: Load, every: float, watch: Callable[[], None]) -> list[Sent]:
    """Send a load through the sandbox's proxy, over kept-alive connections; in the order of dues.

    `watch` is called at the beginning and then every `every` seconds of the load.
    """
    return asyncio.run(_send(_Client(sandbox, load.url), load, every, watch))


def rate_of(sent: Sequence[Sent]) -> float:
    """Answers without failure a second, from the first due to the last answer."""
    good = sum(request.failure is None for request in sent)
    return good / (max(request.ended for request in sent) - sent[0].due)


async def _send(client: _Client, load: Load, every: float, watch: Callable[[], None]) -> list[Sent]:
    async with asyncio.TaskGroup() as group:
        began = time.perf_counter()
        watching = group.create_task(_watch(every, watch))
        tasks = []
        for due in load.due():
            await asyncio.sleep(max(0.0, due - (time.perf_counter() - began)))
            tasks.append(group.create_task(_request(client, began, due)))
        sent = await asyncio.gather(*tasks)
        watching.cancel()
    client.close()
    return sent


async def _watch(every: float, watch: Callable[[], None]) -> None:
    while True:
        watch()
        await asyncio.sleep(every)


async def _request(client: _Client, began: float, due: float) -> Sent:
    async with client.turn:
        started = time.perf_counter() - began
        failure = await client.get()
    return Sent(due, started, time.perf_counter() - began, failure)


_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Client:
    """GETs one URL over HTTP/1.1 and TLS behind a CONNECT proxy. Hold `turn` for each request."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.netloc
        self._head = f"GET {parts.path} HTTP/1.1\r\nhost: {self._host}\r\n\r\n".encode("ascii")
        self._proxy = sandbox.running.proxy
        self._tls = ssl.create_default_context(cafile=str(sandbox.paths.ca_certificate))
        self._idle: list[_Streams] = []
        self.turn = asyncio.Semaphore(_MOST_CONNECTIONS)

    async def get(self) -> str | None:
        """Send the request and read the answer; what was wrong with it, or None for a 200."""
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                streams = self._idle.pop() if self._idle else await self._connect()
                streams[1].write(self._head)
                status = await answered(streams[0])
        except (OSError, EOFError, ValueError) as error:
            return type(error).__name__
        self._idle.append(streams)
        return None if status == 200 else f"status {status}"

    def close(self) -> None:
        """Close the connections."""
        for _, writer in self._idle:
            writer.close()

    async def _connect(self) -> _Streams:
        host, _, port = self._proxy.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"CONNECT {self._host}:443 HTTP/1.1\r\n\r\n".encode("ascii"))
        status = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1]
        if status != b"200":
            raise ConnectionError(f"the proxy answered {status.decode()}")
        await writer.start_tls(self._tls, server_hostname=self._host)
        return reader, writer


async def answered(reader: asyncio.StreamReader) -> int:
    """Read an answer with a content length, as the gateway's have; its status.

    Raises EOFError or ValueError for one that is cut off or isn't like this.
    """
    lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    fields = (line.partition(b":") for line in lines[1:])
    lengths = [value for name, _, value in fields if name.lower() == b"content-length"]
    if len(lengths) != 1:
        raise ValueError(f"{len(lengths)} content lengths")
    await reader.readexactly(int(lengths[0]))
    return int(lines[0].split(b" ", 2)[1])
