"""The providers' names and versions, told without loading an SDK, which takes seconds."""

from __future__ import annotations

from importlib import metadata

NAMES = ("azure-native", "azuread", "gcp", "random")


def version(name: str) -> str:
    """The installed SDK's version; the engine asks for a plugin of the same."""
    return metadata.version(f"pulumi-{name}")
