"""What a resource type takes of whoever deploys it: the form of the lists beside this module."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """The rights that it takes to create, read, change and delete one type's resources.

    Attributes:
        rights: their names, as the cloud's roles list them.
        why: what they are used for, as it reads behind "to".
        source: the document that names them.
    """

    rights: tuple[str, ...]
    why: str
    source: str


def union(needs: Mapping[str, Need]) -> list[str]:
    """All rights of some needs, each once, in order."""
    return sorted({right for need in needs.values() for right in need.rights}, key=str.lower)
