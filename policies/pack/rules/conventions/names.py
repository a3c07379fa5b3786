"""Names tell what a thing is.

Owns names of vaults, identities and workspaces (Microsoft Learn, "Abbreviation recommendations for Azure
resources"; PSRule for Azure, AZR-000120 and AZR-000121).
"""

from collections.abc import Iterator
from typing import Final

from ...certainty import Certainty, holds
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from ...tokens import normalise

# Type to the input with the name; outputs have `name`.
_INPUTS: Final = {"azure-native:keyvault:vault": "vaultName"}


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds a vault whose name doesn't begin as agreed.

    Args:
        resource: a key vault.
        context: with the prefix.
    """
    prefix = str(context.settings["prefix"])
    properties = resource.properties
    name = properties.get(_INPUTS[normalise(resource.token)], properties.get("name"))
    named = holds(name, lambda value: isinstance(value, str) and value.startswith(prefix))
    if named is not Certainty.YES:
        yield Finding(
            resource.urn,
            f"Vault '{resource.name}': its name doesn't begin with the agreed prefix, or isn't known. A "
            "name that says what it is is found in logs and bills.",
            decided=named is Certainty.NO,
        )


RULE = ResourceRule(
    about=About(
        name="vault-name",
        description="Key vaults' names begin as agreed.",
        severity="low",
        controls=("MCSB AM-2", "PSRule AZR-000120"),
        remediation="1. Choose a vaultName with the prefix; a vault can't be renamed.",
        level="advisory",
        parameters=(Parameter("prefix", {"type": "string"}, "kv-", "What the names begin with."),),
    ),
    types=frozenset(_INPUTS),
    judge=judge,
)
