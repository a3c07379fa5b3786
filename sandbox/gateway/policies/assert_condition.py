"""AssertCondition: keeps in a variable whether a condition holds.

Apigee documentation, "AssertCondition policy".
"""

from __future__ import annotations

from sandbox.gateway.context import Context
from sandbox.gateway.markup import Element
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import condition_of


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    condition = condition_of(element)
    if condition is None:
        raise element.error("a <Condition> is needed")
    variable = f"assertcondition.{name}.truthValue"

    def run(ctx: Context) -> None:
        ctx.variables[variable] = condition(ctx)

    return Compiled(run)
