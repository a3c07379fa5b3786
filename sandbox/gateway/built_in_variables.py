"""The variables that the runtime itself provides, and the names that belong to Apigee.

Apigee documentation, "Flow variables reference". Owns the tables; how a name is looked up, and what
a policy may write, is `variables`'.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from sandbox import world
from sandbox.gateway.context import Context, Value
from sandbox.gateway.messages import Message

# Names beneath these belong to Apigee: what isn't in the tables below is refused.
_HEADS = {
    "apiproxy",
    "client",
    "current",
    "environment",
    "error",
    "fault",
    "graphql",
    "is",
    "loadbalancing",
    "message",
    "mint",
    "organization",
    "propertyset",
    "proxy",
    "request",
    "response",
    "route",
    "sharedflow",
    "system",
    "target",
}
_RESERVED_NAMES = re.compile(
    r"apigee\.metrics\..*|apiproduct\.operation(\..*)?|publishmessage\.message\.id"
    r"|servicecallout\.requesturi|variable\.expectedcn",
    re.ASCII,
)
_MESSAGES = ("request", "response", "message", "error")


def _calendar(form: str) -> Callable[[Context], str]:
    return lambda ctx: time.strftime(form, time.gmtime(ctx.runtime.now()))


def _clock(field: Callable[[time.struct_time], int]) -> Callable[[Context], Value]:
    return lambda ctx: field(time.gmtime(ctx.runtime.now()))


def _received(ctx: Context) -> Value:
    return time.strftime("%a, %d %b %Y %H:%M:%S UTC", time.gmtime(ctx.client.received))


def _received_milliseconds(ctx: Context) -> Value:
    return int(ctx.client.received * 1000)


def _received_status(ctx: Context) -> Value:
    response = ctx.variables.get("response")
    return response.status if isinstance(response, Message) else None


def _proxy_url(ctx: Context) -> Value:
    request = ctx.variables.get("request")
    query = request.query if isinstance(request, Message) else ""
    path = f"{ctx.basepath}{ctx.pathsuffix}{'?' if query else ''}{query}"
    return f"{ctx.client.scheme}://{ctx.client.host}{path}"


BUILT_IN: dict[str, Callable[[Context], Value]] = {
    "apiproxy.name": lambda ctx: ctx.deployed.name,
    "apiproxy.revision": lambda ctx: str(ctx.deployed.revision),
    "apiproxy.basepath": lambda ctx: ctx.basepath,
    "client.ip": lambda ctx: ctx.client.ip,
    "client.resolved.ip": lambda ctx: ctx.client.ip,
    "client.port": lambda ctx: ctx.client.port,
    "client.scheme": lambda ctx: ctx.client.scheme,
    "client.host": lambda ctx: ctx.client.ip,
    "client.ssl.enabled": lambda ctx: "true" if ctx.client.scheme == "https" else "false",
    # The body is read before the flow starts, in no time by the sandbox's clock.
    "client.received.start.time": _received,
    "client.received.start.timestamp": _received_milliseconds,
    "client.received.end.time": _received,
    "client.received.end.timestamp": _received_milliseconds,
    "current.flow.name": lambda ctx: ctx.flow_name,
    "environment.name": lambda ctx: ctx.deployed.environment,
    "error.message": lambda ctx: ctx.fault.text if ctx.fault else None,
    "fault.name": lambda ctx: ctx.fault.name if ctx.fault else None,
    "is.error": lambda ctx: ctx.fault is not None,
    "messageid": lambda ctx: ctx.message_id,
    "organization.name": lambda ctx: world.ORGANIZATION,
    "proxy.basepath": lambda ctx: ctx.basepath,
    "proxy.client.ip": lambda ctx: ctx.client.ip,
    "proxy.name": lambda ctx: ctx.endpoint,
    "proxy.pathsuffix": lambda ctx: ctx.pathsuffix,
    "proxy.url": _proxy_url,
    "route.name": lambda ctx: ctx.route or None,
    "route.target": lambda ctx: ctx.target.name or None,
    "sharedflow.name": lambda ctx: ctx.shared_flow,
    "system.time": _calendar("%a, %d %b %Y %H:%M:%S GMT"),
    "system.time.year": _clock(lambda now: now.tm_year),
    "system.time.month": _clock(lambda now: now.tm_mon),
    "system.time.day": _clock(lambda now: now.tm_mday),
    # Java's numbers: Sunday is 1.
    "system.time.dayofweek": _clock(lambda now: (now.tm_wday + 1) % 7 + 1),
    "system.time.hour": _clock(lambda now: now.tm_hour),
    "system.time.minute": _clock(lambda now: now.tm_min),
    "system.time.second": _clock(lambda now: now.tm_sec),
    "system.time.millisecond": lambda ctx: int(ctx.runtime.now() * 1000) % 1000,
    "system.time.zone": lambda ctx: "UTC",
    "system.timestamp": lambda ctx: int(ctx.runtime.now() * 1000),
    "system.region.name": lambda ctx: world.INSTANCE,
    "target.host": lambda ctx: urlsplit(ctx.target.url).hostname,
    "target.name": lambda ctx: ctx.target.name or None,
    "target.port": lambda ctx: _port(ctx.target.url),
    "target.scheme": lambda ctx: urlsplit(ctx.target.url).scheme or None,
    "target.ssl.enabled": lambda ctx: urlsplit(ctx.target.url).scheme == "https",
    "target.received.status.code": _received_status,
}
# Written by a policy, read from where the policy put it; else computed.
WRITABLE: dict[str, Callable[[Context], Value]] = {
    "target.url": lambda ctx: ctx.target.url or None,
    "target.copy.pathsuffix": lambda ctx: True,
    "target.copy.queryparams": lambda ctx: True,
}


def _port(url: str) -> Value:
    try:
        parts = urlsplit(url)
        return parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None


def is_reserved(name: str) -> bool:
    """Whether the name belongs to Apigee, be it known here or not."""
    head, dot, _ = name.partition(".")
    if _RESERVED_NAMES.fullmatch(name):
        return True
    return head in _HEADS and (bool(dot) or head not in _MESSAGES)
