"""The vaults that exist, by host name. Reads the control plane's objects and changes none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sandbox import vault_objects
from sandbox.cloud import Cloud
from sandbox.store import Body, Store

SUFFIX = ".vault.azure.net"
_VAULT = "azure-native:keyvault:Vault"


@dataclass(frozen=True)
class Vault:
    """A vault: ARM id, name, region, its resource's `properties`, and which of its name it is."""

    id: str
    name: str
    location: str
    properties: Body
    incarnation: str

    @property
    def uri(self) -> str:
        """`https://{name}.vault.azure.net`, without a slash at the end."""
        return f"https://{self.name.lower()}{SUFFIX}"

    @property
    def place(self) -> str:
        """As Key Vault names a vault in its refusals."""
        return f"{self.name};location={self.location}"

    @property
    def subscription(self) -> str:
        """The id of the subscription that it is in."""
        return self.id.split("/")[2]


@dataclass(frozen=True)
class _View:
    revision: int
    vaults: dict[str, Vault]


# Asked for on every request, changed by deployments only.
_views: WeakKeyDictionary[Store, _View] = WeakKeyDictionary()


def by_host(cloud: Cloud) -> dict[str, Vault]:
    """Every live vault, by host name (lower case)."""
    store = cloud.store
    view = _views.get(store)
    revision = store.revision
    if view is None or view.revision != revision:
        view = _View(revision, {v.name.lower() + SUFFIX: v for v in _read(store)})
        _views[store] = view
    return view.vaults


def host_names(cloud: Cloud) -> Collection[str]:
    """The host names that the vaults' DNS zone has. A soft-deleted vault has none."""
    return by_host(cloud).keys()


def _read(store: Store) -> list[Vault]:
    return [
        Vault(
            id=found.id,
            name=found.id.rsplit("/", 1)[1],
            location=str(found.body.get("location", "")),
            properties=found.body.get("properties", {}),
            incarnation=vault_objects.incarnation(found),
        )
        for found in store.all(_VAULT)
    ]
