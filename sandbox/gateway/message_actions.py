"""`<Set>`, `<Add>`, `<Copy>`, `<Remove>` of AssignMessage, ServiceCallout and RaiseFault.

Apigee documentation, "AssignMessage policy". Actions run in the order in which they are written.
What a message of that kind doesn't have (a response's verb, a request's status) is left alone.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.gateway import message_copies
from sandbox.gateway.context import Context
from sandbox.gateway.markup import Element
from sandbox.gateway.message_fields import CannotSetError, set_parameter, set_status
from sandbox.gateway.message_parts import Part, applies, items, pairs, part_of, put
from sandbox.gateway.messages import Message, encoded
from sandbox.gateway.reading import template_of
from sandbox.gateway.templates import Template

Action = Callable[[Context, Message, bool], None]
"""Changes a message; the flag says whether unresolved variables are left empty."""

ACTIONS = ("Set", "Add", "Copy", "Remove")


def compile_action(element: Element, policy: str, handled: str = "") -> list[Action]:
    """The actions of one `<Set>`, `<Add>`, `<Copy>` or `<Remove>`. Raises BundleError.

    `handled` is the tag of a child that the caller reads itself.
    """
    if element.tag == "Copy":
        return [message_copies.copy(element, policy)]
    if element.tag == "Remove":
        return [message_copies.remove(element)]
    build = _set if element.tag == "Set" else _add
    return [action for child in element.every() if child.tag != handled for action in build(child)]


def _set(child: Element) -> list[Action]:
    part = part_of(child)
    if part == "FormParams":
        return [_form(child)] if not child.is_leaf else []
    if part is not None:
        return [_line(item, part, _overwrite) for item in items(child)]
    if child.tag == "Payload":
        return [_payload(child)]
    if child.tag in _SCALARS:
        return _scalar(child)
    raise child.unsupported()


def _add(child: Element) -> list[Action]:
    part = part_of(child)
    if part is None:
        raise child.unsupported()
    return [_line(item, part, _append) for item in items(child)]


def _filled(template: Template, ctx: Context, lenient: bool) -> str:
    """A template's text, such as an encoding can write."""
    text = template(ctx, lenient)
    return text if text.isascii() else encoded(text).decode()


_Write = Callable[[Message, Part, str, str], None]


def _line(item: Element, part: Part, write: _Write) -> Action:
    name = item.required("name")
    value = template_of(item, item.text())

    def act(ctx: Context, message: Message, lenient: bool) -> None:
        if applies(message, part):
            write(message, part, name, _filled(value, ctx, lenient))

    return act


def _overwrite(message: Message, part: Part, name: str, value: str) -> None:
    if part == "Headers":
        message.set_header(name, value)
    else:
        set_parameter(message, part == "FormParams", name, value)


def _append(message: Message, part: Part, name: str, value: str) -> None:
    if part == "Headers":
        message.add_header(name, value)
    else:
        put(message, part, [*pairs(message, part), (name, value)])


def _form(element: Element) -> Action:
    """A form is written anew in whole."""
    fields = [(item.required("name"), template_of(item, item.text())) for item in items(element)]

    def act(ctx: Context, message: Message, lenient: bool) -> None:
        if applies(message, "FormParams"):
            lines = [(name, _filled(value, ctx, lenient)) for name, value in fields]
            message.set_parameters(True, lines)

    return act


def _payload(element: Element) -> Action:
    content_type = template_of(element, element.attribute("contentType") or "")
    prefix = element.attribute("variablePrefix")
    suffix = element.attribute("variableSuffix")
    content = template_of(element, element.inner_xml(), prefix or "{", suffix or "}")

    def act(ctx: Context, message: Message, lenient: bool) -> None:
        message.content = _filled(content, ctx, lenient).encode()
        kind = _filled(content_type, ctx, lenient)
        if kind:
            message.set_header("Content-Type", kind)

    return act


def _set_version(message: Message, value: str) -> None:
    if value not in ("1.0", "1.1"):
        raise CannotSetError("version")
    message.version = value


_Put = Callable[[Message, str], None]

_SCALARS: dict[str, tuple[str, _Put]] = {
    "Verb": ("request", lambda message, value: setattr(message, "verb", value)),
    "Path": ("request", lambda message, value: setattr(message, "path", value)),
    "Version": ("request", _set_version),
    "StatusCode": ("response", set_status),
    "ReasonPhrase": ("response", lambda message, value: setattr(message, "reason", value)),
}


def _scalar(element: Element) -> list[Action]:
    kind, write = _SCALARS[element.tag]
    text = element.text()
    if not text:  # as in the policy that the console's editor starts with
        return []
    value = template_of(element, text)

    def act(ctx: Context, message: Message, lenient: bool) -> None:
        if message.kind == kind:
            write(message, _filled(value, ctx, lenient))

    return [act]
