"""A secret's value comes from its owner, never from a program.

Owns resources that put a value into a vault: Pulumi's state would have it, and so would everybody who
reads that. What a program declares of a secret is that it exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ...certainty import at
from ...model import About, Context, Finding, Resource, ResourceRule
from ...tokens import normalise

_CONTAINER_APP: Final = "azure-native:app:containerapp"
# By type, the paths at which a value may stand.
_PATHS: Final = {
    "azure-native:keyvault:secret": (("properties", "value"),),
    _CONTAINER_APP: (("configuration", "secrets"),),
    "gcp:secretmanager:secretversion": (("secretData",), ("secretDataWo",)),
    "gcp:secretmanager:regionalsecretversion": (("secretData",), ("secretDataWo",)),
    "gcp:apigee:keystoresaliaseskeycertfile": (("key",), ("password",)),
    "gcp:apigee:keystoresaliasespkcs12": (("file",), ("password",)),
    "gcp:apigee:keystoresaliasesselfsignedcert": (("alias",),),
}


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds a resource that carries a secret's value or a private key.

    Args:
        resource: what may carry one.
        context: of no use to this rule.
    """
    kind = normalise(resource.token)
    for path in _PATHS[kind]:
        # A value that isn't known yet, or is empty today, is a value of the program's nevertheless.
        found = at(resource.properties, *path)
        if found is not None and (kind != _CONTAINER_APP or _carries(found)):
            yield Finding(
                resource.urn,
                f"'{resource.name}': {'.'.join(path)} puts secret material into Pulumi's state. Declare "
                "that it must exist, and have its owner or the rotation write it.",
            )
            return


def _carries(secrets: object) -> bool:
    """Whether one of a container app's secrets has a value; the others refer to a vault."""
    if not isinstance(secrets, list):
        return True
    return any(not isinstance(s, Mapping) or s.get("value") is not None for s in secrets)


RULE = ResourceRule(
    about=About(
        name="secret-value-in-program",
        description="No resource carries a secret's value or a private key.",
        severity="critical",
        controls=("MCSB IM-8", "MCSB DP-7"),
        remediation=(
            "1. Remove the value; change it, for whoever reads the state has it.\n"
            "2. Have the vault's owner or the rotation write it.\n"
            "3. For TLS of Apigee's targets declare keystores and a reference, and have the rotation "
            "write the alias."
        ),
    ),
    types=frozenset(_PATHS),
    judge=judge,
)
