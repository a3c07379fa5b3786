"""`<HTTPTargetConnection>`: where a callout or a target endpoint sends its message, and how.

Apigee documentation, "API proxy configuration reference", "Endpoint properties reference" and
"ServiceCallout policy". Owns the element and the choice of a server; `outgoing` makes the call, and
who sends decides what a failure means.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox.gateway import outgoing
from sandbox.gateway.authentication import Authenticate, read_authentication
from sandbox.gateway.context import Context
from sandbox.gateway.load_balancer import LoadBalancer, Server, read_load_balancer
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Message
from sandbox.gateway.reading import template_of, whole_number
from sandbox.gateway.templates import Template

_URL = re.compile(r"https?://[^/?#\s]+\S*", re.IGNORECASE)
_CLASS = re.compile(r"[1-5](?:\d\d|xx)", re.IGNORECASE)
_DEFAULT_SUCCESS = ("1xx", "2xx", "3xx")
_LONGEST_MILLISECONDS = 600_000

# Properties that the runtime doesn't execute, with the value that changes nothing.
_INERT = {
    "allow.post.without.content.length": "false",
    "allow.put.without.content.length": "false",
    "allow.tls.session.resumption": "true",
    "ignore.allow.header.for.405": "true",
    "keepalive.timeout.millis": "60000",
    "request.retain.headers.enabled": "true",
    "request.streaming.enabled": "false",
    "response.payload.parse.limit": "10M",
    "response.retain.headers.enabled": "true",
    "response.streaming.enabled": "false",
    "retain.queryparams.enabled": "true",
    "supports.http11": "true",
    "use.proxy": "true",
    "use.proxy.tunneling": "true",
}


class NoServerError(outgoing.CallError):
    """Every target server of the load balancer is unavailable or unknown."""


@dataclass(frozen=True)
class Connection:
    """Either a URL or a load balancer with a path; `success` says which statuses are no error."""

    url: Template | None
    balancer: LoadBalancer | None
    path: Template | None
    authenticate: Authenticate | None
    success: Callable[[int], bool]
    timeouts: outgoing.Timeouts

    @property
    def mints(self) -> bool:
        """Whether a Google token is minted for it."""
        return self.authenticate is not None

    async def send(
        self, ctx: Context, message: Message, url: str | None, suffix: str = ""
    ) -> tuple[Message, str]:
        """Authenticate the message and send it; the answer, and the URL that was called, no query.

        `url` is where to; None leaves it to the load balancer, where there is one, and then
        `suffix` follows its path. A Google token is only in what goes out, not in `message`. Raises
        CallError and its subclasses, NoServerError, and Fault (`GoogleTokenGenerationFailure`, `wire`).
        """
        if url is not None:
            return await self._call(ctx, message, url), url
        if self.balancer is None:
            raise outgoing.CallError("no URL is given")
        return await self._balanced(ctx, message, self.balancer, suffix)

    async def _balanced(
        self, ctx: Context, message: Message, balancer: LoadBalancer, suffix: str
    ) -> tuple[Message, str]:
        """Try servers until one answers as a healthy one does, where retries are on."""
        tried: frozenset[str] = frozenset()
        while True:
            chosen = balancer.choice(ctx, tried)
            if chosen is None:
                raise NoServerError("no target server is available")
            server, base = chosen
            self._show(ctx, server)
            tried |= {server.name}
            more = balancer.retry and bool(balancer.available(ctx, tried))
            balancer.begin(ctx, server)
            failed: bool | None = None
            try:
                url = joined(joined(base, self._path(ctx)), suffix)
                answer = await self._call(ctx, message, url)
                failed = answer.status in balancer.unhealthy
            except outgoing.CallError:
                failed = True
                if not more:
                    raise
                continue
            finally:
                balancer.end(ctx, server, failed)
            if not (failed and more):
                return answer, url

    def _show(self, ctx: Context, server: Server) -> None:
        """Set the documented variables; that of the name only where there is a `<Path>`."""
        ctx.variables["loadbalancing.isfallback"] = server.fallback
        if self.path is not None:
            ctx.variables["loadbalancing.targetserver"] = server.name

    def _path(self, ctx: Context) -> str:
        return self.path(ctx, True) if self.path is not None else ""

    async def _call(self, ctx: Context, message: Message, url: str) -> Message:
        if self.authenticate is not None:
            message = message.copy()
            await self.authenticate(ctx, message, url)
        return await outgoing.call(ctx.runtime.client, message, url, self.timeouts)


def joined(url: str, path: str) -> str:
    """A URL with a further path, in front of its query."""
    if not path:
        return url
    base, mark, query = url.partition("?")
    return f"{base.rstrip('/')}/{path.removeprefix('/')}{mark}{query}"


def read_connection(element: Element) -> Connection:
    """Read an `<HTTPTargetConnection>`.

    Raises BundleError, for a scheme that is a variable and for TLS without validation too.
    """
    url, balancer = element.child("URL"), element.child("LoadBalancer")
    if (url is None) == (balancer is None):
        raise element.error("either <URL> or <LoadBalancer> is needed, and not both")
    path = element.child("Path") if balancer is not None else None
    found = element.child("Authentication")
    tls = element.child("SSLInfo")
    if tls is not None:
        _check_tls(tls)
    codes, timeouts = _properties(element.child("Properties"))
    return Connection(
        url=_url(url) if url is not None else None,
        balancer=read_load_balancer(balancer) if balancer is not None else None,
        path=template_of(path, path.text()) if path is not None else None,
        authenticate=read_authentication(found) if found is not None else None,
        success=_success(codes),
        timeouts=timeouts,
    )


def _url(element: Element) -> Template:
    text = element.text()
    if not _URL.fullmatch(text):
        raise element.error(f"{text!r} is no URL: the scheme must be a literal http:// or https://")
    return template_of(element, text)


def _properties(element: Element | None) -> tuple[tuple[str, ...], outgoing.Timeouts]:
    """Success codes and timeouts."""
    codes: tuple[str, ...] = _DEFAULT_SUCCESS
    timeouts = outgoing.Timeouts()
    for item in element.children("Property") if element is not None else ():
        name, value = item.required("name"), item.text()
        if name == "success.codes":
            codes = _codes(item, value)
        elif name == "io.timeout.millis":
            timeouts = replace(timeouts, read=_seconds(item, value))
        elif name == "connect.timeout.millis":
            timeouts = replace(timeouts, connect=_seconds(item, value))
        elif _INERT.get(name) != value:
            raise item.error(
                f'property "{name}" with the value "{value}" is not supported by the sandbox\'s'
                " runtime"
            )
    return codes, timeouts


def _seconds(element: Element, text: str) -> float:
    return whole_number(element, text, 1, _LONGEST_MILLISECONDS) / 1000


def _check_tls(element: Element) -> None:
    """Validation is always on in the sandbox: what would switch it off is refused."""
    for tag, wanted in (
        ("Enabled", True),
        ("Enforce", True),
        ("IgnoreValidationErrors", False),
        ("ClientAuthEnabled", False),
    ):
        child = element.child(tag)
        if child is not None and child.boolean(default=wanted) is not wanted:
            raise child.error(f"only {str(wanted).lower()} is supported by the sandbox's runtime")


def _codes(element: Element, text: str) -> tuple[str, ...]:
    codes = tuple(code.strip().lower() for code in text.split(","))
    for code in codes:
        if not _CLASS.fullmatch(code):
            raise element.error(f"{code!r} is neither a status code nor a class such as 2xx")
    return codes


def _success(codes: tuple[str, ...]) -> Callable[[int], bool]:
    classes = frozenset(int(code[0]) for code in codes if code.endswith("xx"))
    single = frozenset(int(code) for code in codes if not code.endswith("xx"))
    return lambda status: status // 100 in classes or status in single
