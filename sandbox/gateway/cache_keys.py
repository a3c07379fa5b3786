"""The cache key and resource that Lookup-, Populate- and InvalidateCache share.

Apigee documentation, "Working with cache keys". Without a `<Prefix>` the key is scoped by
`<Scope>`; `Exclusive`, the default there, depends on the endpoint and is refused.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox import world
from sandbox.gateway.context import Context
from sandbox.gateway.markup import Element
from sandbox.gateway.reading import getter_of
from sandbox.gateway.templates import UnresolvedError
from sandbox.gateway.variables import as_text

CacheKey = Callable[[Context], tuple[str, ...]]
"""Environment, resource, prefix, fragments. Raises UnresolvedError for one without a value."""


def read_key(element: Element) -> CacheKey:
    """The key of a cache policy. Raises BundleError."""
    resource = element.value_of("CacheResource") or ""
    scope = element.child("Scope")
    key = element.need("CacheKey")
    prefix = _prefix(key.value_of("Prefix") or "", scope, key)
    fragments = [_fragment(child) for child in key.children("KeyFragment")]

    def compute(ctx: Context) -> tuple[str, ...]:
        parts = [fragment(ctx) for fragment in fragments]
        return (ctx.deployed.environment, resource, prefix(ctx), *parts)

    return compute


def readable(key: tuple[str, ...]) -> str:
    """The key as Apigee shows it: prefix and fragments, joined by two underscores."""
    return "__".join(key[2:])


def _prefix(prefix: str, scope: Element | None, key: Element) -> Callable[[Context], str]:
    kind = scope.text() if scope is not None else ""
    if prefix:
        return lambda ctx: prefix
    if kind == "Global":
        return lambda ctx: f"{world.ORGANIZATION}__{ctx.deployed.environment}"
    if kind == "Application":
        return lambda ctx: f"{world.ORGANIZATION}__{ctx.deployed.environment}__{ctx.deployed.name}"
    raise key.error("needs a <Prefix>, or beside it a <Scope> of Global or Application")


def _fragment(element: Element) -> Callable[[Context], str]:
    ref = element.attribute("ref")
    text = element.text()
    if ref is None:
        if not text:
            raise element.error('a key fragment needs a "ref" or a literal')
        return lambda ctx: text
    read = getter_of(element, ref)

    def value(ctx: Context) -> str:
        found = read(ctx)
        if found is None:
            raise UnresolvedError(ref)
        return as_text(found)

    return value
