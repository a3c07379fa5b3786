"""InvalidateCache: drops an entry from the environment's cache, or all that share the prefix.

Apigee documentation, "InvalidateCache policy" and "Cache internals". The entry is gone at once from
the shared level and from this message processor; another one may serve it for a second yet.
"""

from __future__ import annotations

from sandbox.gateway.cache_keys import read_key
from sandbox.gateway.context import Context
from sandbox.gateway.markup import Element
from sandbox.gateway.model import Compiled


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    keys = read_key(element)
    whole_prefix = element.boolean_of("PurgeChildEntries", default=False)

    def run(ctx: Context) -> None:
        if whole_prefix:
            ctx.processor.cache.drop_where(keys.family(ctx))
        else:
            ctx.processor.cache.drop(keys.key(ctx))

    return Compiled(run)
