"""The audit trail, as configuration: where records go, how long they stay, whom alerts reach."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from components.configuration.setting_types import (
    Block,
    Email,
    EnvironmentName,
    Guid,
    ShortName,
    WebhookAddress,
    WorkspaceId,
    between,
)


class Alerts(Block):
    """Who hears of an alert: at least one receiver."""

    emails: tuple[Email, ...] = Field(default=(), description="e-mail addresses")
    webhooks: Mapping[ShortName, WebhookAddress] = Field(
        default_factory=dict, description="https addresses by a name for each"
    )
    deployers: tuple[Guid, ...] = Field(
        default=(),
        description="the object ids of the workloads that deploy: grants that others write raise "
        "an alert; without any, none does",
    )
    expected: tuple[EnvironmentName, ...] = Field(
        default=(),
        description="the environments in which a day without a fetch, after one with some, raises "
        "an alert",
    )


class Audit(Block):
    """What is recorded, where, for how long."""

    # Log Analytics keeps interactive data 30 to 730 days: Microsoft Learn, 'Manage data retention'.
    retention_days: Annotated[int, between(30, 730, "days")] = Field(
        default=90, description="how long the records are kept, in days"
    )
    workspace_id: WorkspaceId | None = Field(
        default=None,
        description="the resource id of a Log Analytics workspace to adopt instead of making one",
    )
    activity_log: bool = Field(
        default=True, description="that the subscription's Activity Log is recorded too"
    )
    sign_in_logs: bool = Field(
        default=False,
        description="that Entra's sign-in logs are recorded too (needs rights in the tenant)",
    )
    alerts: Alerts | None = Field(
        default=None, description="whom alerts reach; without it there are none"
    )
