"""`<Set>`, `<Add>`, `<Copy>`, `<Remove>` of AssignMessage, ServiceCallout and RaiseFault.

Apigee documentation, "AssignMessage policy". Actions run in the order in which they are written.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Message
from sandbox.gateway.reading import template_of
from sandbox.gateway.variables import set_parameter, set_status

Action = Callable[[Context, Message, bool], None]
"""Changes a message; the flag says whether unresolved variables are left empty."""

ACTIONS = ("Set", "Add", "Copy", "Remove")


def compile_action(element: Element, policy: str, handled: str = "") -> list[Action]:
    """The actions of one `<Set>`, `<Add>`, `<Copy>` or `<Remove>`. Raises BundleError.

    `handled` is the tag of a child that the caller reads itself.
    """
    if element.tag == "Copy":
        return [_copy(element, policy)]
    build = {"Set": _set, "Add": _add, "Remove": _remove}[element.tag]
    return [action for child in element.every() if child.tag != handled for action in build(child)]


def _set(child: Element) -> list[Action]:
    if child.tag == "Headers":
        return [_header(item, Message.set_header) for item in _items(child)]
    if child.tag in _PARAMETERS:
        return _parameters(child)
    if child.tag == "Payload":
        return [_payload(child)]
    if child.tag in _SCALARS:
        return [_scalar(child)]
    raise child.error("element is not supported by the sandbox's runtime")


def _add(child: Element) -> list[Action]:
    if child.tag == "Headers":
        return [_header(item, Message.add_header) for item in _items(child)]
    if child.tag in _PARAMETERS:
        form = child.tag == "FormParams"
        return [_added_parameter(item, form) for item in _items(child)]
    raise child.error("element is not supported by the sandbox's runtime")


def _remove(child: Element) -> list[Action]:
    if child.tag == "Payload":
        wanted = child.boolean(default=True)
        return [lambda ctx, message, lenient: setattr(message, "content", b"")] if wanted else []
    names = [item.required("name") for item in _items(child)]
    if child.tag == "Headers":
        return [_remove_headers(names)]
    if child.tag in _PARAMETERS:
        return [_remove_parameters(names, form=child.tag == "FormParams")]
    raise child.error("element is not supported by the sandbox's runtime")


_PARAMETERS = {"QueryParams": "QueryParam", "FormParams": "FormParam"}
_ITEMS = {"Headers": "Header", **_PARAMETERS}


def _items(element: Element) -> list[Element]:
    return element.children(_ITEMS.get(element.tag, ""))


def _header(item: Element, put: Callable[[Message, str, str], None]) -> Action:
    name = item.required("name")
    value = template_of(item, item.text())
    return lambda ctx, message, lenient: put(message, name, value(ctx, lenient))


def _parameters(element: Element) -> list[Action]:
    """Set parameters: a form is written anew in whole, query parameters one by one."""
    form = element.tag == "FormParams"
    pairs = [(item.required("name"), template_of(item, item.text())) for item in _items(element)]

    def put(ctx: Context, message: Message, lenient: bool) -> None:
        values = [(name, value(ctx, lenient)) for name, value in pairs]
        if form:
            message.set_parameters(True, values)
            return
        for name, value in values:
            set_parameter(message, False, name, value)

    return [put]


def _added_parameter(item: Element, form: bool) -> Action:
    name = item.required("name")
    value = template_of(item, item.text())

    def add(ctx: Context, message: Message, lenient: bool) -> None:
        message.set_parameters(form, [*message.parameters(form), (name, value(ctx, lenient))])

    return add


def _payload(element: Element) -> Action:
    content_type = template_of(element, element.attribute("contentType") or "")
    content = template_of(element, element.raw_text())

    def put(ctx: Context, message: Message, lenient: bool) -> None:
        message.content = content(ctx, lenient).encode()
        kind = content_type(ctx, lenient)
        if kind:
            message.set_header("Content-Type", kind)

    return put


_SCALARS: dict[str, Callable[[Message, str], None]] = {
    "Verb": lambda message, value: setattr(message, "verb", value),
    "StatusCode": set_status,
    "ReasonPhrase": lambda message, value: setattr(message, "reason", value),
}


def _scalar(element: Element) -> Action:
    put = _SCALARS[element.tag]
    value = template_of(element, element.text())
    return lambda ctx, message, lenient: put(message, value(ctx, lenient))


def _remove_headers(names: list[str]) -> Action:
    def remove(ctx: Context, message: Message, lenient: bool) -> None:
        if not names:
            message.clear_headers()
        for name in names:
            message.remove_header(name)

    return remove


def _remove_parameters(names: list[str], form: bool) -> Action:
    def remove(ctx: Context, message: Message, lenient: bool) -> None:
        kept = [pair for pair in message.parameters(form) if names and pair[0] not in names]
        if form and not message.parameters(form):
            return
        message.set_parameters(form, kept)

    return remove


_Part = Callable[[Message, Message], None]


def _copy(element: Element, policy: str) -> Action:
    source = element.required("source")
    parts = [_part(child) for child in element.every()] or _EVERYTHING

    def copy(ctx: Context, message: Message, lenient: bool) -> None:
        found = ctx.message(source)
        if found is not None:
            for part in parts:
                part(found, message)
        elif not lenient:
            _refuse_source(ctx, source, policy)

    return copy


def _refuse_source(ctx: Context, source: str, policy: str) -> None:
    if ctx.variables.get(source) is None:
        text = f"AssignMessage[{policy}]: unable to resolve variable [{source}]"
        raise Fault("steps.assignmessage.UnresolvedVariable", text)
    text = f"AssignMessage[{policy}]: value of variable [{source}] is not of type Message"
    raise Fault("steps.assignmessage.VariableOfNonMsgType", text)


def _part(child: Element) -> _Part:
    if child.tag in _ITEMS:
        names = [item.required("name") for item in _items(child)]
        if child.tag == "Headers":
            return _copied_headers(names)
        return _copied_parameters(names, form=child.tag == "FormParams")
    copy = _COPIED.get(child.tag)
    if copy is None:
        raise child.error("element is not supported by the sandbox's runtime")
    return copy if child.boolean(default=True) else (lambda source, message: None)


def _copied_headers(names: list[str]) -> _Part:
    wanted = {name.lower() for name in names}

    def copy(source: Message, message: Message) -> None:
        for name in source.header_names():
            if not wanted or name.lower() in wanted:
                message.remove_header(name)
                for value in source.header_values(name):
                    message.add_header(name, value)

    return copy


def _copied_parameters(names: list[str], form: bool) -> _Part:
    def copy(source: Message, message: Message) -> None:
        pairs = [pair for pair in source.parameters(form) if not names or pair[0] in names]
        if pairs:
            copied = {name for name, _ in pairs}
            kept = [pair for pair in message.parameters(form) if pair[0] not in copied]
            message.set_parameters(form, [*kept, *pairs])

    return copy


def _copied(field: str) -> _Part:
    return lambda source, message: setattr(message, field, getattr(source, field))


def _copied_payload(source: Message, message: Message) -> None:
    message.content = source.content
    content_type = source.header("content-type")
    if content_type is not None:
        message.set_header("Content-Type", content_type)


_COPIED: dict[str, _Part] = {
    "Payload": _copied_payload,
    "Verb": _copied("verb"),
    "StatusCode": _copied("status"),
    "ReasonPhrase": _copied("reason"),
}


def _copied_line(source: Message, message: Message) -> None:
    """What only a message of the same kind has: verb and query, or status and reason."""
    if source.kind == message.kind:
        for field in ("verb", "query", "status", "reason"):
            setattr(message, field, getattr(source, field))


_EVERYTHING: list[_Part] = [_copied_headers([]), _copied_payload, _copied_line]
