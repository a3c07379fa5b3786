"""Whether a consumer key may be used for a request: key, app, developer, and API products.

Apigee documentation, "VerifyAPIKey policy" (its faults) and "Managing API products" (which proxies,
environments, operations and resource paths a product stands for).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sandbox.gateway.catalog import Key, catalog
from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.limited import limited
from sandbox.store import Body

_NEVER = "-1"


@dataclass(frozen=True)
class Access:
    """A product that lets the request through, and the operation that does where it has any."""

    product: Body
    operation: Mapping[str, Any] | None = None
    quota: Mapping[str, Any] | None = None
    attributes: tuple[Mapping[str, Any], ...] = ()


def check_key(key: Key | None, now: float) -> Key:
    """The key, if it is in force at that time. Raises Fault."""
    if key is None or key.credential.get("status") != "approved":
        raise Fault("oauth.v2.InvalidApiKey", "Invalid ApiKey", 401)
    expires = str(key.credential.get("expiresAt") or _NEVER)
    if expires != _NEVER and now * 1000 >= int(expires):
        raise Fault("oauth.v2.InvalidApiKey", "Invalid ApiKey", 401)
    if key.app.get("status") != "approved":
        code = "keymanagement.service.invalid_client-app_not_approved"
        raise Fault(code, "Invalid client - the app is not approved", 401)
    if key.developer.get("status") != "active":
        code = "keymanagement.service.DeveloperStatusNotActive"
        raise Fault(code, "Developer Status is not Active", 401)
    if not key.products:
        code = "keymanagement.service.consumer_key_missing_api_product_association"
        raise Fault(code, "Consumer key missing API product association", 400)
    return key


def find_access(ctx: Context, key: Key) -> Access:
    """The first of the key's approved products that the request belongs to. Raises Fault."""
    products = catalog(ctx.runtime.cloud.store).products
    for name, status in key.products.items():
        product = products.get(name)
        if product is not None and status == "approved":
            access = _access(ctx, product)
            if access is not None:
                return access
    text = "Invalid ApiKey for given resource"
    raise Fault("oauth.v2.InvalidApiKeyForGivenResource", text, 401)


def _access(ctx: Context, product: Body) -> Access | None:
    environments = product.get("environments") or ()
    if environments and ctx.deployed.environment not in environments:
        return None
    group = (product.get("operationGroup") or {}).get("operationConfigs") or ()
    if group:
        return _operation(ctx, product, group)
    proxies = product.get("proxies") or ()
    if proxies and ctx.deployed.name not in proxies:
        return None
    resources = product.get("apiResources") or ()
    if resources and not any(_covers(path, ctx.pathsuffix) for path in resources):
        return None
    return Access(product)


def _operation(ctx: Context, product: Body, group: list[Any]) -> Access | None:
    request = ctx.message("request")
    verb = request.verb if request is not None else ""
    for config in group:
        if config.get("apiSource") != ctx.deployed.name:
            continue
        for operation in config.get("operations") or ({"resource": "/"},):
            methods = operation.get("methods") or ()
            if methods and verb not in methods:
                continue
            if _covers(str(operation.get("resource") or "/"), ctx.pathsuffix):
                attributes = tuple(config.get("attributes") or ())
                return Access(product, operation, config.get("quota"), attributes)
    return None


def _covers(pattern: str, suffix: str) -> bool:
    """Whether a product's resource path stands for a request's path beneath the proxy's."""
    if pattern in ("/", "/**"):
        return True
    return limited(lambda: _expression(pattern).fullmatch(suffix or "/")) is not None


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    """`*` is one segment of a path, `**` any number of them."""
    pieces = re.split(r"(\*\*?)", pattern)
    some = {"*": "[^/]+", "**": ".*"}
    return re.compile("".join(some.get(piece) or re.escape(piece) for piece in pieces))
