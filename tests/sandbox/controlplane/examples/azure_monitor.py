"""One example of every azure-native type around logs: alerts, saved queries, reports."""

from __future__ import annotations

from sandbox.controlplane.azure import monitored
from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.examples.example import Example, Made
from tests.sandbox.controlplane.rig import Plain


def _entra_setting(made: Made) -> Plain:
    return {
        "name": "sign-ins",
        "workspaceId": made[rig.WORKSPACE].id,
        # All of them: the API adds those that aren't asked for.
        "logs": [{"category": name, "enabled": True} for name in monitored.TENANT.logs],
    }


def _rule(made: Made) -> Plain:
    return {
        "resourceGroupName": "group",
        "ruleName": "denied",
        "location": "westeurope",
        "severity": 2,
        "scopes": [made[rig.WORKSPACE].id],
        "evaluationFrequency": "PT5M",
        "windowSize": "PT5M",
        "actions": {"actionGroups": [made[rig.ACTION_GROUP].id]},
        "criteria": {
            "allOf": [
                {
                    "query": "union isfuzzy=true (datatable(HttpStatusCode:int)[]), AZKVAuditLogs",
                    "operator": "GreaterThan",
                    "threshold": 0,
                    "timeAggregation": "Count",
                }
            ]
        },
    }


def _search(made: Made) -> Plain:
    return {
        "resourceGroupName": "group",
        "workspaceName": made[rig.WORKSPACE]["name"],
        "savedSearchId": "denied",
        "category": "Key Vault",
        "displayName": "Denied fetches",
        "query": "AZKVAuditLogs | where HttpStatusCode == 403",
    }


_GROUP = {
    "resourceGroupName": "group",
    "actionGroupName": "security",
    "groupShortName": "security",
    "location": "Global",
    "enabled": True,
    "emailReceivers": [{"name": "team", "emailAddress": "security@example.com"}],
}
_WORKBOOK = {
    "resourceGroupName": "group",
    "resourceName": "5b1d0c50-5c55-4b9d-8f66-0d4b8d6a1f33",
    "location": "westeurope",
    "category": "workbook",
    "displayName": "Secret access",
    "serializedData": '{"version": "Notebook/1.0", "items": []}',
}

EXAMPLES: tuple[Example, ...] = (
    # The API adds to each receiver.
    Example(rig.ACTION_GROUP, _GROUP),
    # The workspace's id comes back with `resourcegroups`.
    Example(rig.ENTRA_SETTING, _entra_setting, imported=frozenset({"workspaceId"})),
    # Action groups come back in lower case.
    Example(rig.QUERY_RULE, _rule, imported=frozenset({"actions.actionGroups[0]"})),
    Example(rig.SAVED_SEARCH, _search),
    Example(rig.WORKBOOK, _WORKBOOK),
)
