"""LookupCache: reads a value from the environment's cache into a variable.

Apigee documentation, "LookupCache policy". A miss leaves the variable as it is. The lookup's time
limit never strikes, because the shared level answers at once.
"""

from __future__ import annotations

from sandbox.gateway.cache_keys import read_key
from sandbox.gateway.context import Context
from sandbox.gateway.markup import Element
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import setter_of, whole_number


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    keys = read_key(element)
    limit = element.child("CacheLookupTimeoutInSeconds")
    if limit is not None:
        whole_number(limit, limit.text(), 0, 10**6)
    target = element.need("AssignTo").text()
    put = setter_of(element, target)
    hit, key_name, cache_name, assigned = (
        f"lookupcache.{name}.{field}" for field in ("cachehit", "cachekey", "cachename", "assignto")
    )

    def run(ctx: Context) -> None:
        key = keys.key(ctx)
        value = ctx.processor.cache.get(key, ctx.runtime.now())
        ctx.variables[hit] = value is not None
        ctx.variables[key_name] = key[2]
        ctx.variables[cache_name] = keys.resource or None
        ctx.variables[assigned] = target
        if value is not None:
            put(ctx, value)

    return Compiled(run)
