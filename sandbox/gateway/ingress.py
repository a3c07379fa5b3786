"""The runtime's front door: HTTP requests to the host names of environment groups, as ASGI.

Owns what happens before a proxy is found and after it has answered, not what a proxy does.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from sandbox.cloud import Cloud
from sandbox.gateway import deployments
from sandbox.gateway.context import Client, Context
from sandbox.gateway.debug_sessions import DebugSessions
from sandbox.gateway.deployments import Deployments
from sandbox.gateway.egress import Connect
from sandbox.gateway.faults import Fault, fault_message
from sandbox.gateway.flow import run_after, run_proxy
from sandbox.gateway.messages import Message
from sandbox.gateway.model import ProxyEndpoint
from sandbox.gateway.processors import DEFAULT_COUNT
from sandbox.gateway.runtime import Runtime
from sandbox.gateway.wire import LARGEST_BODY, header_lines, text_lines

_log = logging.getLogger(__name__)
_MOST_FIELDS = 10_000

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def hosts(cloud: Cloud) -> set[str]:
    """Host names that environment groups have now, in lower case."""
    return deployments.hosts(cloud.store)


def app(cloud: Cloud, connect: Connect, processors: int = DEFAULT_COUNT) -> Gateway:
    """The runtime as an ASGI application.

    It calls targets and clouds through clients that `connect` opens, one for each address that calls
    leave from. `processors` is the number of message processors.
    """
    return Gateway(Runtime(cloud, connect, processors), Deployments(cloud.store, processors))


class _DisconnectedError(Exception):
    """The client went away while it was sending."""


class Gateway:
    """An ASGI application. `debug` are the debug sessions, to start and to read."""

    def __init__(self, runtime: Runtime, deployed: Deployments) -> None:
        self._runtime = runtime
        self._deployments = deployed
        self.debug = DebugSessions(runtime.cloud.store, deployed)

    async def drain(self) -> None:
        """Wait until work after responses (log lines) is done."""
        await self._runtime.drain()

    async def close(self) -> None:
        """The same, and close the connections to targets and clouds."""
        await self._runtime.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; other kinds of connection are refused."""
        if scope["type"] != "http":
            raise NotImplementedError(f"the gateway serves http, not {scope['type']}")
        try:
            ctx, endpoint, answer = await self._answer(scope, receive)
        except _DisconnectedError:
            return
        except Fault as fault:
            await _send(send, fault_message(fault), scope["method"])
            return
        await _send(send, answer, scope["method"])
        ctx.sent = self._runtime.now()
        for work in ctx.after:
            work()
        if endpoint.after:
            self._runtime.later(_after(ctx, endpoint))

    async def _answer(
        self, scope: Scope, receive: Receive
    ) -> tuple[Context, ProxyEndpoint, Message]:
        runtime = self._runtime
        host, request = _request(scope)
        name = host.partition(":")[0].lower()
        processor, now = runtime.processors.next(), runtime.now()
        found = self._deployments.find(processor.number, now, name, request.path)
        if found is None:
            text = f"Unable to identify proxy for host: {host} and url: {request.path}"
            raise Fault("messaging.adaptors.http.flow.ApplicationNotFound", text, 404)
        view, deployed, endpoint = found
        request.content = await _body(receive)
        _check_form(request)
        ctx = Context(
            runtime=runtime,
            processor=processor,
            view=view,
            deployed=deployed,
            client=_client(scope, host, now),
            basepath=endpoint.basepath,
            pathsuffix=request.path[len(endpoint.basepath) :],
            endpoint=endpoint.flows.name,
            variables={"request": request},
        )
        self.debug.watch(ctx, now)
        try:
            return ctx, endpoint, await run_proxy(ctx, endpoint)
        except Exception as error:  # noqa: BLE001  # one request's failure must not be the process's
            _log.error("request %s failed", ctx.message_id, exc_info=error)
            fault = Fault("messaging.runtime.InternalError", "Internal Server Error")
            return ctx, endpoint, fault_message(fault)


def _client(scope: Scope, host: str, now: float) -> Client:
    peer = scope.get("client") or ("127.0.0.1", 0)
    return Client(peer[0], peer[1], scope.get("scheme", "https"), host, now)


async def _after(ctx: Context, endpoint: ProxyEndpoint) -> None:
    ctx.after.clear()
    await run_after(ctx, endpoint)
    for work in ctx.after:
        work()


def _request(scope: Scope) -> tuple[str, Message]:
    """Host and request message of an ASGI scope, without the body."""
    request = Message("request")
    request.verb = scope["method"]
    raw = scope.get("raw_path") or scope["path"].encode()
    request.path = raw.partition(b"?")[0].decode("latin-1")
    request.query = scope.get("query_string", b"").decode("latin-1")
    request.version = scope.get("http_version", "1.1")
    request.load_headers(text_lines(scope["headers"]))
    return request.header("host") or "", request


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise _DisconnectedError
        chunk = event.get("body", b"")
        size += len(chunk)
        if size > LARGEST_BODY:
            raise Fault("protocol.http.TooBigBody", "Body buffer overflow", 413)
        chunks.append(chunk)
        if not event.get("more_body"):
            return b"".join(chunks)


def _check_form(request: Message) -> None:
    """Raise Fault for a form that takes too long to read; a limit of the sandbox's own."""
    if request.is_form and request.content.count(b"&") >= _MOST_FIELDS:
        text = f"a form has more than {_MOST_FIELDS:,} fields"
        raise Fault("protocol.http.TooBigBody", text, 413)


_NO_CONTENT = {204, 304}


async def _send(send: Send, message: Message, method: str) -> None:
    """Send a message; its length is counted anew.

    A policy can give a message a status or a header that no response can have: then it is a fault.
    """
    try:
        headers = _head(message)
    except Fault as fault:
        message = fault_message(fault)
        headers = _head(message)
    empty = message.status in _NO_CONTENT or method == "HEAD"
    if message.status not in _NO_CONTENT:
        headers.append((b"content-length", str(len(message.content)).encode()))
    await send({"type": "http.response.start", "status": message.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if empty else message.content})


def _head(message: Message) -> list[tuple[bytes, bytes]]:
    """The header lines of a response. Raises Fault."""
    if not 200 <= message.status <= 599:
        text = f"{message.status} is no status of a response"
        raise Fault("messaging.runtime.InvalidStatusCode", text)
    return header_lines(message)
