"""`azure-native:operationalinsights:Workspace`."""

from __future__ import annotations

import re
import uuid

from sandbox.controlplane import errors
from sandbox.controlplane.azure.arm import GROUP_PATH, AzureType
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.times import rfc3339
from sandbox.controlplane.values import Plain

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]")
_SKUS = {"PerGB2018", "CapacityReservation", "Free", "PerNode", "Premium", "Standalone", "Standard"}
_NETWORKS = ("Enabled", "Disabled")
_NOT_HERE = ("identity", "forceCmkForQuery", "defaultDataCollectionRuleResourceId")
_RETENTION_DAYS = range(30, 731)


class Workspace(AzureType):
    """A Log Analytics workspace (Microsoft Learn, "Workspaces - Create Or Update")."""

    sdk = "pulumi_azure_native.operationalinsights.Workspace"
    arm_type = "Microsoft.OperationalInsights/workspaces"
    path = f"{GROUP_PATH}/providers/Microsoft.OperationalInsights/workspaces/{{workspaceName}}"
    name_input = "workspaceName"
    replace_on = frozenset({"resourceGroupName", "workspaceName", "location"})
    children = (
        "azure-native:monitor:DiagnosticSetting",
        "azure-native:authorization:RoleAssignment",
        "azure-native:operationalinsights:SavedSearch",
    )

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        _check_inputs(inputs)
        stamp = rfc3339(context.now)
        features = {
            "enableLogAccessUsingOnlyResourcePermissions": True,
            **inputs.get("features", {}),
        }
        return {
            "location": inputs["location"],
            "tags": inputs.get("tags", {}),
            "customerId": previous["customerId"] if previous else str(uuid.uuid4()),
            "createdDate": previous["createdDate"] if previous else stamp,
            "modifiedDate": stamp,
            "provisioningState": "Succeeded",
            "sku": {"lastSkuUpdate": stamp, **inputs.get("sku", {"name": "PerGB2018"})},
            "retentionInDays": inputs.get("retentionInDays", 30),
            "features": {"unifiedSentinelBillingOnly": False, **features},
            "publicNetworkAccessForIngestion": inputs.get(
                "publicNetworkAccessForIngestion", "Enabled"
            ),
            "publicNetworkAccessForQuery": inputs.get("publicNetworkAccessForQuery", "Enabled"),
            "workspaceCapping": {
                "dailyQuotaGb": -1,
                "quotaNextResetTime": stamp,
                "dataIngestionStatus": "RespectQuota",
                **inputs.get("workspaceCapping", {}),
            },
            "privateLinkScopedResources": [],
        }


def _check_inputs(inputs: Plain) -> None:
    name = inputs["workspaceName"]
    if not _NAME.fullmatch(name):
        raise errors.arm(
            400,
            "InvalidParameter",
            f"The workspace name '{name}' is invalid: 4 to 63 letters, digits and hyphens, neither"
            " first nor last a hyphen.",
        )
    for other in _NOT_HERE:
        if inputs.get(other):
            raise CloudError(f"the sandbox's workspaces have no {other}")
    for network in ("publicNetworkAccessForIngestion", "publicNetworkAccessForQuery"):
        if inputs.get(network, "Enabled") not in _NETWORKS:
            raise errors.arm(
                400,
                "InvalidParameter",
                f"'{inputs[network]}' is no {network}: {' or '.join(_NETWORKS)}.",
            )
    sku = inputs.get("sku", {}).get("name", "PerGB2018")
    if sku not in _SKUS:
        raise errors.arm(400, "InvalidParameter", f"Invalid sku name '{sku}'.")
    days = inputs.get("retentionInDays", 30)
    if days not in _RETENTION_DAYS and days != 7:
        raise errors.arm(
            400,
            "InvalidParameter",
            f"'RetentionInDays' property doesn't match the SKU limits: {days} is not within 30 and"
            " 730.",
        )
