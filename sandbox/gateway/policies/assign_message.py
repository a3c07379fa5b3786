"""AssignMessage: makes or changes a message, and sets variables.

Apigee documentation, "AssignMessage policy". Its children are executed in the order in which they
are written. `<Authentication>` writes a Google token into a header of the message.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from sandbox.gateway.assignments import assign_variable
from sandbox.gateway.authentication import Authenticate, read_authentication
from sandbox.gateway.context import Context
from sandbox.gateway.markup import Element
from sandbox.gateway.message_actions import ACTIONS, Action, compile_action
from sandbox.gateway.message_copies import no_message
from sandbox.gateway.messages import Kind, Message
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import setter_of

_Find = Callable[[Context], Message]
_READ_BEFORE = ("AssignTo", "IgnoreUnresolvedVariables", "DisplayName", "Description", "Properties")


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    find = _assign_to(element.child("AssignTo"), name)
    lenient = element.boolean_of("IgnoreUnresolvedVariables", default=False)
    before, authenticate, after = _steps(element, name)

    def run(ctx: Context) -> Awaitable[None] | None:
        message = find(ctx)
        for step in before:
            step(ctx, message, lenient)
        return None if authenticate is None else finish(ctx, message, authenticate)

    async def finish(ctx: Context, message: Message, sign: Authenticate) -> None:
        await sign(ctx, message, ctx.target.url)
        for step in after:
            step(ctx, message, lenient)

    return Compiled(run, google_token=authenticate is not None)


def _steps(element: Element, name: str) -> tuple[list[Action], Authenticate | None, list[Action]]:
    """What is done before `<Authentication>`, that, and what is done after it."""
    before: list[Action] = []
    after: list[Action] = []
    authenticate: Authenticate | None = None
    for child in element.every():
        steps = before if authenticate is None else after
        if child.tag in ACTIONS:
            found = child.child("Authentication") if child.tag == "Set" else None
            if found is not None:
                if authenticate is not None:
                    raise found.error("only one <Authentication> is supported")
                authenticate = read_authentication(found)
            steps.extend(compile_action(child, name, handled="Authentication"))
        elif child.tag == "AssignVariable":
            steps.append(assign_variable(child))
        elif child.tag not in _READ_BEFORE:
            raise child.unsupported()
    return before, authenticate, after


def _assign_to(element: Element | None, policy: str) -> _Find:
    """How to find the message that the policy works on; without a name the flow's own."""
    if element is None:
        return lambda ctx: _present(ctx, ctx.phase, policy)
    kind = element.attribute("type")
    if kind not in (None, "request", "response"):
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
        if create != "true" and not name:
            return _present(ctx, ctx.phase, policy)
        found = ctx.message(name) if name else None
        if create == "false" or (create is None and found is not None):
            return _present(ctx, name, policy)
        wanted = cast(Kind, kind) if kind is not None else _usual(ctx)
        message = Message(wanted)
        ctx.variables[_variable(ctx, name, wanted)] = message
        return message

    return find


def _usual(ctx: Context) -> Kind:
    """The kind of message of the flow in which the policy runs."""
    return "request" if ctx.phase == "request" else "response"


def _variable(ctx: Context, name: str, kind: Kind) -> str:
    """Where a new message goes. The error flow's own response is the variable `error`."""
    if name == "message":
        return ctx.phase
    return name or ("error" if ctx.phase == "error" and kind == "response" else kind)


def _present(ctx: Context, variable: str, policy: str) -> Message:
    found = ctx.message(variable)
    if found is None:
        raise no_message(policy, variable)
    return found
