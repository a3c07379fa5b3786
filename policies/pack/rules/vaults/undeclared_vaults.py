"""A vault that stands in no resource is judged where it is referred to.

Owns vaults that are adopted, or merely named, in role assignments, diagnostic settings, private
endpoints, secrets and keys. None of their properties are there to be judged: so their owner lists them,
and says by that that they keep the other rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Final

from ...certainty import at
from ...model import About, Context, Finding, Parameter, Resource, StackRule
from ...values import UNKNOWN

_VAULT: Final = "azure-native:keyvault:vault"
_ASSIGNMENT: Final = "azure-native:authorization:roleassignment"
_SETTING: Final = "azure-native:monitor:diagnosticsetting"
_ENDPOINT: Final = "azure-native:network:privateendpoint"
_CONTENTS: Final = ("azure-native:keyvault:secret", "azure-native:keyvault:key")
_PATH: Final = re.compile(r"/providers/microsoft\.keyvault/vaults/([^/]+)", re.IGNORECASE)
# An id of a secret or key, which a resource's outputs have where its `vaultName` was an input.
_URI: Final = re.compile(r"^https://([^./]+)\.vault\.", re.IGNORECASE)


def judge(resources: Mapping[str, Sequence[Resource]], context: Context) -> Iterator[Finding]:
    """Finds what refers to a vault that is neither in the stack nor listed.

    Args:
        resources: vaults, and what may refer to one.
        context: with the adopted vaults.
    """
    vaults = resources.get(_VAULT, ())
    known = {str(vault.properties.get(key, "")).lower() for vault in vaults for key in _NAMES}
    known |= {_name(path) for path in context.texts("adopted")}
    nameless = {vault.urn for vault in vaults if not any(_is_named(vault, key) for key in _NAMES)}
    urns = {vault.urn for vault in vaults}
    for kind in (_ASSIGNMENT, _SETTING, _ENDPOINT, *_CONTENTS):
        for resource in resources.get(kind, ()):
            foreign = [name for name in _referred(kind, resource) if name.lower() not in known]
            if foreign and not _came_from(resource, nameless):
                yield _finding(resource, "refers to a key vault that is no resource of this stack")
            elif _may_refer(resource, urns):
                yield _finding(resource, "may refer to a key vault of no resource here", False)


def _finding(resource: Resource, what: str, decided: bool = True) -> Finding:
    return Finding(
        resource.urn,
        f"'{resource.name}' {what}, so nothing tells whether it is hardened and audited. Declare the "
        "vault, or list its id in the rule's parameter adopted.",
        decided,
    )


_NAMES: Final = ("name", "vaultName")


def _referred(kind: str, resource: Resource) -> Iterator[str]:
    properties = resource.properties
    if kind in _CONTENTS:
        name = properties.get("vaultName")
        uri = at(properties, "properties", "secretUri") or at(properties, "keyUri")
        found = _URI.search(uri) if isinstance(uri, str) else None
        yield from [name] if isinstance(name, str) else []
        yield from [found[1]] if found else []
        return
    values: list[object] = [properties.get(key) for key in ("scope", "resourceUri", "id")]
    links = properties.get("privateLinkServiceConnections")
    if isinstance(links, list):
        values += [at(link, "privateLinkServiceId") for link in links]
    for value in values:
        found = _PATH.search(value) if isinstance(value, str) else None
        if found:
            yield found[1]


def _is_named(vault: Resource, key: str) -> bool:
    return isinstance(vault.properties.get(key), str)


def _came_from(resource: Resource, nameless: Set[str]) -> bool:
    """Whether it was computed from a vault of the stack whose name a preview doesn't know yet."""
    return any(urn in nameless for urns in resource.dependencies.values() for urn in urns)


def _may_refer(resource: Resource, vaults: Set[str]) -> bool:
    """Whether what it refers to isn't known, and wasn't computed from a vault of the stack."""
    return any(
        resource.properties.get(name) is UNKNOWN
        and not set(resource.dependencies.get(name, ())) & vaults
        for name in ("scope", "resourceUri", "vaultName", "privateLinkServiceConnections")
    )


def _name(path: str) -> str:
    found = _PATH.search(path)
    return found[1].lower() if found else path


RULE = StackRule(
    about=About(
        name="undeclared-vault",
        description="Every key vault that a stack refers to is one of its resources, or listed.",
        severity="high",
        controls=("MCSB DP-8", "MCSB LT-3"),
        remediation=(
            "1. Declare the vault in the stack.\n"
            "2. Or have its owner confirm that it is in RBAC mode, protected and audited, and list its "
            "id."
        ),
        parameters=(
            Parameter(
                "adopted",
                {"type": "array", "items": {"type": "string", "minLength": 3}},
                [],
                "Resource ids of vaults that are adopted: their owner answers for them.",
            ),
        ),
    ),
    types=frozenset({_VAULT, _ASSIGNMENT, _SETTING, _ENDPOINT, *_CONTENTS}),
    judge=judge,
)
