"""Where every read and write of a secret is recorded.

Owns the Log Analytics workspace and one diagnostic setting for each vault. Who may read a vault
waits for that vault's setting (`settings` below), so that no access goes unrecorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_azure_native.monitor as monitor
import pulumi_azure_native.operationalinsights as operationalinsights

AUDIT_CATEGORY = "AuditEvent"


@dataclass(frozen=True)
class AuditTrailArgs:
    """What the audit trail needs.

    Attributes:
        workspace_name: name of the workspace.
        resource_group_name: the Azure resource group that it is put into.
        location: the Azure location, such as `westeurope`.
        retention_days: how long records are kept, in days (30 to 730).
        vault_ids: resource ids of the vaults to record, by a name for each.
        tags: tags of the workspace.
    """

    workspace_name: str
    resource_group_name: pulumi.Input[str]
    location: str
    retention_days: int
    vault_ids: Mapping[str, pulumi.Input[str]]
    tags: Mapping[str, str]


class AuditTrail(pulumi.ComponentResource):
    """A workspace, and a diagnostic setting that sends each vault's audit events to it.

    Attributes:
        workspace_id: the workspace's resource id.
        workspace_customer_id: the id by which queries address the workspace.
        settings: the diagnostic settings, keyed as `vault_ids` is.
    """

    workspace_id: pulumi.Output[str]
    workspace_customer_id: pulumi.Output[str]
    settings: Mapping[str, monitor.DiagnosticSetting]

    def __init__(
        self, name: str, args: AuditTrailArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("apigee-keyvault:components:AuditTrail", name, None, opts)
        workspace = operationalinsights.Workspace(
            f"{name}-workspace",
            workspace_name=args.workspace_name,
            resource_group_name=args.resource_group_name,
            location=args.location,
            sku=operationalinsights.WorkspaceSkuArgs(
                name=operationalinsights.WorkspaceSkuNameEnum.PER_GB2018
            ),
            retention_in_days=args.retention_days,
            # No shared keys: records come in and go out under Entra identities alone.
            features=operationalinsights.WorkspaceFeaturesArgs(disable_local_auth=True),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.workspace_id = workspace.id
        self.workspace_customer_id = workspace.customer_id
        self.settings = {
            key: self._setting(f"{name}-{key}", vault_id)
            for key, vault_id in args.vault_ids.items()
        }
        self.register_outputs(
            {
                "workspaceId": self.workspace_id,
                "workspaceCustomerId": self.workspace_customer_id,
            }
        )

    def _setting(self, name: str, vault_id: pulumi.Input[str]) -> monitor.DiagnosticSetting:
        """Record one vault."""
        return monitor.DiagnosticSetting(
            name,
            name="audit",
            resource_uri=vault_id,
            workspace_id=self.workspace_id,
            # The table AZKVAuditLogs, not the catch-all AzureDiagnostics.
            log_analytics_destination_type="Dedicated",
            logs=[monitor.DiagnosticsLogSettingsArgs(category=AUDIT_CATEGORY, enabled=True)],
            opts=pulumi.ResourceOptions(
                parent=self,
                # Azure takes it on a write and answers null on a read (Key Vault): after a
                # refresh it would look changed for ever.
                ignore_changes=["logAnalyticsDestinationType"],
            ),
        )
