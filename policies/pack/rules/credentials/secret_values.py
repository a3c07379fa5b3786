"""A secret's value comes from its owner, never from a program.

Owns resources that put a value into a vault: Pulumi's state would have it, and so would everybody who
reads that. What a program declares of a secret is that it exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...certainty import at
from ...model import About, Context, Finding, Resource, ResourceRule
from ...tokens import normalise

# By type, the paths at which a value may stand.
_PATHS: Final = {
    "azure-native:keyvault:secret": (("properties", "value"),),
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
    for path in _PATHS[normalise(resource.token)]:
        # A value that isn't known yet, or is empty today, is a value of the program's nevertheless.
        if at(resource.properties, *path) is not None:
            yield Finding(
                resource.urn,
                f"'{resource.name}': {'.'.join(path)} puts secret material into Pulumi's state. Declare "
                "that it must exist, and have its owner or the rotation write it.",
            )
            return


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
