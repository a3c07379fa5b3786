"""The fields of a message that flow variables name: `header.X`, `queryparam.X.values`, `content`.

Owns how each is read and written, and which the documentation marks read-only. Apigee
documentation, "Flow variables reference", tables "message", "request", "response" and "error".
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable

from sandbox.gateway.messages import Message, Value, encoded

Reader = Callable[[Message], Value]
Writer = Callable[[Message, str], None]


class CannotSetError(Exception):
    """A variable that is read-only, or a value that it can't hold; the argument is its name."""


def _request_uri(message: Message) -> str:
    return f"{message.path}?{message.query}" if message.query else message.path


def _collection(values: Iterable[str]) -> str:
    return f"[{', '.join(values)}]"


def _names(message: Message, form: bool) -> list[str]:
    return list(dict.fromkeys(name for name, _ in message.parameters(form)))


_FIELDS: dict[str, Reader] = {
    "content": Message.text,
    "content.as.base64": lambda message: base64.b64encode(message.content).decode(),
    "content.as.url.safe.base64": lambda message: base64.urlsafe_b64encode(
        message.content
    ).decode(),
    "verb": lambda message: message.verb if message.kind == "request" else None,
    "uri": lambda message: _request_uri(message) if message.kind == "request" else None,
    "path": lambda message: message.path if message.kind == "request" else None,
    "querystring": lambda message: message.query if message.kind == "request" else None,
    "version": lambda message: message.version,
    "status.code": lambda message: message.status if message.kind == "response" else None,
    "reason.phrase": lambda message: message.reason if message.kind == "response" else None,
    "headers.count": lambda message: len(message.header_names()),
    "headers.names": lambda message: _collection(message.header_names()),
    "headers.names.string": lambda message: ",".join(message.header_names()),
    "queryparams.count": lambda message: len(message.parameters(form=False)),
    "queryparams.names": lambda message: _collection(_names(message, form=False)),
    "queryparams.names.string": lambda message: ",".join(_names(message, form=False)),
    "formparams.count": lambda message: len(message.parameters(form=True)),
    "formparams.names": lambda message: _collection(_names(message, form=True)),
    "formparams.names.string": lambda message: ",".join(_names(message, form=True)),
    "formstring": lambda message: message.text() if message.parameters(form=True) else None,
}


def field_reader(rest: str) -> Reader | None:
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
    if head and tail.isascii() and tail.isdigit() and int(tail[:6]) > 0:
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
    index = int(suffix[:6])
    return values[index - 1] if index <= len(values) else None


def _header_reader(item: str) -> Reader:
    """A header's values are what stands between commas; `.values.string` is the whole text."""
    name, suffix = _suffixed(item)
    if suffix == ".values.string":
        return lambda message: _pick(message.header_values(name), suffix)
    return lambda message: _pick(_split(message.header_values(name)), suffix)


def _split(lines: list[str]) -> list[str]:
    return [part.strip() for line in lines for part in line.split(",")]


def _parameter_reader(item: str, form: bool) -> Reader:
    name, suffix = _suffixed(item)

    def read(message: Message) -> Value:
        return _pick([v for key, v in message.parameters(form) if key == name], suffix)

    return read


# Beneath these heads only what the documentation marks "Read/Write" can be set; a message that a
# policy has made takes all of it.
_WRITABLE_PARTS = {
    "request": ("content", "formparam", "header", "queryparam"),
    "response": ("content", "header", "status.code"),
    "message": ("content", "formparam", "header", "path", "queryparam", "version"),
    "error": ("content", "header"),
}


def field_writer(head: str, rest: str) -> Writer | None:
    """How to write the field `rest` of the message variable `head`; None where it is read-only."""
    allowed = _WRITABLE_PARTS.get(head)
    if rest in _WRITERS:
        return _WRITERS[rest] if allowed is None or rest in allowed else None
    kind, _, item = rest.partition(".")
    if not item or kind not in _ITEM_WRITERS or (allowed is not None and kind not in allowed):
        return None
    name, suffix = _suffixed(item)
    if suffix.startswith("."):
        return None
    if head == "message" and kind == "queryparam" and not suffix:
        return None
    return _ITEM_WRITERS[kind](name, int(suffix[:6]) if suffix else 0)


def _write_header(name: str, index: int) -> Writer:
    """Write a header, or its value number `index` (from 1)."""
    if not index:
        return lambda message, value: message.set_header(name, value)

    def write(message: Message, value: str) -> None:
        values = _split(message.header_values(name))
        message.set_header(name, ",".join(_placed(values, index, value, f"header.{name}.{index}")))

    return write


def _write_parameter(form: bool) -> Callable[[str, int], Writer]:
    def writer(name: str, index: int) -> Writer:
        if not index:
            return lambda message, value: set_parameter(message, form, name, value)

        def write(message: Message, value: str) -> None:
            pairs = message.parameters(form)
            kept = [pair for pair in pairs if pair[0] != name]
            values = _placed([v for key, v in pairs if key == name], index, value, name)
            message.set_parameters(form, [*kept, *((name, v) for v in values)])

        return write

    return writer


def _placed(values: list[str], index: int, value: str, what: str) -> list[str]:
    """The values with number `index` (from 1) set; it may be the next one, but leave no gap."""
    if index > len(values) + 1:
        raise CannotSetError(what)
    return [*values[: index - 1], value, *values[index:]]


def set_parameter(message: Message, form: bool, name: str, value: str) -> None:
    """Give one query or form parameter a single value."""
    kept = [pair for pair in message.parameters(form) if pair[0] != name]
    message.set_parameters(form, [*kept, (name, value)])


def set_status(message: Message, value: str) -> None:
    """Set the status from text. Raises CannotSetError for anything but 100 to 999."""
    if not (value.isascii() and value.isdigit() and 100 <= int(value[:4]) <= 999):
        raise CannotSetError("status.code")
    message.status = int(value[:4])


_ITEM_WRITERS: dict[str, Callable[[str, int], Writer]] = {
    "header": _write_header,
    "queryparam": _write_parameter(form=False),
    "formparam": _write_parameter(form=True),
}
_WRITERS: dict[str, Writer] = {
    "content": lambda message, value: setattr(message, "content", encoded(value)),
    "path": lambda message, value: setattr(message, "path", value),
    "version": lambda message, value: setattr(message, "version", value),
    "status.code": set_status,
    "verb": lambda message, value: setattr(message, "verb", value),
    "querystring": lambda message, value: setattr(message, "query", value),
    "reason.phrase": lambda message, value: setattr(message, "reason", value),
}
