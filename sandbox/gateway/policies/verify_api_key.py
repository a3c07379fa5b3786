"""VerifyAPIKey: lets a request pass whose key belongs to an approved app with a fitting product.

Apigee documentation, "VerifyAPIKey policy". What it knows of the key then stands in variables
beneath `verifyapikey.NAME.`. With `<CacheExpiryInSeconds>` each message processor remembers what
it has read of a key for so long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.gateway.api_access import Access, check_key, find_access
from sandbox.gateway.catalog import Key, catalog
from sandbox.gateway.context import Context
from sandbox.gateway.failures import marking
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Value
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import whole_number
from sandbox.gateway.referenced import Referenced, required

_STATE = "api keys"
_MOST_KEYS = 10_000
_LONGEST_SECONDS = 180


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    source = required(element.need("APIKey"))
    cache_element = element.child("CacheExpiryInSeconds")
    cache = _cache(cache_element) if cache_element is not None else None

    def run(ctx: Context) -> None:
        text = source.text(ctx)
        if not text:
            why = f"Failed to resolve API Key variable {source.ref}"
            raise Fault("oauth.v2.FailedToResolveAPIKey", why, 401)
        seconds = _seconds(ctx, cache) if cache is not None else 0
        key = check_key(_found(ctx, text, seconds), ctx.runtime.now())
        access = find_access(ctx, key)
        shown = {**_of_key(key), **_of_product(access)}
        ctx.variables.update({f"verifyapikey.{name}.{k}": value for k, value in shown.items()})
        ctx.variables[f"verifyapikey.{name}.failed"] = False

    return Compiled(marking(run, f"oauthV2.{name}.failed"))


def _cache(element: Element) -> Referenced:
    source = required(element)
    if source.literal:
        whole_number(element, source.literal, 1, _LONGEST_SECONDS)
    return source


def _seconds(ctx: Context, source: Referenced) -> int:
    text = source.text(ctx) or ""
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _LONGEST_SECONDS:
        return int(text)
    raise Fault("oauth.v2.InvalidCacheExpiry", f"{source.ref}: 1 to {_LONGEST_SECONDS} is allowed")


def _found(ctx: Context, text: str, seconds: int) -> Key | None:
    """The key as the store has it, or as it was read not longer ago than so many seconds."""
    if not seconds:
        return catalog(ctx.runtime.cloud.store).keys.get(text)
    kept, now = ctx.processor.state(_STATE), ctx.runtime.now()
    entry: tuple[float, Key | None] | None = kept.get(text)
    if entry is not None and now < entry[0] + seconds:
        return entry[1]
    found = catalog(ctx.runtime.cloud.store).keys.get(text)
    if len(kept) >= _MOST_KEYS:
        kept.clear()
    kept[text] = (now, found)
    return found


def _of_key(key: Key) -> dict[str, Value]:
    """Variables of the credential, the app and the developer."""
    credential, app, developer = key.credential, key.app, key.developer
    shown: dict[str, Value] = {
        "client_id": credential.get("consumerKey"),
        "client_secret": credential.get("consumerSecret"),
        "redirection_uris": app.get("callbackUrl"),
        "developer.app.id": app.get("appId"),
        "developer.app.name": app.get("name"),
        "app.id": app.get("appId"),
        "app.name": app.get("name"),
        "app.callbackUrl": app.get("callbackUrl"),
        "app.status": app.get("status"),
        "app.appFamily": app.get("appFamily"),
        "app.appType": "Developer",
        "app.appParentId": developer.get("developerId"),
        "app.appParentStatus": developer.get("status"),
        "app.created_at": app.get("createdAt"),
        "app.last_modified_at": app.get("lastModifiedAt"),
        "app.apiproducts": f"[{', '.join(key.products)}]",
        "developer.id": developer.get("developerId"),
        "developer.userName": developer.get("userName"),
        "developer.firstName": developer.get("firstName"),
        "developer.lastName": developer.get("lastName"),
        "developer.email": developer.get("email"),
        "developer.status": developer.get("status"),
        "developer.created_at": developer.get("createdAt"),
        "developer.last_modified_at": developer.get("lastModifiedAt"),
    }
    shown |= _attributes("app", app.get("attributes"))
    return shown | _attributes("developer", developer.get("attributes"))


def _of_product(access: Access) -> dict[str, Value]:
    """Variables of the product, and of its operation where it has any."""
    product, operation = access.product, access.operation
    shown: dict[str, Value] = {
        "apiproduct.name": product.get("name"),
        **_quota("apiproduct.developer.quota", product, "quota", "quotaInterval", "quotaTimeUnit"),
        **_attributes("apiproduct", product.get("attributes")),
    }
    if operation is not None:
        shown["apiproduct.operation.resource"] = operation.get("resource")
        shown["apiproduct.operation.methods"] = ",".join(operation.get("methods") or ())
        shown |= _attributes("apiproduct.operation.attributes", access.attributes)
    if access.quota is not None:
        prefix = "apiproduct.operation.quota"
        shown |= _quota(prefix, access.quota, "limit", "interval", "timeUnit")
    return shown


def _quota(
    prefix: str, source: Mapping[str, Any], limit: str, interval: str, unit: str
) -> dict[str, Value]:
    """The three parts of a quota, where there is one."""
    if not source.get(limit):
        return {}
    return {
        f"{prefix}.limit": source.get(limit),
        f"{prefix}.interval": source.get(interval),
        f"{prefix}.timeunit": source.get(unit),
    }


def _attributes(prefix: str, given: Iterable[Mapping[str, Any]] | None) -> dict[str, Value]:
    return {f"{prefix}.{item.get('name')}": item.get("value") for item in given or ()}
