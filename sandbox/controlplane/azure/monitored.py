"""What diagnostic settings can collect, and where to: categories by source, destinations, overlaps.

Shared by the settings of resources and of the subscription (`diagnostic_setting`) and of Entra
(`entra_diagnostic_setting`). Rules from Microsoft Learn, "Diagnostic settings in Azure Monitor".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.controlplane import errors
from sandbox.controlplane.azure.arm import not_found
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

WORKSPACE = "azure-native:operationalinsights:Workspace"

_MOST = 5
_OTHER_SINKS = (
    "storageAccountId",
    "eventHubAuthorizationRuleId",
    "serviceBusRuleId",
    "marketplacePartnerId",
)
_NO_RETENTION = {"days": 0, "enabled": False}


@dataclass(frozen=True)
class Source:
    """What one kind of source offers."""

    logs: tuple[str, ...]
    groups: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()


VAULT = Source(
    logs=("AuditEvent", "AzurePolicyEvaluationDetails"),
    groups=("audit", "allLogs"),
    metrics=("AllMetrics",),
)
"""Microsoft Learn, "Monitor Key Vault"."""

SUBSCRIPTION = Source(
    logs=(
        "Administrative",
        "Security",
        "ServiceHealth",
        "Alert",
        "Recommendation",
        "Policy",
        "Autoscale",
        "ResourceHealth",
    )
)
"""Microsoft Learn, "Azure activity log event schema": the Activity Log's categories."""

TENANT = Source(
    logs=(
        "AuditLogs",
        "SignInLogs",
        "NonInteractiveUserSignInLogs",
        "ServicePrincipalSignInLogs",
        "ManagedIdentitySignInLogs",
        "ProvisioningLogs",
        "ADFSSignInLogs",
        "RiskyUsers",
        "UserRiskEvents",
        "NetworkAccessTrafficLogs",
        "RiskyServicePrincipals",
        "ServicePrincipalRiskEvents",
        "EnrichedOffice365AuditLogs",
        "MicrosoftGraphActivityLogs",
        "RemoteNetworkHealthLogs",
    )
)
"""Microsoft Learn, "Configure Microsoft Entra diagnostic settings for activity logs"."""


def check(context: Context, inputs: Plain, source: Source, others: Sequence[StoredObject]) -> None:
    """Raises CloudError for what Azure refuses. `others`: the source's other settings."""
    _check_categories(inputs, source)
    _check_destination(context, inputs)
    if len(others) >= _MOST:
        raise errors.arm(
            400,
            "BadRequest",
            f"The limit of {_MOST} diagnostic settings was reached. To create a new setting,"
            " delete an existing one.",
        )
    _check_overlap(inputs, others)


def returned(items: Sequence[Plain], categories: Sequence[str]) -> list[Plain]:
    """A list as the API returns it: retention spelt out, the categories not asked for disabled."""
    found = [{**item, "retentionPolicy": dict(_NO_RETENTION)} for item in items]
    if any("categoryGroup" in item for item in items):
        return found
    asked = {item["category"] for item in items}
    return found + [
        {"category": name, "enabled": False, "retentionPolicy": dict(_NO_RETENTION)}
        for name in categories
        if name not in asked
    ]


def lowered_group(object_id: str) -> str:
    """A workspace's id as settings return it."""
    return re.sub("/resourceGroups/", "/resourcegroups/", object_id)


def enabled(values: Plain) -> set[str]:
    """Names of a setting's enabled categories and groups, logs and metrics."""
    return {
        item.get("category") or item["categoryGroup"]
        for name in ("logs", "metrics")
        for item in values.get(name, [])
        if item["enabled"]
    }


def _check_categories(inputs: Plain, source: Source) -> None:
    for item in inputs.get("logs", []):
        category, group = item.get("category"), item.get("categoryGroup")
        if (category is None) == (group is None):
            raise errors.arm(
                400, "BadRequest", "Each log needs either a category or a category group."
            )
        if category is not None and category not in source.logs:
            raise _unsupported(category, source.logs)
        if group is not None and group not in source.groups:
            raise _unsupported(group, source.groups)
    for item in inputs.get("metrics", []):
        if item.get("category") not in source.metrics:
            raise _unsupported(item.get("category"), source.metrics)
    if not enabled(inputs):
        raise errors.arm(400, "BadRequest", "At least one log or metric category must be enabled.")


def _unsupported(category: object, supported: Sequence[str]) -> errors.CloudError:
    return errors.arm(
        400,
        "BadRequest",
        f"Category '{category}' is not supported, supported categories:"
        f" {', '.join(supported) or 'none'}.",
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
    if context.find(WORKSPACE, workspace) is None:
        raise not_found(workspace)


def _check_overlap(inputs: Plain, others: Sequence[StoredObject]) -> None:
    wanted = enabled(inputs)
    for other in others:
        same_sink = other.body["workspaceId"].lower() == inputs["workspaceId"].lower()
        for category in sorted(wanted & enabled(other.body)) if same_sink else []:
            raise errors.arm(
                409,
                "Conflict",
                f"Data sink '{inputs['workspaceId']}' is already used in diagnostic setting"
                f" '{other.body['name']}' for category '{category}'. Data sinks can't be reused in"
                " different settings on the same category for the same resource.",
            )
