"""What policies look up in the organization: target servers, API products, developers and apps.

A view of the control plane's store, rebuilt when the store has changed. Owns how the objects refer
to each other, not what follows from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sandbox.gateway.names import after, last
from sandbox.store import Body, Store

_TARGET_SERVER = "gcp:apigee/targetServer:TargetServer"
_PRODUCT = "gcp:apigee/apiProduct:ApiProduct"
_DEVELOPER = "gcp:apigee/developer:Developer"
_APP = "gcp:apigee/developerApp:DeveloperApp"
_TYPES = (_TARGET_SERVER, _PRODUCT, _DEVELOPER, _APP)


@dataclass(frozen=True)
class Key:
    """A consumer key: its credential, the app that it belongs to and the app's developer.

    `products` are the names of the credential's products with their status (`approved`, say).
    """

    credential: Mapping[str, Any]
    app: Body
    developer: Body
    products: dict[str, str]


@dataclass
class Catalog:
    """The objects by name. Read only."""

    revision: int
    target_servers: dict[tuple[str, str], Body] = field(default_factory=dict)
    products: dict[str, Body] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)


_CATALOGS: WeakKeyDictionary[Store, Catalog] = WeakKeyDictionary()


def catalog(store: Store) -> Catalog:
    """The organization's objects as they are now."""
    found = _CATALOGS.get(store)
    if found is None or found.revision != store.revision_of(_TYPES):
        found = _CATALOGS[store] = _build(store)
    return found


def _build(store: Store) -> Catalog:
    made = Catalog(store.revision_of(_TYPES))
    for server in store.all(_TARGET_SERVER):
        environment = after(server.id, "environments") or last(server.body.get("envId"))
        made.target_servers[environment, last(server.body.get("name"))] = server.body
    for product in store.all(_PRODUCT):
        made.products[last(product.body.get("name"))] = product.body
    developers = {
        str(developer.body.get("email")).lower(): developer.body
        for developer in store.all(_DEVELOPER)
    }
    for app in store.all(_APP):
        developer = developers.get(str(app.body.get("developerEmail")).lower())
        if developer is not None:
            made.keys.update(_keys(app.body, developer))
    return made


def _keys(app: Body, developer: Body) -> dict[str, Key]:
    found = {}
    for credential in app.get("credentials") or ():
        products = {
            str(item.get("apiproduct")): str(item.get("status"))
            for item in credential.get("apiProducts") or ()
        }
        found[str(credential.get("consumerKey"))] = Key(credential, app, developer, products)
    return found
