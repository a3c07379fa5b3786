"""The SDKs' resource classes by their names, loaded when they are first needed.

Loading all of them takes two seconds, which neither a start nor a request to the data plane needs to
wait for. Owns how a class's name and its type token belong together; that they do is tested.
"""

from __future__ import annotations

import threading
from enum import Enum
from functools import cache
from importlib import import_module

# The package in tokens, by the SDK's module. These SDKs have no modules in Python, `index` in tokens.
_PACKAGES = {
    "pulumi_azure_native": "azure-native",
    "pulumi_azuread": "azuread",
    "pulumi_gcp": "gcp",
    "pulumi_random": "random",
}
_LOADING = threading.Lock()


def load(name: str) -> type:
    """The class of a name such as `pulumi_gcp.apigee.Api`."""
    # One at a time: a thread that asks meanwhile would see a module that is half loaded, for these
    # SDKs stand lazy modules in for their own.
    with _LOADING:
        return _load(name)


@cache
def _load(name: str) -> type:
    module, _, cls = name.rpartition(".")
    loaded: type = getattr(import_module(module), cls)
    return loaded


def enum(name: str) -> type[Enum]:
    """The enum of a name such as `pulumi_azure_native.keyvault.SecretPermissions`."""
    loaded = load(name)
    assert issubclass(loaded, Enum), f"{name} is no enum"
    return loaded


@cache
def token(name: str) -> str:
    """A class's type token: `gcp:apigee/api:Api`, `azure-native:keyvault:Vault`."""
    sdk, *modules, cls = name.split(".")
    package, module = _PACKAGES[sdk], modules[0] if modules else "index"
    if package == "azure-native":
        return f"{package}:{module}:{cls}"
    return f"{package}:{module}/{cls[0].lower()}{cls[1:]}:{cls}"
