"""InvalidateCache: drops an entry from the environment's cache, or all beneath a key.

Apigee documentation, "InvalidateCache policy".
"""

from __future__ import annotations

from sandbox.gateway.cache_keys import read_key
from sandbox.gateway.context import Context
from sandbox.gateway.markup import Element
from sandbox.gateway.model import Compiled


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    key_of = read_key(element)
    purge = element.child("PurgeChildEntries")
    beneath = purge.boolean(default=False) if purge is not None else False

    def run(ctx: Context) -> None:
        ctx.runtime.cache.drop(key_of(ctx), beneath)

    return Compiled(run)
