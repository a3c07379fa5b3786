"""AssignMessage: makes or changes a message, and sets variables.

Apigee documentation, "AssignMessage policy". Its children are executed in the order in which they
are written. `<Authentication>` writes an ID token into a header of the message.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from sandbox.gateway import google
from sandbox.gateway.context import Context, Phase
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.message_actions import ACTIONS, Action, compile_action
from sandbox.gateway.messages import Kind, Message
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import getter_of, setter_of, template_of
from sandbox.gateway.templates import UnresolvedError
from sandbox.gateway.variables import as_text

_Authenticate = Callable[[Context, Message], Awaitable[None]]
_Find = Callable[[Context], Message]


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    find = _assign_to(element.child("AssignTo"), name)
    ignore = element.child("IgnoreUnresolvedVariables")
    lenient = ignore.boolean(default=False) if ignore is not None else False
    steps: list[Action] = []
    authenticate: _Authenticate | None = None
    for child in element.every():
        if child.tag in ACTIONS:
            if child.tag == "Set" and (found := child.child("Authentication")) is not None:
                if authenticate is not None:
                    raise found.error("only one <Authentication> is supported")
                authenticate = _authentication(found)
            steps.extend(compile_action(child, name, handled="Authentication"))
        elif child.tag == "AssignVariable":
            steps.append(assign_variable(child))
        elif child.tag not in _READ_BEFORE:
            raise child.error("element is not supported by the sandbox's runtime")

    def run(ctx: Context) -> Awaitable[None] | None:
        message = find(ctx)
        for step in steps:
            step(ctx, message, lenient)
        return None if authenticate is None else authenticate(ctx, message)

    return Compiled(run, google_token=authenticate is not None)


_READ_BEFORE = ("AssignTo", "IgnoreUnresolvedVariables", "DisplayName", "Description", "Properties")


def _assign_to(element: Element | None, policy: str) -> _Find:
    """How to find the message that the policy works on; without `<AssignTo>` the flow's own."""
    if element is None:
        return lambda ctx: _present(ctx, ctx.phase, policy)
    kind = element.attribute("type") or "request"
    if kind not in ("request", "response"):
        raise element.error(f'type "{kind}" is neither request nor response')
    if element.attribute("transport") not in (None, "http"):
        raise element.error('transport must be "http"')
    create = element.attribute("createNew")
    if create not in (None, "true", "false"):
        raise element.error(f'createNew "{create}" is neither true nor false')
    name = element.text()
    if name:
        setter_of(element, name)

    def find(ctx: Context) -> Message:
        variable = name or _own(ctx, cast(Kind, kind))
        found = ctx.message(variable)
        if create == "false" or (create is None and found is not None):
            return _present(ctx, variable, policy)
        message = Message(cast(Kind, kind))
        ctx.variables[ctx.phase if variable == "message" else variable] = message
        return message

    return find


def _own(ctx: Context, kind: Kind) -> Kind | Phase:
    """The variable of the flow's own message of that kind; the error flow's is `error`."""
    return "error" if ctx.phase == "error" and kind == "response" else kind


def _present(ctx: Context, variable: str, policy: str) -> Message:
    found = ctx.message(variable)
    if found is not None:
        return found
    text = f"AssignMessage[{policy}]: value of variable [{variable}] is not of type Message"
    raise Fault("steps.assignmessage.VariableOfNonMsgType", text)


def assign_variable(element: Element) -> Action:
    """`<AssignVariable>`: the referenced variable, or else the value, or a filled template."""
    name = element.need("Name").text()
    put = setter_of(element, name)
    template = element.child("Template")
    ref = element.value_of("Ref")
    value = element.child("Value")
    literal = None if value is None else value.raw_text()
    if template is not None:
        if ref is not None or literal is not None:
            raise element.error("<Template> together with <Ref> or <Value> is not supported")
        fill = template_of(template, template.raw_text())
        return lambda ctx, message, lenient: put(ctx, fill(ctx, lenient))
    if ref is None:
        if literal is None:
            raise element.error("one of <Ref>, <Template> and <Value> is needed")
        return lambda ctx, message, lenient: put(ctx, literal)
    read = getter_of(element, ref)

    def assign(ctx: Context, message: Message, lenient: bool) -> None:
        found = read(ctx)
        if found is None:
            if literal is None and not lenient:
                raise UnresolvedError(ref)
            found = literal
        put(ctx, found)

    return assign


def _authentication(element: Element) -> _Authenticate:
    header = element.value_of("HeaderName") or "Authorization"
    token = element.need("GoogleIDToken")
    audience_element = token.need("Audience")
    audience = audience_element.text()
    if not audience or "{" in audience:
        raise audience_element.error("the audience must be a literal")
    include = token.child("IncludeEmail")
    include_email = include.boolean(default=True) if include is not None else True

    async def authenticate(ctx: Context, message: Message) -> None:
        value = await google.identity_token(ctx, audience, include_email)
        message.set_header(header, f"Bearer {as_text(value)}")

    return authenticate
