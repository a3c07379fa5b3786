"""The variables that the runtime itself provides, and the names that belong to Apigee.

Apigee documentation, "Flow variables reference". Owns the tables; how a name is looked up, and what
a policy may write, is `variables`'.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from sandbox import world
from sandbox.gateway.context import Context
from sandbox.gateway.messages import Message, Value

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
    r"|variable\.expectedcn",
    re.ASCII,
)
_MESSAGES = ("request", "response", "message", "error")

_Read = Callable[[Context], Value]


def _calendar(form: str) -> Callable[[Context], str]:
    return lambda ctx: time.strftime(form, time.gmtime(ctx.runtime.now()))


def _clock(field: Callable[[time.struct_time], int]) -> Callable[[Context], Value]:
    return lambda ctx: field(time.gmtime(ctx.runtime.now()))


_Moment = Callable[[Context], float | None]


def _moments(prefix: str, moment: _Moment, before: tuple[Value, Value]) -> dict[str, _Read]:
    """Start and end of something that takes no time by the sandbox's clock, as text and as number.

    `before` is what the two hold until it has happened.
    """

    def text(ctx: Context) -> Value:
        at = moment(ctx)
        if at is None:
            return before[0]
        return time.strftime("%a, %d %b %Y %H:%M:%S UTC", time.gmtime(at))

    def milliseconds(ctx: Context) -> Value:
        at = moment(ctx)
        return before[1] if at is None else int(at * 1000)

    found: dict[str, _Read] = {}
    for end in ("start", "end"):
        found[f"{prefix}.{end}.time"] = text
        found[f"{prefix}.{end}.timestamp"] = milliseconds
    return found


def _received_status(ctx: Context) -> Value:
    response = ctx.variables.get("response")
    return response.status if isinstance(response, Message) else None


def _target(ctx: Context) -> SplitResult:
    return _split(ctx.target.called or ctx.target.url)


def _split(url: str) -> SplitResult:
    """The parts of a URL; none of a text that is no URL."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _port(ctx: Context) -> Value:
    parts = _target(ctx)
    try:
        return parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None


def _proxy_url(ctx: Context) -> Value:
    request = ctx.variables.get("request")
    query = request.query if isinstance(request, Message) else ""
    path = f"{ctx.basepath}{ctx.pathsuffix}{'?' if query else ''}{query}"
    return f"{ctx.client.scheme}://{ctx.client.host}{path}"


BUILT_IN: dict[str, _Read] = {
    "apiproxy.name": lambda ctx: ctx.deployed.name,
    "apiproxy.revision": lambda ctx: str(ctx.deployed.revision),
    "apiproxy.basepath": lambda ctx: ctx.basepath,
    "client.ip": lambda ctx: ctx.client.ip,
    "client.resolved.ip": lambda ctx: ctx.client.ip,
    "client.port": lambda ctx: ctx.client.port,
    "client.scheme": lambda ctx: ctx.client.scheme,
    "client.host": lambda ctx: ctx.client.ip,
    "client.ssl.enabled": lambda ctx: "true" if ctx.client.scheme == "https" else "false",
    **_moments("client.received", lambda ctx: ctx.client.received, (None, None)),
    **_moments("client.sent", lambda ctx: ctx.sent, ("", -1)),
    "current.flow.name": lambda ctx: ctx.flow_name,
    "current.flow.description": lambda ctx: ctx.flow_description,
    "environment.name": lambda ctx: ctx.deployed.environment,
    "error.message": lambda ctx: ctx.fault.text if ctx.fault else None,
    "fault.name": lambda ctx: ctx.fault.name if ctx.fault else None,
    "fault.reason": lambda ctx: ctx.fault.text if ctx.fault else None,
    "is.error": lambda ctx: ctx.fault is not None,
    "loadbalancing.isfallback": lambda ctx: ctx.variables.get("loadbalancing.isfallback"),
    "loadbalancing.targetserver": lambda ctx: ctx.variables.get("loadbalancing.targetserver"),
    "messageid": lambda ctx: ctx.message_id,
    "organization.name": lambda ctx: world.ORGANIZATION,
    "proxy.basepath": lambda ctx: ctx.basepath,
    "proxy.client.ip": lambda ctx: ctx.client.ip,
    "proxy.name": lambda ctx: ctx.endpoint,
    "proxy.pathsuffix": lambda ctx: ctx.pathsuffix,
    "proxy.url": _proxy_url,
    "route.name": lambda ctx: ctx.route or None,
    "route.target": lambda ctx: ctx.target.name or None,
    "servicecallout.requesturi": lambda ctx: ctx.variables.get("servicecallout.requesturi"),
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
    "system.uuid": lambda ctx: ctx.processor.uuid,
    "target.basepath": lambda ctx: _split(ctx.target.url).path or None,
    "target.host": lambda ctx: _target(ctx).hostname,
    "target.name": lambda ctx: ctx.target.name or None,
    "target.port": _port,
    "target.scheme": lambda ctx: _target(ctx).scheme or None,
    "target.ssl.enabled": lambda ctx: _target(ctx).scheme == "https",
    "target.received.status.code": _received_status,
    **_moments("target.sent", lambda ctx: ctx.target.sent, (None, None)),
    **_moments("target.received", lambda ctx: ctx.target.received, (None, None)),
}
# Written by a policy, read from where the policy put it; else computed.
WRITABLE: dict[str, _Read] = {
    "target.url": lambda ctx: ctx.target.url or None,
    "target.copy.pathsuffix": lambda ctx: True,
    "target.copy.queryparams": lambda ctx: True,
}
ALIASES = {"target.evaluated.url": "target.url"}
"""Names that "serve the same purpose" as another one."""

READ_ONLY_HERE = frozenset({"servicecallout.requesturi"})
"""Built-in variables that a policy may set in Apigee, to an effect that isn't documented."""


def is_reserved(name: str) -> bool:
    """Whether the name belongs to Apigee, be it known here or not."""
    head, dot, _ = name.partition(".")
    if _RESERVED_NAMES.fullmatch(name):
        return True
    return head in _HEADS and (bool(dot) or head not in _MESSAGES)
