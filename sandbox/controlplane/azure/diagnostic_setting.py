"""`azure-native:monitor:DiagnosticSetting` on vaults.

Rules from Microsoft Learn, "Diagnostic settings in Azure Monitor" and "Monitor Key Vault".
"""

from __future__ import annotations

import re

from pulumi_azure_native import monitor

from sandbox.controlplane import errors
from sandbox.controlplane.azure.arm import AzureType, check_place, not_found
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

_VAULT = "azure-native:keyvault:Vault"
_WORKSPACE = "azure-native:operationalinsights:Workspace"
_LOGS = ("AuditEvent", "AzurePolicyEvaluationDetails")
_GROUPS = ("audit", "allLogs")
_METRICS = ("AllMetrics",)
_MOST = 5
_OTHER_SINKS = (
    "storageAccountId",
    "eventHubAuthorizationRuleId",
    "serviceBusRuleId",
    "marketplacePartnerId",
)
_NO_RETENTION = {"days": 0, "enabled": False}


class DiagnosticSetting(AzureType):
    """Where a vault's logs go. It outlives its vault; a category goes to one destination once."""

    sdk = monitor.DiagnosticSetting
    arm_type = "Microsoft.Insights/diagnosticSettings"
    path = "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}"
    name_input = "name"
    replace_on = frozenset({"resourceUri", "name"})

    def object_id(self, context: Context, inputs: Plain) -> str:
        object_id = self.path.format_map(inputs)
        check_place(context, object_id)
        return object_id

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        vault = object_id.rsplit("/providers/", 1)[0]
        if context.find(_VAULT, vault) is None:
            raise not_found(vault)
        _check_categories(inputs)
        _check_destination(context, inputs)
        others = [o for o in self._siblings(context, vault) if o.id.lower() != object_id.lower()]
        if len(others) >= _MOST:
            raise errors.arm(
                400,
                "BadRequest",
                f"The limit of {_MOST} diagnostic settings was reached. To create a new setting,"
                " delete an existing one.",
            )
        _check_overlap(inputs, others)
        return {
            "logs": _returned(inputs.get("logs", []), "AzurePolicyEvaluationDetails"),
            "metrics": _returned(inputs.get("metrics", []), "AllMetrics"),
            "workspaceId": _lowered_group(inputs["workspaceId"]),
        }

    def _siblings(self, context: Context, vault: str) -> list[StoredObject]:
        beneath = f"{vault}/providers/".lower()
        return [s for s in context.all(self.token) if s.id.lower().startswith(beneath)]


def _check_categories(inputs: Plain) -> None:
    for item in inputs.get("logs", []):
        category, group = item.get("category"), item.get("categoryGroup")
        if (category is None) == (group is None):
            raise errors.arm(
                400, "BadRequest", "Each log needs either a category or a category group."
            )
        if category is not None and category not in _LOGS:
            raise _unsupported(category, _LOGS)
        if group is not None and group not in _GROUPS:
            raise _unsupported(group, _GROUPS)
    for item in inputs.get("metrics", []):
        if item.get("category") not in _METRICS:
            raise _unsupported(item.get("category"), _METRICS)
    items = [*inputs.get("logs", []), *inputs.get("metrics", [])]
    if not any(item["enabled"] for item in items):
        raise errors.arm(400, "BadRequest", "At least one log or metric category must be enabled.")


def _unsupported(category: object, supported: tuple[str, ...]) -> errors.CloudError:
    return errors.arm(
        400,
        "BadRequest",
        f"Category '{category}' is not supported, supported categories: {', '.join(supported)}.",
    )


def _check_destination(context: Context, inputs: Plain) -> None:
    for name in _OTHER_SINKS:
        if name in inputs:
            raise errors.arm(
                404,
                "ResourceNotFound",
                f"The sandbox has no such destination: {name} '{inputs[name]}'; it has workspaces.",
            )
    workspace = inputs.get("workspaceId")
    if workspace is None:
        raise errors.arm(
            400,
            "BadRequest",
            "At least one data sink needs to be specified: a workspace, storage account, event hub"
            " or partner.",
        )
    if context.find(_WORKSPACE, workspace) is None:
        raise not_found(workspace)
    kind = inputs.get("logAnalyticsDestinationType", "Dedicated")
    if kind not in ("Dedicated", "AzureDiagnostics"):
        raise errors.arm(
            400,
            "BadRequest",
            f"'{kind}' is no logAnalyticsDestinationType: Dedicated or AzureDiagnostics.",
        )


def _check_overlap(inputs: Plain, others: list[StoredObject]) -> None:
    wanted = _enabled(inputs)
    for other in others:
        same_sink = other.body["workspaceId"].lower() == inputs["workspaceId"].lower()
        for category in sorted(wanted & _enabled(other.body)) if same_sink else []:
            raise errors.arm(
                409,
                "Conflict",
                f"Data sink '{inputs['workspaceId']}' is already used in diagnostic setting"
                f" '{other.body['name']}' for category '{category}'. Data sinks can't be reused in"
                " different settings on the same category for the same resource.",
            )


def _enabled(values: Plain) -> set[str]:
    """Names of the enabled categories and groups, logs and metrics."""
    return {
        item.get("category") or item["categoryGroup"]
        for name in ("logs", "metrics")
        for item in values.get(name, [])
        if item["enabled"]
    }


def _returned(items: list[Plain], other: str) -> list[Plain]:
    """A list as the API returns it: retention spelt out, the categories not asked for disabled."""
    returned = [{**item, "retentionPolicy": dict(_NO_RETENTION)} for item in items]
    if any("categoryGroup" in item for item in items):
        return returned
    if all(item["category"] != other for item in items):
        returned.append(
            {"category": other, "enabled": False, "retentionPolicy": dict(_NO_RETENTION)}
        )
    return returned


def _lowered_group(object_id: str) -> str:
    return re.sub("/resourceGroups/", "/resourcegroups/", object_id)
