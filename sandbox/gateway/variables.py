"""Flow variables by name: compiles a name into a function that reads or writes it.

Owns the names that Apigee documents ("Flow variables reference") and which of them are read-only.
A built-in name that the runtime can't answer is refused when the bundle is loaded, never null.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from sandbox import world
from sandbox.gateway.context import Context, Value
from sandbox.gateway.messages import Message

Getter = Callable[[Context], Value]
Setter = Callable[[Context, Value], None]
_Reader = Callable[[Message], Value]
_Writer = Callable[[Message, str], None]


class UnsupportedVariableError(ValueError):
    """A built-in variable that the runtime doesn't provide."""


class CannotSetError(Exception):
    """A variable that is read-only, or a value that it can't hold; the argument is its name."""


_MISSING = object()

# Names beneath these belong to Apigee: what isn't in the tables below is refused.
_RESERVED = {
    "apiproxy",
    "client",
    "environment",
    "error",
    "fault",
    "message",
    "organization",
    "proxy",
    "request",
    "response",
    "route",
    "sharedflow",
    "system",
    "target",
}
_MESSAGES = ("request", "response", "message", "error")


def _error_message(ctx: Context) -> Value:
    return ctx.fault.text if ctx.fault else None


def _request_uri(message: Message) -> str:
    return f"{message.path}?{message.query}" if message.query else message.path


def _calendar(form: str) -> Callable[[Context], str]:
    return lambda ctx: time.strftime(form, time.gmtime(ctx.runtime.now()))


def _received_status(ctx: Context) -> Value:
    response = ctx.variables.get("response")
    return response.status if isinstance(response, Message) else None


_BUILT_IN: dict[str, Getter] = {
    "apiproxy.name": lambda ctx: ctx.deployed.name,
    "apiproxy.revision": lambda ctx: str(ctx.deployed.revision),
    "apiproxy.basepath": lambda ctx: ctx.basepath,
    "client.ip": lambda ctx: ctx.client.ip,
    "client.port": lambda ctx: ctx.client.port,
    "client.scheme": lambda ctx: ctx.client.scheme,
    "client.host": lambda ctx: ctx.client.ip,
    "client.received.start.timestamp": lambda ctx: int(ctx.client.received * 1000),
    "current.flow.name": lambda ctx: ctx.flow_name,
    "environment.name": lambda ctx: ctx.deployed.environment,
    "error.message": _error_message,
    "fault.name": lambda ctx: ctx.fault.name if ctx.fault else None,
    "is.error": lambda ctx: ctx.fault is not None,
    "messageid": lambda ctx: ctx.message_id,
    "organization.name": lambda ctx: world.ORGANIZATION,
    "proxy.basepath": lambda ctx: ctx.basepath,
    "proxy.client.ip": lambda ctx: ctx.client.ip,
    "proxy.name": lambda ctx: ctx.endpoint,
    "proxy.pathsuffix": lambda ctx: ctx.pathsuffix,
    "proxy.url": lambda ctx: (
        f"{ctx.client.scheme}://{ctx.client.host}{ctx.basepath}{ctx.pathsuffix}"
    ),
    "route.name": lambda ctx: ctx.route or None,
    "route.target": lambda ctx: ctx.target.name or None,
    "sharedflow.name": lambda ctx: ctx.shared_flow,
    "system.time": _calendar("%a, %d %b %Y %H:%M:%S UTC"),
    "system.time.year": lambda ctx: time.gmtime(ctx.runtime.now()).tm_year,
    "system.time.month": lambda ctx: time.gmtime(ctx.runtime.now()).tm_mon,
    "system.time.day": lambda ctx: time.gmtime(ctx.runtime.now()).tm_mday,
    "system.time.hour": lambda ctx: time.gmtime(ctx.runtime.now()).tm_hour,
    "system.time.minute": lambda ctx: time.gmtime(ctx.runtime.now()).tm_min,
    "system.time.second": lambda ctx: time.gmtime(ctx.runtime.now()).tm_sec,
    "system.time.zone": lambda ctx: "UTC",
    "system.timestamp": lambda ctx: int(ctx.runtime.now() * 1000),
    "system.region.name": lambda ctx: world.INSTANCE,
    "target.host": lambda ctx: urlsplit(ctx.target.url).hostname,
    "target.name": lambda ctx: ctx.target.name or None,
    "target.scheme": lambda ctx: urlsplit(ctx.target.url).scheme or None,
    "target.received.status.code": _received_status,
}
# Written by a policy, read from where the policy put it; else computed.
_WRITABLE: dict[str, Getter] = {
    "target.url": lambda ctx: ctx.target.url or None,
    "target.copy.pathsuffix": lambda ctx: True,
    "target.copy.queryparams": lambda ctx: True,
}


_FIELDS: dict[str, _Reader] = {
    "content": Message.text,
    "verb": lambda message: message.verb if message.kind == "request" else None,
    "uri": lambda message: _request_uri(message) if message.kind == "request" else None,
    "path": lambda message: message.path if message.kind == "request" else None,
    "querystring": lambda message: message.query if message.kind == "request" else None,
    "version": lambda message: message.version,
    "status.code": lambda message: message.status if message.kind == "response" else None,
    "reason.phrase": lambda message: message.reason if message.kind == "response" else None,
    "headers.count": lambda message: len(message.header_names()),
    "headers.names": lambda message: _collection(message.header_names()),
    "queryparams.count": lambda message: len(message.parameters(form=False)),
    "formparams.count": lambda message: len(message.parameters(form=True)),
    "formstring": lambda message: message.text() if message.parameters(form=True) else None,
}


def _collection(values: list[str]) -> str:
    return f"[{', '.join(values)}]"


@lru_cache(maxsize=4096)
def getter(name: str) -> Getter:
    """A function that reads the variable. Raises UnsupportedVariableError."""
    built_in = _BUILT_IN.get(name)
    if built_in is not None:
        return built_in
    computed = _WRITABLE.get(name)
    candidates = [] if computed else _message_readers(name)
    if computed is None and not candidates and _is_reserved(name):
        raise UnsupportedVariableError(
            f'variable "{name}" is not provided by the sandbox\'s runtime'
        )
    if computed is not None:
        compute = computed
        return lambda ctx: ctx.variables.get(name) if name in ctx.variables else compute(ctx)
    if not candidates:
        return lambda ctx: ctx.message("message") if name == "message" else ctx.variables.get(name)
    return _lookup(name, candidates)


def _lookup(name: str, candidates: list[tuple[str, _Reader]]) -> Getter:
    def get(ctx: Context) -> Value:
        value = ctx.variables.get(name, _MISSING)
        if value is not _MISSING:
            return value  # type: ignore[return-value]  # the sentinel is ruled out above
        for prefix, read in candidates:
            message = ctx.message(prefix)
            if message is not None:
                return read(message)
        return None

    return get


@lru_cache(maxsize=4096)
def setter(name: str) -> Setter:
    """A function that writes the variable; a read-only one raises CannotSetError when it runs.

    Raises UnsupportedVariableError.
    """
    if name in _WRITABLE or name in ("request", "response", "error"):
        return lambda ctx, value: ctx.variables.__setitem__(name, value)
    if name in _BUILT_IN or name == "message":
        return _refuse(name)
    writers = _message_writers(name)
    if not writers and _is_reserved(name):
        if _message_readers(name):
            return _refuse(name)
        raise UnsupportedVariableError(f"variable \"{name}\" can't be set in the sandbox's runtime")

    def put(ctx: Context, value: Value) -> None:
        for prefix, write in writers:
            message = ctx.message(prefix)
            if message is not None:
                write(message, as_text(value))
                return
        ctx.variables[name] = value

    return put


def _refuse(name: str) -> Setter:
    def refuse(ctx: Context, value: Value) -> None:
        raise CannotSetError(name)

    return refuse


def as_text(value: Value) -> str:
    """A variable's value as a template or a header shows it; null is the empty text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Message):
        return value.text()
    return str(value)


def _is_reserved(name: str) -> bool:
    head, dot, _ = name.partition(".")
    return head in _RESERVED and (bool(dot) or head not in _MESSAGES)


def _splits(name: str) -> list[tuple[str, str]]:
    """Every way to read a name as a message's name and a field of it, shortest message first."""
    return [(name[:i], name[i + 1 :]) for i, char in enumerate(name) if char == "." and i]


def _message_readers(name: str) -> list[tuple[str, _Reader]]:
    found = [(prefix, field_reader(rest)) for prefix, rest in _splits(name)]
    return [(prefix, read) for prefix, read in found if read is not None]


def field_reader(rest: str) -> _Reader | None:
    """How to read a message's field, `header.accept` say; None where there is no such field."""
    if rest in _FIELDS:
        return _FIELDS[rest]
    kind, _, item = rest.partition(".")
    if not item:
        return None
    if kind == "header":
        return _header_reader(item)
    if kind in ("queryparam", "formparam"):
        return _parameter_reader(item, form=kind == "formparam")
    return None


def _suffixed(item: str) -> tuple[str, str]:
    """Split `name.values`, `name.values.count`, `name.values.string` and `name.2`."""
    for suffix in (".values.count", ".values.string", ".values"):
        if item.endswith(suffix) and len(item) > len(suffix):
            return item[: -len(suffix)], suffix
    head, _, tail = item.rpartition(".")
    if head and tail.isascii() and tail.isdigit() and int(tail) > 0:
        return head, tail
    return item, ""


def _pick(values: list[str], suffix: str) -> Value:
    if not suffix:
        return values[0] if values else None
    if suffix == ".values.count":
        return len(values)
    if suffix == ".values.string":
        return ",".join(values) if values else None
    if suffix == ".values":
        return _collection(values)
    index = int(suffix)
    return values[index - 1] if index <= len(values) else None


def _header_reader(item: str) -> _Reader:
    name, suffix = _suffixed(item)
    if not suffix:
        return lambda message: message.header(name)
    return lambda message: _pick(message.header_values(name), suffix)


def _parameter_reader(item: str, form: bool) -> _Reader:
    name, suffix = _suffixed(item)

    def read(message: Message) -> Value:
        return _pick([v for key, v in message.parameters(form) if key == name], suffix)

    return read


def _message_writers(name: str) -> list[tuple[str, _Writer]]:
    found = [(prefix, _writer(rest)) for prefix, rest in _splits(name)]
    return [(prefix, write) for prefix, write in found if write is not None]


def _writer(rest: str) -> _Writer | None:
    if rest in _FIELD_WRITERS:
        return _FIELD_WRITERS[rest]
    kind, _, item = rest.partition(".")
    if not item or _suffixed(item)[1]:
        return None
    if kind == "header":
        return lambda message, value: message.set_header(item, value)
    if kind in ("queryparam", "formparam"):
        form = kind == "formparam"
        return lambda message, value: set_parameter(message, form, item, value)
    return None


def set_parameter(message: Message, form: bool, name: str, value: str) -> None:
    """Give one query or form parameter a single value."""
    kept = [pair for pair in message.parameters(form) if pair[0] != name]
    message.set_parameters(form, [*kept, (name, value)])


def set_status(message: Message, value: str) -> None:
    """Set the status from text. Raises CannotSetError for anything but 100 to 999."""
    if not (value.isascii() and value.isdigit() and 100 <= int(value) <= 999):
        raise CannotSetError("status.code")
    message.status = int(value)


_FIELD_WRITERS: dict[str, _Writer] = {
    "content": lambda message, value: setattr(message, "content", value.encode()),
    "verb": lambda message, value: setattr(message, "verb", value),
    "querystring": lambda message, value: setattr(message, "query", value),
    "status.code": set_status,
    "reason.phrase": lambda message, value: setattr(message, "reason", value),
}
