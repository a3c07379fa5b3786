"""The cache key and resource that Lookup-, Populate- and InvalidateCache share.

Apigee documentation, "Working with cache keys": prefix and fragments, joined by two underscores.
A `<Prefix>` takes the place of `<Scope>`. The narrower scopes hold the proxy's revision, so what they
cached isn't found by the next revision; what has a prefix, or the scope Global or Application, is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox import world
from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import encoded
from sandbox.gateway.referenced import either
from sandbox.gateway.templates import UnresolvedError

# Apigee documentation, "Limits".
_LARGEST_KEY = 2 * 1024


@dataclass(frozen=True)
class CacheKeys:
    """The keys of one policy. Both functions raise UnresolvedError for a part without a value."""

    resource: str
    prefix: Callable[[Context], str]
    fragments: tuple[Callable[[Context], str], ...]

    def key(self, ctx: Context) -> tuple[str, ...]:
        """Environment, resource and the joined key. Raises Fault for a key over 2 KB."""
        joined = "__".join([self.prefix(ctx), *[fragment(ctx) for fragment in self.fragments]])
        if len(encoded(joined)) > _LARGEST_KEY:
            text = f"a cache key may have {_LARGEST_KEY:,} bytes at most"
            raise Fault("policies.populatecache.EntryCannotBeCached", text)
        return (ctx.deployed.environment, self.resource, joined)

    def family(self, ctx: Context) -> Callable[[tuple[str, ...]], bool]:
        """A test for the keys of this resource that share the prefix, whatever their fragments."""
        place, prefix = (ctx.deployed.environment, self.resource), self.prefix(ctx)
        return lambda key: (
            key[:2] == place and (key[2] == prefix or key[2].startswith(f"{prefix}__"))
        )


def read_key(element: Element) -> CacheKeys:
    """The keys of a cache policy. Raises BundleError."""
    resource = element.value_of("CacheResource") or ""
    scope = element.child("Scope")
    key = element.need("CacheKey")
    prefix = _prefix(key.value_of("Prefix") or "", scope)
    return CacheKeys(resource, prefix, tuple(map(_fragment, key.children("KeyFragment"))))


def _prefix(prefix: str, scope: Element | None) -> Callable[[Context], str]:
    kind = (scope.text() if scope is not None else "") or "Exclusive"
    if scope is not None and kind not in _SCOPES:
        raise scope.error(f"{kind!r} is none of {', '.join(_SCOPES)}")
    if prefix:
        return lambda ctx: prefix
    parts = _SCOPES[kind]
    return lambda ctx: "__".join([world.ORGANIZATION, ctx.deployed.environment, *parts(ctx)])


def _revision(ctx: Context) -> list[str]:
    return [ctx.deployed.name, str(ctx.deployed.revision)]


def _target(ctx: Context) -> str:
    if not ctx.target.name:
        raise UnresolvedError("target.name")
    return ctx.target.name


_SCOPES: dict[str, Callable[[Context], list[str]]] = {
    "Global": lambda ctx: [],
    "Application": lambda ctx: [ctx.deployed.name],
    "Proxy": lambda ctx: [*_revision(ctx), ctx.endpoint],
    "Target": lambda ctx: [*_revision(ctx), _target(ctx)],
    "Exclusive": lambda ctx: [
        *_revision(ctx),
        ctx.target.name if ctx.in_target else ctx.endpoint,
    ],
}


def _fragment(element: Element) -> Callable[[Context], str]:
    if element.attribute("type") not in (None, "string"):
        raise element.error('type must be "string"')
    return either(element).needed
