"""Where in the declaration a resource comes from: file and line, for what a policy says of it.

Owns the way from a URN to a line of `Pulumi.STACK.yaml`. A resource that no environment made is
found at the setting that its component is configured by; what can't be found has no place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from validation.preview.model import logical_name

_PREFIX: Final = "apigee-keyvault:"
# Part of a URN's chain of types, to the settings that such a resource comes from.
_SETTINGS: Final = {"AuditTrail": "audit", "ApigeeGateway": "apigee"}
# The part of an environment's block that a resource comes from, by a piece of its type or name.
_PARTS: Final = (
    (":Vault::", ("vault",)),
    ("Key::", ("keys",)),
    ("PrivateEndpoint", ("vault", "network")),
    ("-writer-", ("writers",)),
    ("Deployment::", ("proxies",)),
    ("FederatedIdentityCredential::", ("identity",)),
    ("UserAssignedIdentity::", ("identity",)),
    ("EnvGroup::", ("hostnames",)),
)
_ENTRIES: Final = ("grant", "client-grant", "client", "cache", "stale", "absent", "expired")


@dataclass(frozen=True)
class Declaration:
    """A stack's file as lines by path.

    Attributes:
        file: the file's name, as reviewers know it.
        lines: line number by the keys that lead to it.
    """

    file: str
    lines: Mapping[tuple[str, ...], int]

    def place(self, urn: str) -> str:
        """`FILE:LINE` of what a resource comes from; nothing where that can't be told."""
        for path in _paths(urn, self._environments()):
            for length in range(len(path), 0, -1):
                if line := self.lines.get(path[:length]):
                    return f"{self.file}:{line}"
        return ""

    def _environments(self) -> Sequence[str]:
        """The longest first: `dev-eu` is not `dev`."""
        block = f"{_PREFIX}environments"
        names = [path[1] for path in self.lines if len(path) == 2 and path[0] == block]
        return sorted(names, key=len, reverse=True)


def declaration(path: Path) -> Declaration:
    """Read where a stack's file says what. A file that isn't there or is no YAML says nothing.

    Arguments:
        path: the stack's file.
    """
    lines: dict[tuple[str, ...], int] = {}
    try:
        root = yaml.compose(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        root = None
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == "config":
                _collect(value, (), lines)
    return Declaration(path.name, lines)


def _collect(node: yaml.Node, path: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines[*path, str(key.value)] = key.start_mark.line + 1
            _collect(value, (*path, str(key.value)), lines)


def _paths(urn: str, environments: Sequence[str]) -> list[tuple[str, ...]]:
    """Where to look, the likeliest first."""
    name = logical_name(urn)
    block = f"{_PREFIX}environments"
    for component, setting in _SETTINGS.items():
        if f":components:{component}$" in urn:
            return [(f"{_PREFIX}{setting}",)]
    for environment in environments:
        if name == environment or name.startswith(f"{environment}-"):
            return [(block, environment, *_part(urn, name.removeprefix(f"{environment}-")))]
    return []


def _part(urn: str, rest: str) -> tuple[str, ...]:
    use, _, entry = rest.partition(".")
    if entry and use in _ENTRIES:
        return ("secrets", entry.partition(".")[0], *(["callers"] if "grant" in use else []))
    if entry and use in ("sign", "unwrap"):
        return ("keys", entry.partition(".")[0], "callers")
    found = next((part for piece, part in _PARTS if piece in urn), ())
    return (*found, rest.removeprefix("writer-")) if found == ("writers",) else found
