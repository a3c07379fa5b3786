"""The HTTPS side of a connection: HTTP/1.1 over TLS for the hosts in `hosts`.

Owns limits, time-outs, the journal and last-resort answers; what an endpoint says is its own.
Listening is `connect`'s: TLS starts on the very socket that the CONNECT request came by, so a
request costs no relay.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from email.utils import formatdate

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from sandbox.cloud import Cloud
from sandbox.dataplane import fault_answers
from sandbox.dataplane.hosts import Endpoint, Hosts
from sandbox.faults import Faults
from sandbox.pki import Authority

_MAX_HEAD = 64 * 1024
_MAX_DRAINED = 32 * 1024 * 1024
_HEAD_SECONDS = 30.0
_BODY_SECONDS = 30.0
_IDLE_SECONDS = 120

_log = logging.getLogger(__name__)


class Server:
    """Answers HTTPS for every known host. Lives on one event loop."""

    def __init__(self, cloud: Cloud, authority: Authority, hosts: Hosts) -> None:
        self.hosts = hosts
        self.faults = Faults(hosts)
        self.tls = authority.server_context(lambda host: hosts.find(host) is not None)
        self._cloud = cloud
        self.state = ServerState()
        self.config = Config(
            app=self.answer,
            http="httptools",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            # A client's X-Forwarded-* headers are its own words, not a proxy's.
            proxy_headers=False,
            timeout_keep_alive=_IDLE_SECONDS,
        )
        self.config.load()

    async def close(self) -> None:
        """Let running requests finish (for at most five seconds) and close every connection."""
        for connection in list(self.state.connections):
            connection.shutdown()
        if self.state.tasks:
            await asyncio.wait(self.state.tasks, timeout=5.0)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entry: finds the endpoint, answers in any event, records the exchange."""
        exchange = _Exchange(self._cloud, scope, send)
        try:
            await self._dispatch(exchange.host, scope, receive, exchange.send)
        except _GoneError:
            return
        except Exception:  # noqa: BLE001 - the last resort: whatever an app raises, a client gets a 500
            _log.exception("%s %s%s", scope["method"], exchange.host, scope["path"])
            if not exchange.status:
                answer = PlainTextResponse("Internal Server Error", 500)
                await answer(scope, receive, exchange.send)

    async def _dispatch(self, host: str, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self.hosts.find(host)
        refusal = _misdirected(scope, host)
        if endpoint is None or refusal is not None:
            await (refusal or PlainTextResponse("Misdirected Request", 421))(scope, receive, send)
            return
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await _read(receive, endpoint)
        except TimeoutError:
            await PlainTextResponse("Request Timeout", 408, headers=_CLOSE)(scope, receive, send)
            return
        if body is None:
            answer = Response(endpoint.too_large, 413, _CLOSE, "application/json")
            await answer(scope, receive, send)
            return
        app = await self._faulted(host) or endpoint.app
        await app(scope, _Replay(body, receive), send)

    async def _faulted(self, host: str) -> ASGIApp | None:
        """What answers in the endpoint's place, once the delay is over; None when it is well."""
        seconds, fault = self.faults.befalling(host)
        if seconds:
            await asyncio.sleep(seconds)
        return fault_answers.app(self._cloud, fault) if fault else None


class _Exchange:
    """One request on its way through an endpoint, for the journal."""

    def __init__(self, cloud: Cloud, scope: Scope, send: Send) -> None:
        self.host: str = scope["state"]["host"]
        self.status = 0
        self._cloud, self._scope, self._send = cloud, scope, send
        self._started = time.perf_counter()

    async def send(self, message: Message) -> None:
        """Pass on what an app says, and record the exchange at its end.

        Before the last byte leaves: whoever has the answer must find the call in the journal.
        """
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": self._dated(message.get("headers", ()))}
        elif not message.get("more_body", False):
            elapsed = (time.perf_counter() - self._started) * 1000
            method, path = self._scope["method"], self._scope["path"]
            now = self._cloud.clock.now()
            self._cloud.journal.record(now, self.host, method, path, self.status, elapsed)
        await self._send(message)

    def _dated(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The header fields with a `Date` on the sandbox's clock, unless they have one."""
        fields = list(headers)
        if all(name.lower() != b"date" for name, _ in fields):
            now = formatdate(self._cloud.clock.now(), usegmt=True)
            fields.append((b"date", now.encode("ascii")))
        return fields


_CLOSE = {"connection": "close"}


class _GoneError(Exception):
    """The client hung up before its request was complete."""


class _Replay:
    """Hands an app a body that was read already, then what the connection says next."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


async def _read(receive: Receive, endpoint: Endpoint) -> bytes | None:
    """The whole body; None where it is larger than the endpoint takes.

    Too large a body is read on without being kept: a client that is still writing would miss the
    answer.
    """
    kept, size, more = bytearray(), 0, True
    while more and size <= _MAX_DRAINED:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= endpoint.max_body:
            kept += chunk
        more = message.get("more_body", False)
    return bytes(kept) if size <= endpoint.max_body else None


def _misdirected(scope: Scope, host: str) -> Response | None:
    """An answer to a request that names another host than its connection was opened for."""
    named = [value for name, value in scope["headers"] if name == b"host"]
    if len(named) != 1:
        return PlainTextResponse("exactly one Host header is required", 400)
    if named[0].decode("latin-1").lower().removesuffix(":443") != host:
        return PlainTextResponse(f"Misdirected Request: this connection is {host}'s", 421)
    return None


class HttpsProtocol(HttpToolsProtocol):
    """One connection to `host`, decrypted: uvicorn's protocol, hardened against hostile clients.

    `address` is the client's as the clouds see it; apps find it in `scope["client"]`.
    """

    def __init__(self, server: Server, host: str, address: str) -> None:
        state = {"host": host, "hang_up": self._hang_up}
        super().__init__(server.config, server.state, state)
        self._hosts = server.hosts
        self._host = host
        self._address = address
        self._early = b""
        self._head = 0
        self._in_head = True
        self._refusal: tuple[str, str] | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def start(self, transport: asyncio.Transport) -> None:
        """Begin, TLS being up. Data may have come with the handshake's last flight already."""
        self.connection_made(transport)
        # Not the loopback's, which everybody on this machine shares; the port tells two callers apart.
        self.client = (self._address, self.client[1] if self.client else 0)
        self._await_head()
        if self._early:
            early, self._early = self._early, b""
            self.data_received(early)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._cancel_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Decrypted bytes came."""
        if self.transport is None:
            self._early += data
            return
        if self.transport.is_closing():
            return
        self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > _MAX_HEAD and not self.transport.is_closing():
            self._refusal = _HEAD_TOO_LARGE
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """A request starts: its head is due soon."""
        self._await_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A request's head is complete. Raises for one that isn't to be answered."""
        self._cancel_deadline()
        self._in_head, self._head = False, 0
        if len(self.url) + sum(len(n) + len(v) for n, v in self.headers) > _MAX_HEAD:
            self._refusal = _HEAD_TOO_LARGE
            raise ValueError("head too large")
        if self._hosts.find(self._host) is None:
            # Deleted since: what had this name is gone, and so is what it was connected to.
            self.transport.abort()
            raise ConnectionAbortedError(self._host)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is complete."""
        self._in_head, self._head = True, 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what isn't HTTP, or is too much of it, and hang up."""
        if self.transport.is_closing():
            return
        status, text = self._refusal or ("400 Bad Request", "Bad Request: not HTTP/1.1")
        self.transport.write(
            f"HTTP/1.1 {status}\r\ncontent-type: text/plain\r\nconnection: close\r\n"
            f"content-length: {len(text)}\r\n\r\n{text}".encode("ascii")
        )
        self.transport.close()

    def _await_head(self) -> None:
        self._cancel_deadline()
        self._deadline = self.loop.call_later(_HEAD_SECONDS, self._hang_up)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        self.transport.abort()


_HEAD_TOO_LARGE = ("431 Request Header Fields Too Large", "Request Header Fields Too Large")
