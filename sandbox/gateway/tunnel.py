"""HTTPS behind the sandbox's proxy, as a transport of httpx: what the runtime's calls travel by.

httpx's own looks at every connection of its pool whenever a request starts and ends, which with
fifty at once takes two thirds of the process's time. This one knows the idle connections of each
host. h11 speaks HTTP/1.1. Owns connections and their reuse; how long to wait comes with each
request, and what a failure means is `outgoing`'s.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import h11
import httpx

_MOST_CONNECTIONS = 200
# A handshake takes longer than most calls: a burst of calls is served sooner by a few connections.
_MOST_OPENING = 4
_IDLE_SECONDS = 5.0
_MOST_HEAD = 100 * 1024
_PIECE = 64 * 1024

_Limits = dict[str, float | None]


class Tunnel(httpx.AsyncBaseTransport):
    """Calls from one IPv4 address. Used from one event loop only.

    `port` is the proxy's, on loopback; `trusted` says whom to trust behind it. Raises httpx's
    exceptions as its own transport does.
    """

    def __init__(self, port: int, address: str, trusted: ssl.SSLContext) -> None:
        self._port = port
        self._credentials = base64.b64encode(f"{address}:".encode()).decode()
        self._trusted = trusted
        self._idle: defaultdict[str, list[_Connection]] = defaultdict(list)
        self._turns = asyncio.Semaphore(_MOST_CONNECTIONS)
        self._opening = defaultdict[str, asyncio.Semaphore](
            lambda: asyncio.Semaphore(_MOST_OPENING)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over an idle connection, or a new one, and read the answer's head."""
        limits: _Limits = request.extensions.get("timeout", {})
        with _failing(httpx.PoolTimeout, httpx.PoolTimeout):
            async with asyncio.timeout(limits.get("pool")):
                await self._turns.acquire()
        connection = None
        try:
            host = f"{request.url.host}:{request.url.port or 443}"
            connection = self._kept(host) or await self._next(host, limits.get("connect"))
            await connection.send(request, limits.get("write"))
            head = await connection.head(limits.get("read"))
        except BaseException:
            self._turns.release()
            if connection is not None:
                connection.close()
            raise
        return httpx.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            stream=_Body(connection, limits.get("read"), lambda: self._done(host, connection)),
            extensions={
                "http_version": b"HTTP/" + head.http_version,
                "reason_phrase": head.reason,
            },
        )

    async def aclose(self) -> None:
        """Close the idle connections."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    def _kept(self, host: str) -> _Connection | None:
        """The idle connection that was used last, unless the other side has closed it."""
        while self._idle[host]:
            connection = self._idle[host].pop()
            if connection.usable(time.monotonic()):
                return connection
            connection.close()
        return None

    def _done(self, host: str, connection: _Connection) -> None:
        """An answer was read, or given up."""
        self._turns.release()
        now = time.monotonic()
        if connection.recycle(now):
            self._idle[host].append(connection)
        else:
            connection.close()
        while self._idle[host] and not self._idle[host][0].usable(now):
            self._idle[host].pop(0).close()

    async def _next(self, host: str, limit: float | None) -> _Connection:
        """A new connection, or one that became idle while others were being opened."""
        with _failing(httpx.ConnectTimeout, httpx.ConnectError):
            async with asyncio.timeout(limit), self._opening[host]:
                return self._kept(host) or await self._connect(host)

    async def _connect(self, host: str) -> _Connection:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            await self._open(host, reader, writer)
        except BaseException:
            writer.transport.abort()
            raise
        return _Connection(reader, writer)

    async def _open(
        self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(
            f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n"
            f"Proxy-Authorization: Basic {self._credentials}\r\n\r\n".encode("ascii")
        )
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            raise httpx.RemoteProtocolError("the proxy hung up") from error
        status = head.split(b"\r\n", 1)[0].partition(b" ")[2]
        if not status.startswith(b"2"):
            raise httpx.ProxyError(status.decode("ascii", "replace"))
        await writer.start_tls(self._trusted, server_hostname=host.rpartition(":")[0])


class _Connection:
    """One connection: one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD)
        self._idle_until = 0.0

    async def send(self, request: httpx.Request, limit: float | None) -> None:
        """Send a request. Raises httpx.LocalProtocolError for one that isn't HTTP."""
        try:
            head = h11.Request(
                method=request.method, target=request.url.raw_path, headers=request.headers.raw
            )
            body = [piece async for piece in request.stream]  # type: ignore[union-attr] # they are async
            events = [head, *(h11.Data(data=piece) for piece in body), h11.EndOfMessage()]
            pieces = [self._http.send(event) for event in events]
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error
        try:
            async with asyncio.timeout(limit):
                self._writer.write(b"".join(piece for piece in pieces if piece))
                await self._writer.drain()
        except TimeoutError as error:
            raise httpx.WriteTimeout(str(error)) from error
        except OSError:
            # The other side may have answered before it hung up.
            return

    async def head(self, limit: float | None) -> h11.Response:
        """The answer's head, interim answers passed over."""
        while True:
            event = await self.event(limit)
            if isinstance(event, h11.Response):
                return event

    async def event(self, limit: float | None) -> h11.Event | type[h11.PAUSED]:
        """The next of what the other side says; `limit` is for each piece of it."""
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                raise httpx.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value] # the check above is lost on the checker
            with _failing(httpx.ReadTimeout, httpx.ReadError):
                async with asyncio.timeout(limit):
                    received = await self._reader.read(_PIECE)
            if not received and self._http.their_state is h11.SEND_RESPONSE:
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
            self._http.receive_data(received)

    def recycle(self, now: float) -> bool:
        """Make ready for another request; False where the exchange wasn't finished."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        self._idle_until = now + _IDLE_SECONDS
        return True

    def usable(self, now: float) -> bool:
        """Whether an idle connection is still open and not too old."""
        return now < self._idle_until and not self._reader.at_eof()

    def close(self) -> None:
        """Hang up."""
        self._writer.transport.abort()


class _Body(httpx.AsyncByteStream):
    """An answer's body while it is read. Closing it, read or not, ends the exchange, once."""

    def __init__(
        self, connection: _Connection, limit: float | None, done: Callable[[], None]
    ) -> None:
        self._connection, self._limit = connection, limit
        self._done: Callable[[], None] | None = done

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._connection.event(self._limit), h11.Data):
            yield bytes(event.data)

    async def aclose(self) -> None:
        done, self._done = self._done, None
        if done is not None:
            done()


@contextmanager
def _failing(
    late: type[httpx.TimeoutException], broken: type[httpx.TransportError]
) -> Iterator[None]:
    """Turn what waiting for the other side raises into httpx's exceptions."""
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except (OSError, EOFError) as error:
        raise broken(str(error)) from error
