"""A workspace keeps what it gets, for long enough.

Owns the retention of Log Analytics workspaces and their tables. How long a storage account or event hub
keeps what it gets isn't visible on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...certainty import Certainty, at, holds
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from ...tokens import normalise

_WORKSPACE: Final = "azure-native:operationalinsights:workspace"
_TABLE: Final = "azure-native:operationalinsights:table"


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds a workspace, or a table of one, that loses records.

    Args:
        resource: a workspace or table.
        context: with the least days.
    """
    least = context.number("days")
    is_table = normalise(resource.token) == _TABLE
    # A workspace keeps 30 days where it says nothing, a table what its workspace does (-1 says so).
    silent = is_table or least <= 30

    def kept(days: object) -> bool:
        if days is None or (is_table and days == -1):
            return silent
        return isinstance(days, int | float) and days >= least

    # -1 is no cap (REST reference, "Workspaces": workspaceCapping).
    cap = at(resource.properties, "workspaceCapping", "dailyQuotaGb")
    purge = at(resource.properties, "features", "immediatePurgeDataOn30Days")
    for certainty, why in (
        (
            holds(resource.properties.get("retentionInDays"), kept),
            f"retentionInDays is under {least}",
        ),
        (
            holds(cap, lambda value: value in (None, -1)),
            "workspaceCapping.dailyQuotaGb drops records",
        ),
        (
            holds(purge, lambda value: value in (None, False)),
            "features.immediatePurgeDataOn30Days purges",
        ),
    ):
        if certainty is not Certainty.YES:
            known = certainty is Certainty.NO
            yield Finding(
                resource.urn,
                f"Workspace '{resource.name}': {why if known else 'it is not known whether ' + why}. Keep "
                f"audit records for {least} days or more, all of them.",
                decided=known,
            )


RULE = ResourceRule(
    about=About(
        name="audit-retention",
        description="Log Analytics workspaces keep all records for long enough.",
        severity="medium",
        controls=("MCSB LT-6", "Azure Policy 6c53d030"),
        remediation=(
            "1. Set retentionInDays to 90 or more.\n"
            "2. Remove workspaceCapping, and immediatePurgeDataOn30Days."
        ),
        parameters=(
            Parameter(
                "days",
                {"type": "integer", "minimum": 30, "maximum": 730},
                90,
                "For how many days records are kept, at least.",
            ),
        ),
    ),
    types=frozenset({_WORKSPACE, _TABLE}),
    judge=judge,
)
