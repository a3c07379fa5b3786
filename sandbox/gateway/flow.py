"""Runs a request through a proxy: flows, route, target, response flows, and the error flow.

Apigee documentation, "Flow configurations" and "Handling faults". Fault rules belong to the
endpoint in which the fault arose; a proxy endpoint tries them from the last to the first, a target
endpoint from the first to the last, and only one runs.
"""

from __future__ import annotations

from sandbox.gateway import outgoing
from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.messages import Message
from sandbox.gateway.model import (
    FaultRule,
    Flow,
    Flows,
    Policy,
    ProxyEndpoint,
    Step,
    TargetEndpoint,
)
from sandbox.gateway.templates import UnresolvedError
from sandbox.gateway.variables import CannotSetError, as_text, getter

_copy_suffix = getter("target.copy.pathsuffix")
_copy_query = getter("target.copy.queryparams")
_target_url = getter("target.url")


async def run_proxy(ctx: Context, endpoint: ProxyEndpoint) -> Message:
    """The message that answers the client; faults end here."""
    try:
        await _requests(ctx, endpoint.flows)
        target = _route(ctx, endpoint)
        if target is None:
            ctx.phase = "response"
            ctx.variables["response"] = Message("response")
        else:
            error = await _run_target(ctx, target)
            if error is not None:
                return error
        await _responses(ctx, endpoint.flows)
        return _answer(ctx)
    except Fault as fault:
        return await _error_flow(ctx, endpoint.flows, fault, last_first=True)


async def run_after(ctx: Context, endpoint: ProxyEndpoint) -> None:
    """The PostClientFlow: after the client has its answer, so that a fault reaches nobody."""
    try:
        await run_steps(ctx, endpoint.after)
    except Fault:
        return


async def run_steps(ctx: Context, steps: tuple[Step, ...]) -> None:
    """Execute policies in order. Raises Fault from the first that fails and mayn't."""
    for step in steps:
        if step.condition is None or step.condition(ctx):
            policy = step.policy
            try:
                pending = policy.compiled.run(ctx)
                if pending is not None:
                    await pending
            except (Fault, UnresolvedError, CannotSetError) as error:
                fault = _as_fault(policy, error)
                _mark_failed(ctx, policy)
                if not policy.continue_on_error:
                    raise fault from error


def _as_fault(policy: Policy, error: Fault | UnresolvedError | CannotSetError) -> Fault:
    if isinstance(error, Fault):
        return error
    prefix = f"steps.{policy.type.lower()}"
    if isinstance(error, UnresolvedError):
        text = f"{policy.type}[{policy.name}]: unable to resolve variable [{error}]"
        return Fault(f"{prefix}.UnresolvedVariable", text)
    text = f"Failed to set variable {error} in {policy.type} {policy.name}"
    return Fault(f"{prefix}.SetVariableFailed", text)


def _mark_failed(ctx: Context, policy: Policy) -> None:
    prefix = policy.type.lower()
    ctx.variables[f"{prefix}.failed"] = True
    ctx.variables[f"{prefix}.{policy.name}.failed"] = True


async def _requests(ctx: Context, flows: Flows) -> None:
    await _run_flow(ctx, flows.pre, flows.pre.request)
    chosen = _first(ctx, flows.conditional)
    if chosen is not None:
        await _run_flow(ctx, chosen, chosen.request)
    await _run_flow(ctx, flows.post, flows.post.request)


async def _responses(ctx: Context, flows: Flows) -> None:
    await _run_flow(ctx, flows.pre, flows.pre.response)
    chosen = _first(ctx, flows.conditional)
    if chosen is not None:
        await _run_flow(ctx, chosen, chosen.response)
    await _run_flow(ctx, flows.post, flows.post.response)


async def _run_flow(ctx: Context, flow: Flow, steps: tuple[Step, ...]) -> None:
    if steps:
        ctx.flow_name = flow.name
        await run_steps(ctx, steps)


def _first(ctx: Context, flows: tuple[Flow, ...]) -> Flow | None:
    for flow in flows:
        if flow.condition is None or flow.condition(ctx):
            return flow
    return None


def _route(ctx: Context, endpoint: ProxyEndpoint) -> TargetEndpoint | None:
    """The target of the first route that applies; None for a route without one."""
    for route in endpoint.routes:
        if route.condition is None or route.condition(ctx):
            ctx.route = route.name
            return None if route.target is None else ctx.deployed.bundle.targets[route.target]
    text = "Unable to route the message to a TargetEndpoint"
    raise Fault("messaging.runtime.RouteFailed", text)


async def _run_target(ctx: Context, target: TargetEndpoint) -> Message | None:
    """Call the target between its flows; the error flow's message where a fault arose here."""
    ctx.target.name = target.flows.name
    try:
        ctx.target.url = target.url(ctx, True)
        await _requests(ctx, target.flows)
        response = await _call_target(ctx, target)
        ctx.variables["response"] = response
        ctx.phase = "response"
        if not target.success(response.status):
            code = "messaging.adaptors.http.flow.ErrorResponseCode"
            raise Fault(code, "Error response from the target", response.status, None, response)
        await _responses(ctx, target.flows)
    except Fault as fault:
        return await _error_flow(ctx, target.flows, fault, last_first=False)
    return None


async def _call_target(ctx: Context, target: TargetEndpoint) -> Message:
    message = ctx.variables.get("request")
    if not isinstance(message, Message):
        raise Fault("messaging.runtime.SetVariableFailed", "request is not of type Message")
    url, request = _target_request(ctx, message)
    try:
        return await outgoing.call(ctx.runtime.client, request, url, target.timeouts)
    except outgoing.CallTimeoutError as error:
        code = "messaging.adaptors.http.flow.GatewayTimeout"
        raise Fault(code, "Gateway Timeout", 504, "TARGET_READ_TIMEOUT") from error
    except outgoing.CallError as error:
        code = "messaging.adaptors.http.flow.ServiceUnavailable"
        text = "The Service is temporarily unavailable"
        raise Fault(code, text, 503, "TARGET_CONNECT_FAILED") from error


def _target_request(ctx: Context, message: Message) -> tuple[str, Message]:
    """The URL to call, without query, and the message to send there.

    The path suffix follows the configured URL; a `target.url` that a policy wrote is taken whole.
    """
    url = as_text(_target_url(ctx))
    if "target.url" not in ctx.variables and as_text(_copy_suffix(ctx)) == "true":
        base, mark, query = url.partition("?")
        url = f"{base.rstrip('/')}{ctx.pathsuffix}{mark}{query}"
    ctx.target.url = url
    if as_text(_copy_query(ctx)) == "true" or not message.query:
        return url, message
    request = message.copy()
    request.query = ""
    return url, request


async def _error_flow(ctx: Context, flows: Flows, fault: Fault, last_first: bool) -> Message:
    _enter_error(ctx, fault)
    rules = reversed(flows.fault_rules) if last_first else flows.fault_rules
    default = flows.default_fault_rule
    try:
        chosen = next((rule for rule in rules if _applies(ctx, rule)), None)
        if chosen is not None:
            await run_steps(ctx, chosen.steps)
        if default is not None and (chosen is None or default.always) and _applies(ctx, default):
            await run_steps(ctx, default.steps)
    except Fault as second:
        # A fault in the error flow ends it, with the newer fault's answer.
        _enter_error(ctx, second)
    return _answer(ctx)


def _applies(ctx: Context, rule: FaultRule) -> bool:
    return rule.condition is None or rule.condition(ctx)


def _enter_error(ctx: Context, fault: Fault) -> None:
    ctx.phase = "error"
    ctx.fault = fault
    ctx.variables["error"] = fault.response or fault_message(fault)


def fault_message(fault: Fault) -> Message:
    """The JSON answer for a fault that no fault rule has shaped."""
    message = Message("response")
    message.status = fault.status
    message.content = fault.body()
    message.set_header("Content-Type", "application/json")
    return message


def _answer(ctx: Context) -> Message:
    message = ctx.message("message")
    if message is None or message.kind != "response":
        fault = Fault("messaging.runtime.ResponseMissing", "There is no response to send")
        return fault_message(fault)
    return message
