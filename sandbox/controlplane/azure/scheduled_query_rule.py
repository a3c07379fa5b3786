"""`azure-native:monitor:ScheduledQueryRule`: an alert on what a query finds.

Rules from Microsoft Learn, "Log search alert rules", "Create or edit a log search alert rule",
"Naming rules and restrictions for Azure resources" and the API's specification. Of the kinds only
LogAlert. The query isn't run: no alert fires here.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from types import MappingProxyType

from sandbox.controlplane.azure import alert_conditions, log_tables
from sandbox.controlplane.azure.alert_conditions import invalid, not_one_of
from sandbox.controlplane.azure.arm import GROUP_PATH, AzureType, not_found
from sandbox.controlplane.azure.monitored import WORKSPACE
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain

_ACTION_GROUP = "azure-native:monitor:ActionGroup"
_FORBIDDEN = r"*<>%{}&:\\?/#\x00-\x1f"
_NAME = re.compile(rf"[^{_FORBIDDEN}]{{0,259}}[^{_FORBIDDEN} .]")
_REQUIRED = ("severity", "scopes", "evaluationFrequency", "windowSize", "criteria")
_MINUTES: Mapping[str, int] = MappingProxyType(
    {
        **{f"PT{minutes}M": minutes for minutes in (1, 5, 10, 15, 30, 45)},
        **{f"PT{hours}H": 60 * hours for hours in (1, 2, 3, 4, 5, 6)},
        "P1D": 1440,
        "P2D": 2880,
    }
)


class ScheduledQueryRule(AzureType):
    """Its scope is for life: a change isn't marked as a replacement, and Azure refuses it."""

    sdk = "pulumi_azure_native.monitor.ScheduledQueryRule"
    arm_type = "Microsoft.Insights/scheduledQueryRules"
    path = f"{GROUP_PATH}/providers/Microsoft.Insights/scheduledQueryRules/{{ruleName}}"
    name_input = "ruleName"
    replace_on = frozenset({"resourceGroupName", "ruleName", "location"})

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        _check_kind(inputs)
        if not _NAME.fullmatch(inputs["ruleName"]):
            raise invalid(
                f"The rule name '{inputs['ruleName']}' is invalid: 1 to 260 characters, none of"
                " * < > % { } & : \\ ? / # or control characters, not ending in a space or period."
            )
        if previous and _folded(previous["scopes"]) != _folded(inputs["scopes"]):
            raise invalid("The scopes of an existing scheduled query rule can't be changed.")
        periods = alert_conditions.check(inputs["criteria"])
        _check_times(inputs, periods)
        self._check_places(context, inputs)
        muted = "muteActionsDuration" in inputs
        given = ("description", "muteActionsDuration", "overrideQueryTimeRange")
        return {
            **{name: inputs[name] for name in (*given, *_REQUIRED) if name in inputs},
            "location": inputs["location"],
            "tags": inputs.get("tags", {}),
            "kind": "LogAlert",
            "displayName": inputs.get("displayName", inputs["ruleName"]),
            "enabled": inputs.get("enabled", True),
            "autoMitigate": inputs.get("autoMitigate", not muted),
            "checkWorkspaceAlertsStorageConfigured": False,
            "skipQueryValidation": inputs.get("skipQueryValidation", False),
            "targetResourceTypes": ["Microsoft.OperationalInsights/workspaces"],
            "criteria": alert_conditions.completed(inputs["criteria"]),
            "actions": _actions(inputs.get("actions", {})),
            "createdWithApiVersion": self.api_version,
            "etag": f'"{uuid.uuid4()}"',
            "isLegacyLogAnalyticsRule": False,
            "isWorkspaceAlertsStorageConfigured": False,
        }

    def _check_places(self, context: Context, inputs: Plain) -> None:
        """The workspace, the action groups and the tables that the rule names must be there."""
        if len(inputs["scopes"]) != 1:
            raise invalid("A scheduled query rule has exactly one scope.")
        workspace = context.find(WORKSPACE, inputs["scopes"][0])
        if workspace is None:
            raise not_found(inputs["scopes"][0])
        for group in inputs.get("actions", {}).get("actionGroups", []):
            if context.find(_ACTION_GROUP, group) is None:
                raise not_found(group)
        for criterion in inputs["criteria"]["allOf"]:
            name = log_tables.unresolved(context, workspace, criterion["query"])
            if name is not None:
                raise invalid(f"Failed to resolve table or column expression named '{name}'.")


def _check_kind(inputs: Plain) -> None:
    if inputs.get("kind", "LogAlert") != "LogAlert":
        raise invalid(f"The sandbox has no scheduled query rules of kind '{inputs['kind']}'.")
    for name in ("identity", "resolveConfiguration"):
        if name in inputs:
            raise invalid(f"The sandbox's scheduled query rules have no {name}.")
    if inputs.get("checkWorkspaceAlertsStorageConfigured"):
        raise invalid("The sandbox's workspaces have no storage of their own for alerts.")
    for name in _REQUIRED:
        if name not in inputs:
            raise invalid(f"The property '{name}' is required for rules of kind LogAlert.")
    if inputs["severity"] not in range(5):
        raise invalid(f"The severity must be from 0 to 4, not {inputs['severity']}.")


def _check_times(inputs: Plain, periods: int) -> None:
    """Durations are of a fixed list; none looks further back, or comes less often, than it may."""
    frequency = _minutes(inputs, "evaluationFrequency", most=1440)
    window = _minutes(inputs, "windowSize")
    looked_at = window * periods
    if frequency > looked_at:
        raise invalid("evaluationFrequency must not be longer than windowSize times the periods.")
    if looked_at > _MINUTES["P2D"]:
        raise invalid("windowSize times numberOfEvaluationPeriods must not exceed two days.")
    if frequency == 1 and window > _MINUTES["PT6H"]:
        raise invalid("With an evaluationFrequency of PT1M the windowSize is at most PT6H.")
    override = inputs.get("overrideQueryTimeRange")
    if override and _minutes(inputs, "overrideQueryTimeRange", least=5) < looked_at:
        raise invalid("overrideQueryTimeRange must not be shorter than what is looked at.")
    if "muteActionsDuration" in inputs:
        if inputs.get("autoMitigate"):
            raise invalid("autoMitigate and muteActionsDuration exclude each other.")
        if _minutes(inputs, "muteActionsDuration", least=5) < frequency:
            raise invalid("muteActionsDuration must not be shorter than evaluationFrequency.")


def _minutes(inputs: Plain, name: str, least: int = 1, most: int = 2880) -> int:
    allowed = {text: count for text, count in _MINUTES.items() if least <= count <= most}
    if inputs[name] not in allowed:
        raise invalid(not_one_of(name, inputs[name], tuple(allowed)))
    return allowed[inputs[name]]


def _actions(given: Plain) -> Plain:
    return {
        "actionGroups": _folded(given.get("actionGroups", [])),
        "customProperties": given.get("customProperties", {}),
        "actionProperties": given.get("actionProperties", {}),
    }


def _folded(ids: list[str]) -> list[str]:
    """Ids as Azure compares them, and as it returns action groups'."""
    return [item.lower() for item in ids]
