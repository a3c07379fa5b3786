"""A stack with vaults has somebody told when one is misused.

Owns whether there are alerts at all. Whether one reaches anybody is `receivers`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ...model import About, Context, Finding, Resource, StackRule

_VAULT: Final = "azure-native:keyvault:vault"
_ALERTS: Final = (
    "azure-native:monitor:scheduledqueryrule",
    "azure-native:monitor:activitylogalert",
)


def judge(resources: Mapping[str, Sequence[Resource]], context: Context) -> Iterator[Finding]:
    """Finds the vaults of a stack without an alert rule.

    Args:
        resources: vaults and alert rules, by normalised type.
        context: of no use to this rule.
    """
    if any(resources.get(kind) for kind in _ALERTS):
        return
    for vault in resources.get(_VAULT, ()):
        yield Finding(
            vault.urn,
            f"Vault '{vault.name}': no alert rule in this stack would tell of denied reads, foreign "
            "callers or new grants. Add one (ScheduledQueryRule, ActivityLogAlert), with an action group.",
        )


RULE = StackRule(
    about=About(
        name="vault-without-alert",
        description="A stack with key vaults has alert rules.",
        severity="medium",
        controls=("MCSB LT-1", "CIS 6.1.2.2", "Azure Policy b954148f", "Azure Policy c5447c04"),
        remediation="1. Declare alerts, with somebody whom they reach.",
        level="advisory",
    ),
    types=frozenset({_VAULT, *_ALERTS}),
    judge=judge,
)
