"""`<Copy>` and `<Remove>`: parts of a message taken from another, or taken away.

Apigee documentation, "AssignMessage policy". Booleans are false when an element is empty, as their
documented default is.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.message_parts import (
    Part,
    Selection,
    applies,
    pairs,
    part_of,
    put,
    same,
    selection,
)
from sandbox.gateway.messages import Message
from sandbox.gateway.templates import UnresolvedError

_Action = Callable[[Context, Message, bool], None]
_Copied = Callable[[Message, Message], None]
_Removed = Callable[[Message], None]

_ALL: tuple[Part, ...] = ("Headers", "QueryParams", "FormParams")


def copy(element: Element, policy: str) -> _Action:
    """The action of one `<Copy>`. Raises BundleError."""
    name = element.attribute("source") or "message"
    steps = [_copied(child) for child in element.every()] or [_everything]

    def act(ctx: Context, message: Message, lenient: bool) -> None:
        source = ctx.message(name)
        if source is None:
            if lenient:
                return
            if ctx.variables.get(name) is None:
                raise UnresolvedError(name)
            raise no_message(policy, name)
        if source is not message:
            for step in steps:
                step(source, message)

    return act


def no_message(policy: str, variable: str) -> Fault:
    """The fault for a variable of AssignMessage that holds no message."""
    text = f"AssignMessage[{policy}]: value of variable [{variable}] is not of type Message"
    return Fault("steps.assignmessage.VariableOfNonMsgType", text)


def _copied(child: Element) -> _Copied:
    part = part_of(child)
    if part is not None:
        return _lines(selection(child, part, text_counts=part == "Headers"))
    step = _FIELDS.get(child.tag)
    if step is None:
        raise child.unsupported()
    return step if child.boolean(default=False) else (lambda source, message: None)


def _lines(chosen: Selection) -> _Copied:
    """Copies lines: every value of a name replaces those that are there; a single one is added."""
    part = chosen.part
    whole = None if chosen.names is None else {n for n, index in chosen.names if index is None}

    def step(source: Message, message: Message) -> None:
        if not (applies(source, part) and applies(message, part)):
            return
        found, _ = chosen.split(source)
        if not found:
            return
        replaced = {same(part, name) for name, _ in found}
        if whole is not None:
            replaced &= whole
        kept = [pair for pair in pairs(message, part) if same(part, pair[0]) not in replaced]
        put(message, part, [*kept, *found])

    return step


def _field(name: str, kind: str) -> _Copied:
    def step(source: Message, message: Message) -> None:
        if source.kind == message.kind == kind:
            setattr(message, name, getattr(source, name))

    return step


def _payload(source: Message, message: Message) -> None:
    message.content = source.content
    content_type = source.header("content-type")
    if content_type is not None:
        message.set_header("Content-Type", content_type)


_FIELDS: dict[str, _Copied] = {
    "Payload": _payload,
    "Verb": _field("verb", "request"),
    "Path": _field("path", "request"),
    "Version": _field("version", "request"),
    "StatusCode": _field("status", "response"),
    "ReasonPhrase": _field("reason", "response"),
}


def _everything(source: Message, message: Message) -> None:
    """All parts, among messages of a kind the request's or the response's own line too."""
    _lines(Selection("Headers", None))(source, message)
    for step in _FIELDS.values():
        step(source, message)
    if source.kind == message.kind == "request":
        message.query = source.query


def remove(element: Element) -> _Action:
    """The action of one `<Remove>`; an empty one removes everything. Raises BundleError."""
    steps = [_removed(child) for child in element.every()]
    if not steps:
        steps = [*(_without(Selection(part, None)) for part in _ALL), _no_payload]

    def act(ctx: Context, message: Message, lenient: bool) -> None:
        for step in steps:
            step(message)

    return act


def _removed(child: Element) -> _Removed:
    part = part_of(child)
    if part is not None:
        return _without(selection(child, part, text_counts=True))
    if child.tag != "Payload":
        raise child.unsupported()
    return _no_payload if child.boolean(default=False) else (lambda message: None)


def _without(chosen: Selection) -> _Removed:
    def step(message: Message) -> None:
        if applies(message, chosen.part):
            found, others = chosen.split(message)
            if found:
                put(message, chosen.part, others)

    return step


def _no_payload(message: Message) -> None:
    message.content = b""
