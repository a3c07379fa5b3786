"""The way in: a proxy on loopback that knows CONNECT to the known hosts, and nothing else.

Owns the listener, the CONNECT request (RFC 9110, section 9.3.6) and what address a caller has: the
one that it gives as the user name of the proxy's credentials, else a visitor's. It never dials out:
TLS starts on the accepted socket and `server` answers.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import ipaddress
import logging
import re
import ssl
from collections.abc import Iterable
from typing import cast

from sandbox import world
from sandbox.dataplane.hosts import Resolution
from sandbox.dataplane.server import HttpsProtocol, Server

_MAX_HEAD = 8 * 1024
_SECONDS = 10.0
_REQUEST = re.compile(rb"^([A-Z]+) (\S+) HTTP/1\.[01]$")
_AUTHORITY = re.compile(r"^([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?):([0-9]{1,5})$")

_log = logging.getLogger(__name__)


class CredentialsError(ValueError):
    """Proxy credentials that are no address; the message says what is wanted."""


class ConnectProxy:
    """A running proxy. Bound to 127.0.0.1 only."""

    def __init__(self, listener: asyncio.Server, tasks: set[asyncio.Task[None]]) -> None:
        self._listener = listener
        self._tasks = tasks

    @classmethod
    async def start(cls, server: Server, port: int = 0) -> ConnectProxy:
        """Listen on `port` (0: any free one). Raises OSError when it is taken."""
        loop = asyncio.get_running_loop()
        tasks: set[asyncio.Task[None]] = set()
        listener = await loop.create_server(
            lambda: _Connect(server, tasks), "127.0.0.1", port, reuse_address=True
        )
        return cls(listener, tasks)

    @property
    def port(self) -> int:
        """The TCP port that is listened on."""
        return int(self._listener.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """The value for HTTPS_PROXY."""
        return f"http://127.0.0.1:{self.port}"

    async def close(self) -> None:
        """Stop listening and give up handshakes under way. `Server.close` ends what is up."""
        self._listener.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class _Connect(asyncio.Protocol):
    """One client until its CONNECT request is answered."""

    def __init__(self, server: Server, tasks: set[asyncio.Task[None]]) -> None:
        self._server = server
        self._tasks = tasks
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, because uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(_SECONDS, self._transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if len(head) > _MAX_HEAD:
            self._refuse(431, "the proxy request's head is too large")
        elif not end and not _plausible(head):
            self._refuse(400, "not an HTTP proxy request; use CONNECT host:443")
        elif end and rest:
            self._refuse(400, "data before the CONNECT request was answered")
        elif end:
            self._request(*head.split(b"\r\n"))

    def _request(self, line: bytes, *fields: bytes) -> None:
        request = _REQUEST.match(line)
        if request is None:
            self._refuse(400, "not an HTTP proxy request; use CONNECT host:443")
            return
        if request[1] != b"CONNECT":
            self._refuse(
                403,
                "the sandbox's proxy relays https only: use CONNECT, not plain http",
            )
            return
        authority = _AUTHORITY.match(request[2].decode("latin-1"))
        if authority is None:
            self._refuse(400, "CONNECT takes host:port")
            return
        try:
            address = source_address(fields)
        except CredentialsError as error:
            self._refuse(407, str(error), 'Proxy-Authenticate: Basic realm="source address"\r\n')
            return
        self._connect(authority[1].lower(), int(authority[2]), address)

    def _connect(self, host: str, port: int, address: str) -> None:
        resolution = self._server.hosts.resolve(host)
        if resolution is Resolution.NO_SUCH_NAME:
            self._refuse(502, f"{host}: no such host name (nothing has that name now)")
        elif resolution is Resolution.FOREIGN:
            self._refuse(
                403,
                f"{host} is not a host of the sandbox, which never calls the network",
            )
        elif port != 443:
            self._refuse(403, f"{host} is served on port 443 only, not {port}")
        else:
            self._deadline.cancel()
            # What comes next is TLS and must find its protocol in place.
            self._transport.pause_reading()
            self._transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            task = asyncio.get_running_loop().create_task(self._start_tls(host, address))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _start_tls(self, host: str, address: str) -> None:
        protocol = HttpsProtocol(self._server, host, address)
        try:
            transport = await asyncio.get_running_loop().start_tls(
                self._transport,
                protocol,
                self._server.tls,
                server_side=True,
                ssl_handshake_timeout=_SECONDS,
                ssl_shutdown_timeout=_SECONDS,
            )
        except (OSError, ssl.SSLError, RuntimeError) as error:
            # RuntimeError: the client hung up while the answer was on its way.
            _log.info("no TLS with a client of %s: %s", host, error)
            self._transport.abort()
            return
        if transport is None or transport.is_closing():
            self._transport.abort()
            return
        protocol.start(transport)

    def _refuse(self, status: int, reason: str, field: str = "") -> None:
        # The reason is in the status line too: most clients show no more of a proxy's answer.
        body = f"{reason}\n".encode("ascii")
        head = (
            f"HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {len(body)}\r\n{field}Connection: close\r\n\r\n"
        )
        self._transport.write(head.encode("ascii") + body)
        self._transport.close()


def _plausible(head: bytes) -> bool:
    """Whether an unfinished head may still become a request: a method's letters come first."""
    return re.match(rb"^[A-Z]{0,16}($| )", head[:17]) is not None


def source_address(fields: Iterable[bytes]) -> str:
    """The caller's IPv4 address, from a CONNECT request's header fields.

    `Proxy-Authorization: Basic` with the address as user name and an empty password (RFC 7617), as
    any client sends it for the proxy URL `http://203.0.113.7:@127.0.0.1:PORT`. Without credentials
    it is `world.VISITOR_ADDRESS`. Raises CredentialsError.
    """
    given = [
        value.strip()
        for name, _, value in (field.partition(b":") for field in fields)
        if name.strip().lower() == b"proxy-authorization"
    ]
    if not given:
        return world.VISITOR_ADDRESS
    scheme, _, encoded = given[0].partition(b" ")
    try:
        if len(given) > 1 or scheme.lower() != b"basic":
            raise ValueError
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("ascii")
        user, colon, password = decoded.partition(":")
        if not colon or password:
            raise ValueError
        return str(ipaddress.IPv4Address(user))
    except (ValueError, binascii.Error) as error:
        raise CredentialsError(
            "the proxy's user name is the caller's IPv4 address and its password is empty:"
            " http://203.0.113.7:@127.0.0.1:PORT"
        ) from error
