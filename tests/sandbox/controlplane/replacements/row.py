"""What one row of the tables in this folder says of a resource type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """What a change of each input does; names are separated by spaces, each stands once.

    Of azure-native: what is in the id, and what its schema marks, replaces; delete first where the
    name is the program's. Of gcp and azuread: what Terraform's ForceNew marks; delete first where
    the name is the program's and stays.
    """

    token: str
    delete_first: str = ""
    """Replaced: the old object goes before the new one comes."""
    create_first: str = ""
    """Replaced: the new one comes first."""
    updated: str = ""
    ignored: str = ""
    """No change to the provider."""
    unexecuted: str = ""
    """Refused by name: the sandbox doesn't do it."""
    refused: Mapping[str, tuple[object, str]] = field(default_factory=dict)
    """Of the updated ones: values that the cloud then refuses, and how."""
