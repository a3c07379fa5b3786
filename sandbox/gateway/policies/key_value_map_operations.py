"""KeyValueMapOperations: reads an entry of an environment's key value map into a variable.

Apigee documentation, "KeyValueMapOperations policy". Maps are always encrypted, so a value may only
go to a variable whose name starts with `private.`; anything else is `SetVariableFailed`. What was
read stays in the runtime's own cache for `<ExpiryTimeInSecs>`; an absent entry is looked up anew.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.gateway.context import Context, Value
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import getter_of, setter_of, whole_number
from sandbox.gateway.templates import UnresolvedError
from sandbox.gateway.variables import Setter, as_text

_DEFAULT_SECONDS = 300
_Part = Callable[[Context], str]
_Get = tuple[list[_Part], str, Setter]


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    map_name = element.attribute("mapIdentifier") or element.value_of("MapName")
    if not map_name:
        raise element.error('the map is missing: attribute "mapIdentifier" names it')
    scope = element.child("Scope")
    if scope is None or scope.text() != "environment":
        raise (scope or element).error("<Scope> must be environment in the sandbox")
    expiry = element.child("ExpiryTimeInSecs")
    seconds = (
        whole_number(expiry, expiry.text(), 1, 10**9) if expiry is not None else _DEFAULT_SECONDS
    )
    gets = [_get(child) for child in element.children("Get")]
    if not gets:
        raise element.error("at least one <Get> is needed")

    def run(ctx: Context) -> None:
        for parts, target, put in gets:
            value = _read(ctx, map_name, "__".join([part(ctx) for part in parts]), seconds)
            if value is not None and not target.startswith("private."):
                text = f"Failed to set variable {target} in KeyValueMapStepDefinition {name}"
                raise Fault("steps.keyvaluemapoperations.SetVariableFailed", text)
            put(ctx, value)

    return Compiled(run)


def _read(ctx: Context, map_name: str, key: str, seconds: int) -> Value:
    environment = ctx.deployed.environment
    cached, now = ctx.runtime.key_values, ctx.runtime.now()
    value = cached.get((environment, map_name, key), now)
    if value is None:
        value = ctx.runtime.deployments.key_value(environment, map_name, key)
        if value is not None:
            cached.put((environment, map_name, key), value, now, seconds)
    return value


def _get(element: Element) -> _Get:
    target = element.required("assignTo")
    if element.attribute("index") not in (None, "1"):
        raise element.error("an entry has one value here, so index must be 1")
    parts = [_part(child) for child in element.need("Key").children("Parameter")]
    if not parts:
        raise element.error("<Key> needs a <Parameter>")
    return parts, target, setter_of(element, target)


def _part(element: Element) -> _Part:
    ref, text = element.attribute("ref"), element.text()
    if ref is None:
        if not text:
            raise element.error('a parameter needs a "ref" or a literal')
        return lambda ctx: text
    read = getter_of(element, ref)

    def value(ctx: Context) -> str:
        found = read(ctx)
        if found is None:
            raise UnresolvedError(ref)
        return as_text(found)

    return value
