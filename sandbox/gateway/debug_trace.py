"""The record of one request in a debug session: policies, variables, messages.

Apigee documentation, "Using Debug" and "Masking and hiding data". A variable whose name starts with
`private.` is never recorded; what a mask names shows as asterisks; a text is cut at 10 KB ("Limits").
Reads of built-in variables aren't recorded. Owns the record's shape; sessions are `debug_sessions`'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.gateway.context import Context
from sandbox.gateway.debug_masks import MASKED, Mask
from sandbox.gateway.faults import Fault
from sandbox.gateway.messages import Message, Value
from sandbox.gateway.variables import as_text, getter

LONGEST_TEXT = 10 * 1024
_HIDDEN = "private."
_SEEN = tuple[object, ...]


@dataclass
class _Point:
    """What one policy did."""

    record: dict[str, Any]
    reads: dict[str, Value] = field(default_factory=dict)
    writes: dict[str, Value] = field(default_factory=dict)


class Trace:
    """Records one request. `ctx` is the request's context, whose variables it watches."""

    def __init__(self, ctx: Context, mask: Mask) -> None:
        self._ctx = ctx
        self._mask = mask
        self._open: list[_Point] = []
        self._seen: dict[str, _SEEN] = {}
        self._points: list[dict[str, Any]] = []
        ctx.variables = _Watched(ctx.variables, self)
        ctx.trace = self
        self._points.append({"point": "request received", **self._changes()})

    def as_json(self) -> dict[str, Any]:
        """The record so far."""
        ctx = self._ctx
        return {
            "messageId": ctx.message_id,
            "processor": ctx.processor.number,
            "receivedAt": ctx.client.received,
            "points": self._points,
        }

    def enter(self, policy: str, type_: str) -> None:
        """A policy begins; those of a shared flow that it calls lie between begin and end."""
        point = _Point(
            {
                "point": "policy",
                "policy": policy,
                "type": type_,
                "flow": self._ctx.flow_name,
                "sharedFlow": self._ctx.shared_flow,
                "executed": True,
            }
        )
        self._open.append(point)
        self._points.append(point.record)

    def leave(self, fault: Fault | None) -> None:
        """The policy that began last is done."""
        point = self._open.pop()
        point.record["reads"] = self._shown(point.reads)
        point.record["writes"] = self._shown(point.writes)
        point.record.update(self._changes())
        if fault is not None:
            point.record["fault"] = fault.code

    def skipped(self, policy: str, type_: str) -> None:
        """A policy whose condition didn't hold."""
        self._points.append({"point": "policy", "policy": policy, "type": type_, "executed": False})

    def passed(self, point: str) -> None:
        """The request came to a point of its way that isn't a policy."""
        self._points.append({"point": point, **self._changes()})

    def read(self, name: str, value: Value) -> None:
        """A variable was read; None where the variables don't hold it themselves."""
        if not self._open or name.startswith(_HIDDEN) or isinstance(value, Message):
            return
        opened, self._open = self._open, []
        try:
            found = getter(name)(self._ctx) if value is None else value
        finally:
            self._open = opened
        opened[-1].reads.setdefault(name, found)

    def wrote(self, name: str, value: Value) -> None:
        """A variable was set."""
        if self._open and not name.startswith(_HIDDEN) and not isinstance(value, Message):
            self._open[-1].writes[name] = value

    def _shown(self, values: dict[str, Value]) -> dict[str, Any]:
        return {name: self._value(name, value) for name, value in values.items()}

    def _value(self, name: str, value: Value) -> Value:
        if value is None:
            return None
        if self._mask.hides(name):
            return MASKED
        text = as_text(value)
        message, dot, part = name.rpartition(".")
        if dot and part == "content":
            text = self._mask.content(self._own(message), text)
        return text[:LONGEST_TEXT]

    def _own(self, message: str) -> str:
        return self._ctx.phase if message == "message" else message

    def _changes(self) -> dict[str, Any]:
        """The messages that have changed since the last point, by name."""
        changed = {}
        for name, value in self._ctx.variables.items():
            if isinstance(value, Message) and not name.startswith(_HIDDEN):
                seen = _fingerprint(value)
                if self._seen.get(name) != seen:
                    self._seen[name] = seen
                    changed[name] = self._message(name, value)
        return {"messages": changed} if changed else {}

    def _message(self, name: str, message: Message) -> dict[str, Any]:
        if self._mask.hides(name):
            return {"masked": MASKED}
        shown = {
            field: self._field(f"{name}.{field}", read(message))
            for field, read in _LINES[message.kind].items()
        }
        headers = [
            [header, self._field(f"{name}.header.{header}", value)]
            for header, value in message.header_items()
        ]
        content = self._value(f"{name}.content", message.text())
        return {**shown, "headers": headers, "content": content}

    def _field(self, name: str, text: str) -> str:
        return MASKED if self._mask.hides(name) else text[:LONGEST_TEXT]


_LINES: dict[str, dict[str, Callable[[Message], str]]] = {
    "request": {
        "verb": lambda message: message.verb,
        "path": lambda message: message.path,
        "querystring": lambda message: message.query,
    },
    "response": {
        "status.code": lambda message: str(message.status),
        "reason.phrase": lambda message: message.reason,
    },
}


def _fingerprint(message: Message) -> _SEEN:
    line = (message.verb, message.path, message.query, message.status, message.reason)
    return (*line, message.content, *message.header_items())


class _Watched(dict[str, Value]):
    """Flow variables whose reads and writes are told to a trace."""

    def __init__(self, values: dict[str, Value], trace: Trace) -> None:
        super().__init__(values)
        self._trace = trace

    def get(self, name: str, default: Any = None) -> Any:
        found = super().get(name, default)
        self._trace.read(name, super().get(name))
        return found

    def __setitem__(self, name: str, value: Value) -> None:
        super().__setitem__(name, value)
        self._trace.wrote(name, value)
