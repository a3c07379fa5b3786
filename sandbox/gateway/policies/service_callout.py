"""ServiceCallout: calls a service from within a flow and keeps its answer in a message variable.

Apigee documentation, "ServiceCallout policy". Without `<Response>` the flow doesn't wait, and
nothing of the call's end reaches it. Without `success.codes` an answer of 4xx or 5xx is an error;
the response variable holds such an answer too. Calls to proxies of the same environment
(`<LocalTargetConnection>`) are refused.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from sandbox.gateway import outgoing
from sandbox.gateway.connection import Connection, joined, read_connection
from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.message_actions import ACTIONS, Action, compile_action
from sandbox.gateway.messages import Message
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import setter_of, whole_number
from sandbox.gateway.variables import Setter

_log = logging.getLogger(__name__)
_DEFAULT_VARIABLE = "servicecallout.request"


class _Computed(str):
    """A URL that the policy itself has put into its variable, not one that another policy set."""

    __slots__ = ()


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    connection = read_connection(element.need("HTTPTargetConnection"))
    limit = element.child("Timeout")
    if limit is not None:
        seconds = whole_number(limit, limit.text(), 1, 600_000) / 1000
        timeouts = replace(connection.timeouts, read=seconds, total=seconds)
        connection = replace(connection, timeouts=timeouts)
    callout = _Callout(name, connection, _Request(element.child("Request"), name))
    response = element.child("Response")
    keep = setter_of(response, response.text()) if response is not None else None

    async def run(ctx: Context) -> None:
        message, url = callout.prepare(ctx)
        if keep is not None:
            await callout.wait(ctx, message, url, keep)
        else:
            callout.forget(ctx, message, url)

    return Compiled(run, google_token=connection.mints)


class _Callout:
    """One policy's call."""

    def __init__(self, name: str, connection: Connection, request: _Request) -> None:
        self._name = name
        self._connection = connection
        self._request = request
        self._variable = f"servicecallout.{name}.target.url"

    def prepare(self, ctx: Context) -> tuple[Message, str | None]:
        """The message and the URL to send it to; None where a load balancer chooses."""
        message = self._request.prepare(ctx)
        url = self._url(ctx)
        if url is not None:
            # A path that a policy has set; the client's own is no part of a callout.
            if message is not ctx.variables.get("request"):
                url = joined(url, message.path)
            parts = urlsplit(url)
            ctx.variables["servicecallout.requesturi"] = urlunsplit(("", "", *parts[2:4], ""))
        return message, url

    def _url(self, ctx: Context) -> str | None:
        """The element's URL, or what another policy has put into `servicecallout.….target.url`."""
        given = ctx.variables.get(self._variable)
        if isinstance(given, str) and given and not isinstance(given, _Computed):
            return given
        if self._connection.url is None:
            return None
        url = self._connection.url(ctx, self._request.lenient)
        ctx.variables[self._variable] = _Computed(url)
        return url

    async def wait(self, ctx: Context, message: Message, url: str | None, keep: Setter) -> None:
        """Send the message and keep the answer. Raises Fault."""
        try:
            answer, _ = await self._connection.send(ctx, message, url)
        except outgoing.CallTimeoutError as error:
            raise self._failed(f"timeout occurred in {self._name}") from error
        except outgoing.CallError as error:
            raise self._failed("Host not reachable") from error
        finally:
            self._request.release(message)
        keep(ctx, answer)
        if not self._connection.success(answer.status):
            raise self._failed(f"ResponseCode {answer.status} is treated as error")

    def forget(self, ctx: Context, message: Message, url: str | None) -> None:
        """Have the message sent by and by."""
        ctx.runtime.later(self._send(ctx, message.copy(), url))
        self._request.release(message)

    async def _send(self, ctx: Context, message: Message, url: str | None) -> None:
        """Send the message; whatever happens then is nobody's concern but the log's."""
        try:
            await self._connection.send(ctx, message, url)
        except (outgoing.CallError, Fault) as error:
            _log.warning("ServiceCallout %s, which waits for no answer: %s", self._name, error)

    def _failed(self, reason: str) -> Fault:
        text = f"Execution of ServiceCallout {self._name} failed. Reason: {reason}"
        return Fault("steps.servicecallout.ExecutionFailed", text)


class _Request:
    """The message that is sent: a variable's, or a new one, with the policy's changes."""

    def __init__(self, element: Element | None, policy: str) -> None:
        self._policy = policy
        self._actions: list[Action] = []
        self.lenient = False
        self._clear = True
        self._variable = ""
        if element is None:
            return
        self._variable = element.attribute("variable") or ""
        if self._variable:
            setter_of(element, self._variable)
        self._clear = element.flag("clearPayload", default=True)
        self.lenient = element.boolean_of("IgnoreUnresolvedVariables", default=False)
        for child in element.every():
            if child.tag in ACTIONS:
                self._actions.extend(compile_action(child, policy))
            elif child.tag != "IgnoreUnresolvedVariables":
                raise child.unsupported()

    def prepare(self, ctx: Context) -> Message:
        """The request message. Raises Fault where the variable holds something else."""
        message = self._found(ctx)
        for action in self._actions:
            action(ctx, message, self.lenient)
        return message

    def release(self, message: Message) -> None:
        """Free the payload of a message that has been sent."""
        if self._clear:
            message.content = b""

    def _found(self, ctx: Context) -> Message:
        """The named variable's message; without a name, and where there is none, a new one."""
        found = ctx.message(self._variable) if self._variable else None
        if found is None:
            if self._variable and ctx.variables.get(self._variable) is not None:
                raise self._wrong("RequestVariableNotMessageType", "Message")
            found = ctx.variables[self._variable or _DEFAULT_VARIABLE] = Message("request")
        if found.kind != "request":
            raise self._wrong("RequestVariableNotRequestMessageType", "Request Message")
        return found

    def _wrong(self, fault: str, wanted: str) -> Fault:
        text = (
            f"ServiceCallout[{self._policy}]: request variable [{self._variable}]"
            f" value is not of type {wanted}"
        )
        return Fault(f"steps.servicecallout.{fault}", text)
