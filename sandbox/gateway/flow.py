"""Runs a request through a proxy: flows, route, target, response flows, and the error flow.

Apigee documentation, "Flow configurations", "Handling faults" and "Attaching a shared flow using a
flow hook". Fault rules belong to the endpoint in which the fault arose, a hook's fault to the
endpoint that the hook goes before or after; a proxy endpoint tries them from the last to the first, a
target endpoint from the first to the last, and only one runs.
"""

from __future__ import annotations

import asyncio

from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault, fault_message
from sandbox.gateway.messages import Message
from sandbox.gateway.model import (
    FaultRule,
    Flow,
    Flows,
    HookPoint,
    Policy,
    ProxyEndpoint,
    Step,
    TargetEndpoint,
)
from sandbox.gateway.target_calls import call_target
from sandbox.gateway.templates import UnresolvedError
from sandbox.gateway.variables import CannotSetError

# Apigee refuses longer chains of shared flows when they are deployed; here it also stops a loop.
_DEEPEST = 5
# Shared flows that call each other many times over would never end: the sandbox's own limit.
_MOST_POLICIES = 10_000
_TURN = 100


async def run_proxy(ctx: Context, endpoint: ProxyEndpoint) -> Message:
    """The message that answers the client; faults end here."""
    try:
        await run_hook(ctx, "PreProxyFlowHook")
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
        await run_hook(ctx, "PostProxyFlowHook")
        return _answer(ctx)
    except Fault as fault:
        return await _error_flow(ctx, endpoint.flows, fault, last_first=True)


async def run_after(ctx: Context, endpoint: ProxyEndpoint) -> None:
    """The PostClientFlow: after the client has its answer, so that a fault reaches nobody."""
    try:
        await run_steps(ctx, endpoint.after)
    except Fault:
        return


async def run_shared_flow(ctx: Context, name: str) -> None:
    """Execute a shared flow of the environment. Raises Fault, for one that isn't there too."""
    deployed = ctx.view.shared_flow(ctx.deployed.environment, name)
    if deployed is None:
        raise Fault("flow.SharedFlowNotFound", f"Shared Flow {name} Not Found")
    if ctx.depth >= _DEEPEST:
        text = f"Shared Flow {name} is called more than {_DEEPEST} levels deep"
        raise Fault("flow.SharedFlowRecursion", text)
    outer = ctx.shared_flow
    ctx.shared_flow = name
    ctx.depth += 1
    try:
        await run_steps(ctx, deployed.bundle.steps)
    finally:
        ctx.depth -= 1
        ctx.shared_flow = outer


async def run_hook(ctx: Context, point: HookPoint) -> None:
    """Execute the shared flow that is attached to a flow hook, if there is one. Raises Fault."""
    hook = ctx.view.flow_hook(ctx.deployed.environment, point)
    if hook is None:
        return
    try:
        await run_shared_flow(ctx, hook.shared_flow)
    except Fault:
        if not hook.continue_on_error:
            raise


async def run_steps(ctx: Context, steps: tuple[Step, ...]) -> None:
    """Execute policies in order. Raises Fault from the first that fails and mayn't."""
    trace = ctx.trace
    for step in steps:
        policy = step.policy
        if step.condition is not None and not step.condition(ctx):
            if trace is not None:
                trace.skipped(policy.name, policy.type)
            continue
        await _count(ctx)
        if trace is not None:
            trace.enter(policy.name, policy.type)
        fault: Fault | None = None
        try:
            pending = policy.compiled.run(ctx)
            if pending is not None:
                await pending
        except (Fault, UnresolvedError, CannotSetError) as error:
            fault = _as_fault(policy, error)
            _mark_failed(ctx, policy)
            if not policy.continue_on_error or ctx.executed > _MOST_POLICIES:
                raise fault from error
        finally:
            if trace is not None:
                trace.leave(fault)


async def _count(ctx: Context) -> None:
    """Count a policy, and let other requests run now and then. Raises Fault after too many."""
    ctx.executed += 1
    if ctx.executed > _MOST_POLICIES:
        raise Fault("flow.APITimedOut", "API timed out", 504)
    if ctx.executed % _TURN == 0:
        await asyncio.sleep(0)


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
        ctx.flow_name, ctx.flow_description = flow.name, flow.description
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
    ctx.target.name, ctx.in_target = target.flows.name, True
    try:
        await run_hook(ctx, "PreTargetFlowHook")
        if target.connection.url is not None:
            ctx.target.url = target.connection.url(ctx, True)
        await _requests(ctx, target.flows)
        _pass(ctx, "target request")
        response = await call_target(ctx, target)
        ctx.variables["response"] = response
        ctx.phase = "response"
        _pass(ctx, "target response")
        if not target.connection.success(response.status):
            code = "messaging.adaptors.http.flow.ErrorResponseCode"
            raise Fault(code, "Error response from the target", response.status, None, response)
        await _responses(ctx, target.flows)
        await run_hook(ctx, "PostTargetFlowHook")
    except Fault as fault:
        return await _error_flow(ctx, target.flows, fault, last_first=False)
    finally:
        ctx.in_target = False
    return None


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
    _pass(ctx, "error")


def _pass(ctx: Context, point: str) -> None:
    """Tell a debug session where the request is."""
    if ctx.trace is not None:
        ctx.trace.passed(point)


def _answer(ctx: Context) -> Message:
    message = ctx.message("message")
    if message is None or message.kind != "response":
        fault = Fault("messaging.runtime.ResponseMissing", "There is no response to send")
        return fault_message(fault)
    return message
