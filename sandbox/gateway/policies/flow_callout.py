"""FlowCallout: runs a shared flow of the same environment, with parameters as flow variables.

Apigee documentation, "FlowCallout policy". The shared flow works on the caller's variables and
messages; `apiproxy.name` stays the caller's.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.gateway.context import Context
from sandbox.gateway.flow import run_shared_flow
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Value
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import getter_of, setter_of, template_of
from sandbox.gateway.variables import Setter


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    shared_flow = element.need("SharedFlowBundle").text()
    if not shared_flow:
        raise element.error("<SharedFlowBundle> names no shared flow")
    parameters = element.child("Parameters")
    pairs = [_parameter(p) for p in parameters.children("Parameter")] if parameters else []

    async def run(ctx: Context) -> None:
        for put, read in pairs:
            put(ctx, read(ctx))
        await run_shared_flow(ctx, shared_flow)

    return Compiled(run, shared_flow=shared_flow)


def _parameter(element: Element) -> tuple[Setter, Callable[[Context], Value]]:
    """A parameter's variable and where its value comes from: `ref`, `value` or the text."""
    put = setter_of(element, element.required("name"))
    ref, value, text = element.attribute("ref"), element.attribute("value"), element.text()
    if sum(given not in (None, "") for given in (ref, value, text)) > 1:
        raise element.error('only one of "ref", "value" and the text can be given')
    if ref:
        return put, getter_of(element, ref)
    fill = template_of(element, value or text)
    return put, lambda ctx: fill(ctx, True)
