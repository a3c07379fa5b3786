"""Where every read and write of a secret is recorded, and every change of who may.

Owns the Log Analytics workspace, unless that is somebody else's, and the settings that send records
to it: one for each vault, one for the subscription's Activity Log, one for the tenant's sign-ins.
Who may read a vault waits for that vault's setting (`settings` below), so that no access goes
unrecorded. What the records are searched for is `alerts`' matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_azure_native.aadiam as aadiam
import pulumi_azure_native.monitor as monitor
import pulumi_azure_native.operationalinsights as operationalinsights

AUDIT_CATEGORY = "AuditEvent"

# Of the Activity Log, what tells of changes: grants and federated credentials are Administrative
# (Microsoft Learn, 'Azure activity log event schema').
_ACTIVITY_CATEGORIES = ("Administrative", "Alert", "Policy", "Security")

# Of Entra's logs, what tells how workloads sign in and who changes applications (Microsoft Learn,
# 'Configure Microsoft Entra diagnostic settings for activity logs').
_ENTRA_CATEGORIES = ("AuditLogs", "ManagedIdentitySignInLogs", "ServicePrincipalSignInLogs")


@dataclass(frozen=True)
class AuditTrailArgs:
    """What the audit trail needs.

    Attributes:
        workspace_name: name of the workspace, where one is made, and of the settings on the
            subscription and the tenant.
        resource_group_name: the Azure resource group that the workspace is put into.
        location: the Azure location, such as `westeurope`.
        retention_days: how long records are kept, in days (30 to 730); not where the workspace is
            somebody else's.
        vault_ids: resource ids of the vaults to record, by a name for each.
        tags: tags of the workspace.
        workspace_id: resource id of a workspace that exists. It is read and never changed.
        subscription_id: the subscription whose Activity Log is sent; needed for `activity_log`.
        activity_log: send the subscription's Activity Log. Azure refuses a second setting that
            sends the same to the same workspace.
        sign_in_logs: send the tenant's sign-ins of workloads, and changes of applications. The
            deployer needs Entra's role Security Administrator for it.
        protect: refuse, at preview already, whatever would delete or replace the workspace that is
            made here, and the records with it; for production.

    Raises:
        ValueError: where these contradict each other.
    """

    workspace_name: str
    resource_group_name: pulumi.Input[str]
    location: str
    retention_days: int | None
    vault_ids: Mapping[str, pulumi.Input[str]]
    tags: Mapping[str, str]
    workspace_id: str | None = None
    subscription_id: str | None = None
    activity_log: bool = False
    sign_in_logs: bool = False
    protect: bool = False

    def __post_init__(self) -> None:
        if (self.workspace_id is None) == (self.retention_days is None):
            raise ValueError(
                "give retention_days for a workspace that is made here, or workspace_id for one "
                "that exists, whose owner decides how long it keeps records"
            )
        if self.activity_log and self.subscription_id is None:
            raise ValueError("activity_log needs subscription_id: whose Activity Log it is")


class AuditTrail(pulumi.ComponentResource):
    """A workspace, and the settings that send to it what happens to the vaults and around them.

    Example:
        audit = AuditTrail(
            "audit",
            AuditTrailArgs(
                workspace_name="gateway",
                resource_group_name=group.name,
                location="westeurope",
                retention_days=90,
                vault_ids={"alpha": vault.vault_id},
                tags={},
                subscription_id="22222222-2222-4222-8222-222222222222",
                activity_log=True,
            ),
        )

    Attributes:
        workspace_id: the workspace's resource id.
        workspace_customer_id: the id by which queries address the workspace.
        settings: the vaults' diagnostic settings, keyed as `vault_ids` is.
    """

    workspace_id: pulumi.Output[str]
    workspace_customer_id: pulumi.Output[str]
    settings: Mapping[str, monitor.DiagnosticSetting]

    def __init__(
        self, name: str, args: AuditTrailArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("apigee-keyvault:components:AuditTrail", name, None, opts)
        workspace = self._workspace(f"{name}-workspace", args)
        self.workspace_id = workspace.id
        self.workspace_customer_id = workspace.customer_id
        self.settings = {
            key: self._vault_setting(f"{name}-{key}", vault_id)
            for key, vault_id in args.vault_ids.items()
        }
        if args.activity_log:
            self._activity_log(f"{name}-log:activity", args)
        if args.sign_in_logs:
            self._sign_in_logs(f"{name}-log:sign-ins", args)
        self.register_outputs(
            {
                "workspaceId": self.workspace_id,
                "workspaceCustomerId": self.workspace_customer_id,
            }
        )

    def _workspace(self, name: str, args: AuditTrailArgs) -> operationalinsights.Workspace:
        """Make the workspace, or read it."""
        if args.workspace_id is not None:
            return operationalinsights.Workspace.get(
                name, args.workspace_id, pulumi.ResourceOptions(parent=self)
            )
        return operationalinsights.Workspace(
            name,
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
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )

    def _vault_setting(self, name: str, vault_id: pulumi.Input[str]) -> monitor.DiagnosticSetting:
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

    def _activity_log(self, name: str, args: AuditTrailArgs) -> None:
        """Record who changes what in the subscription, grants and federated credentials among it."""
        monitor.DiagnosticSetting(
            name,
            name=args.workspace_name,
            resource_uri=f"/subscriptions/{args.subscription_id}",
            workspace_id=self.workspace_id,
            logs=[
                monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True)
                for category in _ACTIVITY_CATEGORIES
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _sign_in_logs(self, name: str, args: AuditTrailArgs) -> None:
        """Record with which credentials workloads sign in."""
        aadiam.DiagnosticSetting(
            name,
            name=args.workspace_name,
            workspace_id=self.workspace_id,
            logs=[
                aadiam.LogSettingsArgs(category=category, enabled=True)
                for category in _ENTRA_CATEGORIES
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
