"""RaiseFault: puts the flow into its error state with an answer of the policy's own.

Apigee documentation, "RaiseFault policy". Unresolved variables are ignored by default.
"""

from __future__ import annotations

from sandbox.gateway.assignments import assign_variable
from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault, fault_message
from sandbox.gateway.markup import Element
from sandbox.gateway.message_actions import ACTIONS, Action, compile_action
from sandbox.gateway.model import Compiled


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    lenient = element.boolean_of("IgnoreUnresolvedVariables", default=True)
    actions: list[Action] = []
    response = element.child("FaultResponse")
    for child in response.every() if response is not None else ():
        if child.tag in ACTIONS:
            actions.extend(compile_action(child, name))
        elif child.tag == "AssignVariable":
            actions.append(assign_variable(child))
        else:
            raise child.unsupported()

    def run(ctx: Context) -> None:
        fault = Fault("steps.raisefault.RaiseFault", f"Raising fault. Fault name : {name}")
        message = fault_message(fault)
        for action in actions:
            action(ctx, message, lenient)
        fault.status = message.status
        fault.response = message
        raise fault

    return Compiled(run)
