"""An alert reaches somebody.

Owns alert rules and action groups. Which alerts there must be is a matter of the program's: a stack that
has none is told, as an advisory, by `vault_alerts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...certainty import Certainty, at, certain, holds
from ...model import About, Context, Finding, Resource, ResourceRule
from ...tokens import normalise
from ...values import UNKNOWN

_GROUP: Final = "azure-native:monitor:actiongroup"
_QUERY: Final = "azure-native:monitor:scheduledqueryrule"
_ACTIVITY: Final = "azure-native:monitor:activitylogalert"


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds an alert without an action, and an action group without a receiver.

    Args:
        resource: an alert rule or action group.
        context: of no use to this rule.
    """
    is_group = normalise(resource.token) == _GROUP
    certainty = _reaches(resource) if is_group else _acts(resource)
    if certainty is Certainty.YES:
        return
    what = "it has no receiver, or is off" if is_group else "it has no action group, or is off"
    yield Finding(
        resource.urn,
        f"{'Action group' if is_group else 'Alert rule'} '{resource.name}': "
        f"{what if certainty is Certainty.NO else 'it is not known whether ' + what}. Give it one: an "
        "alert that nobody gets is none.",
        decided=certainty is Certainty.NO,
    )


def _enabled(value: object) -> Certainty:
    # Absent stands for true on all three types.
    return holds(value, lambda known: known in (None, True))


def _reaches(group: Resource) -> Certainty:
    receivers = max(
        (
            _filled(value)
            for name, value in group.properties.items()
            if name.lower().endswith("receivers")
        ),
        default=certain(False),
    )
    return min(_enabled(group.properties.get("enabled")), receivers)


def _acts(rule: Resource) -> Certainty:
    actions = rule.properties.get("actions")
    groups = at(actions, "actionGroups")
    return min(_enabled(rule.properties.get("enabled")), _filled(groups))


def _filled(value: object) -> Certainty:
    if value is UNKNOWN:
        return Certainty.UNDECIDED
    return certain(isinstance(value, list) and bool(value))


RULE = ResourceRule(
    about=About(
        name="alert-without-receiver",
        description="Alert rules are on and have an action group, action groups have a receiver.",
        severity="medium",
        controls=("MCSB LT-1", "CIS 6.1.2.1"),
        remediation=(
            "1. Name an action group in the alert's actions.\n"
            "2. Give the group a receiver: an e-mail address, a webhook, a function."
        ),
    ),
    types=frozenset({_GROUP, _QUERY, _ACTIVITY}),
    judge=judge,
)
