"""ServiceCallout: calls a service from within a flow and keeps its answer in a message variable.

Apigee documentation, "ServiceCallout policy". Without `success.codes` an answer of 4xx or 5xx is an
error. The response variable holds such an answer too.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from sandbox.gateway import outgoing
from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.message_actions import ACTIONS, Action, compile_action
from sandbox.gateway.messages import Message
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import setter_of, whole_number


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    url, success, timeouts = outgoing.read_connection(element.need("HTTPTargetConnection"))
    limit = element.child("Timeout")
    if limit is not None:
        seconds = whole_number(limit, limit.text(), 1, 600_000) / 1000
        timeouts = replace(timeouts, read=seconds)
    request = _Request(element.child("Request"), name)
    response = element.need("Response").text()
    keep = setter_of(element, response)

    async def run(ctx: Context) -> None:
        message = request.prepare(ctx)
        filled = url(ctx, request.lenient)
        ctx.variables["servicecallout.requesturi"] = urlsplit(filled).path
        ctx.variables[f"servicecallout.{name}.target.url"] = filled
        answer = await _call(ctx, name, message, filled, timeouts)
        if request.clear:
            message.content = b""
        keep(ctx, answer)
        if not success(answer.status):
            raise _failed(name, f"ResponseCode {answer.status} is treated as error")

    return Compiled(run)


class _Request:
    """The message that is sent: a variable's, or a new one, with the policy's changes."""

    def __init__(self, element: Element | None, policy: str) -> None:
        self._policy = policy
        self._actions: list[Action] = []
        self.lenient = False
        self.clear = True
        self._variable = ""
        if element is None:
            return
        self._variable = element.attribute("variable") or ""
        if self._variable:
            setter_of(element, self._variable)
        self.clear = element.flag("clearPayload", default=True)
        ignore = element.child("IgnoreUnresolvedVariables")
        self.lenient = ignore.boolean(default=False) if ignore is not None else False
        for child in element.every():
            if child.tag in ACTIONS:
                self._actions.extend(compile_action(child, policy))
            elif child.tag != "IgnoreUnresolvedVariables":
                raise child.error("element is not supported by the sandbox's runtime")

    def prepare(self, ctx: Context) -> Message:
        """The request message. Raises Fault where the variable holds something else."""
        message = self._found(ctx)
        for action in self._actions:
            action(ctx, message, self.lenient)
        return message

    def _found(self, ctx: Context) -> Message:
        found = ctx.message(self._variable) if self._variable else None
        if found is None:
            if self._variable and ctx.variables.get(self._variable) is not None:
                raise self._wrong("RequestVariableNotMessageType", "Message")
            found = Message("request")
            if self._variable:
                ctx.variables[self._variable] = found
        if found.kind != "request":
            raise self._wrong("RequestVariableNotRequestMessageType", "Request Message")
        return found

    def _wrong(self, fault: str, wanted: str) -> Fault:
        text = (
            f"ServiceCallout[{self._policy}]: request variable [{self._variable}]"
            f" value is not of type {wanted}"
        )
        return Fault(f"steps.servicecallout.{fault}", text)


async def _call(
    ctx: Context, name: str, message: Message, url: str, timeouts: outgoing.Timeouts
) -> Message:
    try:
        return await outgoing.call(ctx.runtime.client, message, url, timeouts)
    except outgoing.CallTimeoutError as error:
        raise _failed(name, f"timeout occurred in {name}") from error
    except outgoing.CallError as error:
        raise _failed(name, "Host not reachable") from error


def _failed(name: str, reason: str) -> Fault:
    text = f"Execution of ServiceCallout {name} failed. Reason: {reason}"
    return Fault("steps.servicecallout.ExecutionFailed", text)
