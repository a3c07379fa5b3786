"""A deleted vault can be brought back, and nobody can keep it from that.

Owns soft delete and purge protection (Microsoft Learn, "Azure Key Vault recovery management").
"""

from collections.abc import Iterator

from ...certainty import Certainty, at, certain, holds, is_true
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule


def judge(vault: Resource, context: Context) -> Iterator[Finding]:
    """Finds a vault that can be gone for good before its days are over.

    Args:
        vault: a key vault.
        context: with the least days.
    """
    least = context.number("days")
    kept = at(vault.properties, "properties", "enableSoftDelete")
    days = at(vault.properties, "properties", "softDeleteRetentionInDays")
    lacks = {
        "enablePurgeProtection isn't true, and absent stands for false": is_true(
            at(vault.properties, "properties", "enablePurgeProtection")
        ),
        # Absent stands for true; Azure no longer takes false, but older API versions keep it.
        "enableSoftDelete is off": holds(kept, lambda value: value in (None, True)),
        # Absent stands for 90.
        f"softDeleteRetentionInDays is under {least}": holds(
            days, lambda value: value is None or (isinstance(value, int | float) and value >= least)
        ),
    }
    worst = min(lacks.values(), default=certain(True))
    if worst is Certainty.YES:
        return
    told = "; ".join(lack for lack, found in lacks.items() if found is worst)
    if worst is Certainty.UNDECIDED:
        told = f"it isn't known whether {told}"
    yield Finding(
        vault.urn,
        f"Vault '{vault.name}': properties: {told}. Set enablePurgeProtection=true and "
        f"softDeleteRetentionInDays={least} or more: then nobody can delete its secrets for good.",
        decided=worst is Certainty.NO,
    )


RULE = ResourceRule(
    about=About(
        name="vault-deletion",
        description="A deleted key vault is kept for long enough, and nobody can purge it.",
        severity="high",
        controls=(
            "MCSB DP-8",
            "CIS 8.3.5",
            "PSRule AZR-000124",
            "PSRule AZR-000125",
            "Azure Policy 0b60c0b2",
            "Azure Policy 1e66c121",
            "Checkov CKV_AZURE_42",
            "Checkov CKV_AZURE_110",
            "Checkov CKV_AZURE_111",
            "Trivy AZU-0016",
        ),
        remediation=(
            "1. Set properties.enablePurgeProtection to true; it can't be turned off again.\n"
            "2. Leave enableSoftDelete out or true, and softDeleteRetentionInDays out or long enough."
        ),
        parameters=(
            Parameter(
                "days",
                {"type": "integer", "minimum": 7, "maximum": 90},
                90,
                "For how many days a deleted vault is kept, at least.",
            ),
        ),
    ),
    types=frozenset({"azure-native:keyvault:vault"}),
    judge=judge,
)
