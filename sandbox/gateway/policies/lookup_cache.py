"""LookupCache: reads a value from the environment's cache into a variable.

Apigee documentation, "LookupCache policy". A miss leaves the variable as it is.
"""

from __future__ import annotations

from sandbox.gateway.cache_keys import read_key, readable
from sandbox.gateway.context import Context
from sandbox.gateway.markup import Element
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import setter_of


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    key_of = read_key(element)
    target = element.need("AssignTo").text()
    put = setter_of(element, target)
    hit, key_name, assigned = (
        f"lookupcache.{name}.{field}" for field in ("cachehit", "cachekey", "assignto")
    )

    def run(ctx: Context) -> None:
        key = key_of(ctx)
        value = ctx.runtime.cache.get(key, ctx.runtime.now())
        ctx.variables[hit] = value is not None
        ctx.variables[key_name] = readable(key)
        ctx.variables[assigned] = target
        if value is not None:
            put(ctx, value)

    return Compiled(run)
