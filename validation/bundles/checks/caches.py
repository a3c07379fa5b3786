"""Checks of caches: that what is stored is found again, can be dropped, and ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from validation.bundles.check import POLICIES, Check, Hit
from validation.bundles.model import Bundle, Document, text_of

_KEYS = f"{POLICIES}/working-cachekeys"


@dataclass(frozen=True)
class _Key:
    """A cache key: its prefix (or scope, where there is none) and its fragments in order."""

    prefix: str
    fragments: tuple[str, ...]

    @classmethod
    def of(cls, policy: Document) -> _Key:
        key = policy.root.find("CacheKey")
        prefix = text_of(key, "Prefix") or f"scope:{text_of(policy.root, 'Scope') or 'Exclusive'}"
        fragments = [] if key is None else key.iterchildren("KeyFragment")
        return cls(prefix, tuple(_fragment(part) for part in fragments))


def _fragment(part: etree._Element) -> str:
    return f"{{{part.get('ref')}}}" if part.get("ref") else text_of(part)


def _written(key: _Key) -> str:
    return "__".join((key.prefix, *key.fragments))


def _keys_differ(bundle: Bundle) -> Iterator[Hit]:
    stored = {_Key.of(policy): policy for policy in bundle.policies_of("PopulateCache")}
    for policy in bundle.policies_of("LookupCache", "InvalidateCache"):
        key = _Key.of(policy)
        alike = [other for other in stored if other.prefix == key.prefix]
        if not alike or key in stored or (policy.root.tag == "InvalidateCache" and _covers(policy)):
            continue
        wanted = " or ".join(sorted(map(_written, alike)))
        yield Hit(
            policy,
            _element(policy, "CacheKey"),
            f"nothing is stored under {_written(key)}, but {wanted}",
        )


def _covers(policy: Document) -> bool:
    """An invalidation of a whole prefix, or of all that begins with its fragments."""
    return text_of(policy.root, "PurgeChildEntries") == "true" or not _Key.of(policy).fragments


def _element(policy: Document, tag: str) -> etree._Element:
    found = policy.root.find(tag)
    return policy.root if found is None else found


def _resources_differ(bundle: Bundle) -> Iterator[Hit]:
    stored: dict[_Key, set[str]] = {}
    for policy in bundle.policies_of("PopulateCache"):
        stored.setdefault(_Key.of(policy), set()).add(text_of(policy.root, "CacheResource"))
    for policy in bundle.policies_of("LookupCache", "InvalidateCache"):
        resources = stored.get(_Key.of(policy))
        resource = text_of(policy.root, "CacheResource")
        if resources and resource not in resources:
            named = " or ".join(sorted(name or "the shared cache" for name in resources))
            message = (
                f"the key's values are stored in {named}, not in {resource or 'the shared cache'}"
            )
            yield Hit(policy, _element(policy, "CacheResource"), message)


def _lifetime_is_nothing(bundle: Bundle) -> Iterator[Hit]:
    for policy in bundle.policies_of("PopulateCache", "ResponseCache", "KeyValueMapOperations"):
        for element in policy.elements("TimeoutInSeconds", "TimeoutInSec", "ExpiryTimeInSecs"):
            text = text_of(element)
            if re.fullmatch(r"-\d+|0+", text) or (not text and not element.get("ref")):
                message = f'a lifetime of "{text}" seconds keeps nothing: one is the least'
                yield Hit(policy, element, message)


def _exclusive_across_endpoints(bundle: Bundle) -> Iterator[Hit]:
    places: dict[str, set[str]] = {}
    for document, step in bundle.steps():
        places.setdefault(text_of(step, "Name"), set()).add(document.path)
    for lookup in bundle.policies_of("LookupCache"):
        key = _Key.of(lookup)
        if key.prefix != "scope:Exclusive" or lookup.name not in places:
            continue
        stores = [p for p in bundle.policies_of("PopulateCache") if _Key.of(p) == key]
        stored_at = {place for store in stores for place in places.get(store.name, set())}
        if stored_at and not stored_at & places[lookup.name]:
            message = "looks in this endpoint's own cache; it is filled by another endpoint"
            yield Hit(lookup, lookup.root, message)


CHECKS = (
    Check(
        "AKV301",
        "error",
        "A cache is read or dropped under a key that nothing is stored under.",
        "Give the policies of one cache the same prefix and the same fragments, in one order.",
        _KEYS,
        _keys_differ,
    ),
    Check(
        "AKV302",
        "error",
        "The policies of one cache key name different cache resources.",
        "Name the same `<CacheResource>` everywhere, or none.",
        _KEYS,
        _resources_differ,
    ),
    Check(
        "AKV303",
        "warning",
        "A cached value's lifetime is zero, negative or empty.",
        "Give at least one second, or take the policy away.",
        f"{POLICIES}/populate-cache-policy",
        _lifetime_is_nothing,
    ),
    Check(
        "AKV304",
        "error",
        "A cache of exclusive scope is filled in one endpoint and read in another.",
        "Set a `<Prefix>`, or `<Scope>` to Proxy or wider: Exclusive is each endpoint's own.",
        _KEYS,
        _exclusive_across_endpoints,
    ),
)
