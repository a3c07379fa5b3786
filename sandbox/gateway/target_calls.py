"""The call of a target endpoint: the URL, the request that is sent, and what a failure means.

Apigee documentation, "Runtime error catalog" and "Flow variables reference" (`target.url`). Owns no
flows; those around the call are `flow`'s.
"""

from __future__ import annotations

from sandbox.gateway import outgoing
from sandbox.gateway.connection import NoServerError
from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.messages import Message
from sandbox.gateway.model import TargetEndpoint
from sandbox.gateway.variables import as_text, getter

_copy_suffix = getter("target.copy.pathsuffix")
_copy_query = getter("target.copy.queryparams")
_target_url = getter("target.url")


async def call_target(ctx: Context, target: TargetEndpoint) -> Message:
    """Send the flow's request to the target; the answer, whatever its status. Raises Fault."""
    message = ctx.variables.get("request")
    if not isinstance(message, Message):
        raise Fault("messaging.runtime.SetVariableFailed", "request is not of type Message")
    url, suffix, request = _target_request(ctx, message)
    ctx.target.sent = ctx.runtime.now()
    try:
        answer, ctx.target.called = await target.connection.send(ctx, request, url, suffix)
    except outgoing.CallError as error:
        raise _target_fault(error) from error
    ctx.target.received = ctx.runtime.now()
    return answer


def _target_fault(error: outgoing.CallError) -> Fault:
    """Apigee documentation, "Runtime error catalog"."""
    prefix = "messaging.adaptors.http.flow"
    if isinstance(error, outgoing.CallTimeoutError):
        code, reason = f"{prefix}.GatewayTimeout", "TARGET_READ_TIMEOUT"
        return Fault(code, "Gateway Timeout", 504, reason)
    if isinstance(error, outgoing.EndOfFileError):
        return Fault(f"{prefix}.UnexpectedEOFAtTarget", "Unexpected EOF at target", 502)
    if isinstance(error, outgoing.TooLargeError):
        return Fault("protocol.http.TooBigBody", "Body buffer overflow", 502)
    text = "The Service is temporarily unavailable"
    if isinstance(error, NoServerError):
        return Fault(f"{prefix}.NoActiveTargets", text, 503)
    timeout = isinstance(error, outgoing.ConnectTimeoutError)
    reason = "TARGET_CONNECT_TIMEOUT" if timeout else "TARGET_CONNECT_FAILED"
    return Fault(f"{prefix}.ServiceUnavailable", text, 503, reason)


def _target_request(ctx: Context, message: Message) -> tuple[str | None, str, Message]:
    """The URL to call, without query, the path that follows a server's, and the message to send.

    The path suffix follows the configured URL; a `target.url` that a policy wrote is taken whole.
    Without either the load balancer chooses the URL, which is None then.
    """
    url = ctx.target.url = as_text(_target_url(ctx))
    suffix = ctx.pathsuffix if as_text(_copy_suffix(ctx)) == "true" else ""
    if url and "target.url" not in ctx.variables and suffix:
        base, mark, query = url.partition("?")
        url = f"{base.rstrip('/')}{suffix}{mark}{query}"
    if as_text(_copy_query(ctx)) == "true" or not message.query:
        return url or None, suffix, message
    request = message.copy()
    request.query = ""
    return url or None, suffix, request
