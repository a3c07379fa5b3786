"""Scopes: the subscription, a resource group or a resource, as locks and roles are put on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sandbox.controlplane import errors
from sandbox.controlplane.azure import networks
from sandbox.controlplane.azure.arm import AzureType, check_place, not_found
from sandbox.controlplane.resource_type import Context

_OBJECTS_IN_VAULTS: Final = ("keys", "secrets", "certificates")


def check_exists(context: Context, scope: str) -> None:
    """Raises CloudError for a scope that isn't there.

    A key, secret or certificate of a vault is a scope before it exists: the data plane makes it.
    """
    if "/providers/" not in scope.lower():
        if len(scope.split("/")) in (3, 5):
            check_place(context, f"{scope}/providers")
            return
        raise errors.arm(400, "InvalidScope", f"The scope '{scope}' is not valid.")
    check_place(context, scope)
    resource = _resource(scope)
    type_ = resource.lower().rsplit("/providers/", 1)[1]
    kind = "/".join([type_.split("/")[0], *type_.split("/")[1::2]])
    tokens = {**networks.ARM_TYPES, **{cls.arm_type.lower(): cls().token for cls in _types()}}
    if kind not in tokens:
        raise errors.arm(
            404,
            "ResourceNotFound",
            f"The sandbox has no resources like '{resource}', which the scope '{scope}' names.",
        )
    if context.find(tokens[kind], resource) is None:
        raise not_found(resource)


def covers(above: str, scope: str) -> bool:
    """Whether `scope` is `above` or beneath it. Both without a slash at the end."""
    return f"{scope}/".lower().startswith(f"{above}/".lower())


def _resource(scope: str) -> str:
    """The resource that has to exist: the vault of a key, secret or certificate, else the scope."""
    parts = scope.split("/")
    in_vault = parts[-4].lower() == "vaults" and parts[-2].lower() in _OBJECTS_IN_VAULTS
    return "/".join(parts[:-2]) if in_vault else scope


def _types(base: type[AzureType] = AzureType) -> Iterator[type[AzureType]]:
    for cls in base.__subclasses__():
        if hasattr(cls, "arm_type"):
            yield cls
        yield from _types(cls)
