"""Who hears of what the audit trail shows: alert rules, saved queries and a workbook.

Owns the action group, the rules, the queries kept in the workspace and the workbook. The trail
itself is `audit_trail`'s; the queries' texts are `audit_queries`', which of them raise an alert is
`alert_rules`', the workbook's content is `audit_workbook`'s.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import pulumi
import pulumi_azure_native.applicationinsights as applicationinsights
import pulumi_azure_native.monitor as monitor
import pulumi_azure_native.operationalinsights as operationalinsights

from components.audit import audit_workbook, saved_queries
from components.audit.alert_rules import ALERTS, AlertRule
from components.audit.saved_queries import QUERIES, Watched

# Kept in the workspace, for whoever looks into an alert.
SAVED_QUERIES = (
    "access_changes",
    "denied_fetches",
    "expiry_notices",
    "fetches",
    "latency",
    "sign_ins",
    "undeclared_callers",
)
_CATEGORY = "Apigee and Key Vault"
_SHORT_NAME = "apigee-kv"  # at most 12 characters; it signs text messages and mails


@dataclass(frozen=True)
class AuditAlertsArgs:
    """What the alerts need.

    Attributes:
        prefix: what names in Azure start with; unlike any other's in the resource group.
        resource_group_name: the Azure resource group that they are put into.
        location: the Azure location, such as `westeurope`.
        tags: tags of everything here that has tags.
        workspace_id: resource id of the Log Analytics workspace that has the audit trail.
        vault_ids: resource ids of the recorded vaults, by a name for each.
        gateways: object ids of the gateways' identities, by a name for each.
        emails: the addresses that alerts are mailed to.
        webhooks: the URLs that alerts are posted to, by a name for each; kept as secrets, since
            who knows such a URL may often post to it.
        writers: object ids of the workloads that write values, by a name for each.
        identity_ids: resource ids of the gateways' identities, where these are Azure resources.
        deployers: object ids of those who run deployments. Without any nobody can tell a grant
            made by a deployment from another, so that rule is left out.
        gateway_addresses: the addresses that the gateways call from. Without any the rule about
            other addresses is left out.
        expected: names of the vaults (keys of `vault_ids`) that a day without a fetch is odd for,
            once there was one with some.
    """

    prefix: str
    resource_group_name: pulumi.Input[str]
    location: str
    tags: Mapping[str, str]
    workspace_id: pulumi.Input[str]
    vault_ids: Mapping[str, pulumi.Input[str]]
    gateways: Mapping[str, pulumi.Input[str]]
    emails: Sequence[str] = ()
    webhooks: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    writers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    identity_ids: Sequence[pulumi.Input[str]] = ()
    deployers: Sequence[pulumi.Input[str]] = ()
    gateway_addresses: Sequence[pulumi.Input[str]] = ()
    expected: Sequence[str] = ()


class AuditAlerts(pulumi.ComponentResource):
    """Alert rules with their receivers, saved queries, and a workbook.

    Example:
        AuditAlerts(
            "alerts",
            AuditAlertsArgs(
                prefix="gateway",
                resource_group_name=group.name,
                location="westeurope",
                tags={},
                workspace_id=audit.workspace_id,
                vault_ids={"alpha": vault.vault_id},
                gateways={"alpha": identity.principal_id},
                emails=["oncall@example.com"],
                expected=["alpha"],
            ),
        )

    Attributes:
        action_group_id: resource id of the action group.
        rules: the alert rules, by their query's name.
        workbook_id: resource id of the workbook.
    """

    action_group_id: pulumi.Output[str]
    rules: Mapping[str, monitor.ScheduledQueryRule]
    workbook_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: AuditAlertsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("apigee-keyvault:components:AuditAlerts", name, None, opts)
        if not args.emails and not args.webhooks:
            raise ValueError("alerts without a receiver reach nobody: give emails or webhooks")
        watched = _watched(args)
        self.action_group_id = self._receivers(name, args).id
        self.rules = {
            rule.query: self._rule(name, args, rule, watched)
            for rule in ALERTS
            if _can_be_told(rule, args)
        }
        for query in SAVED_QUERIES:
            self._save(name, args, query, watched)
        self.workbook_id = self._workbook(name, args, watched).id
        self.register_outputs(
            {"actionGroupId": self.action_group_id, "workbookId": self.workbook_id}
        )

    def _receivers(self, name: str, args: AuditAlertsArgs) -> monitor.ActionGroup:
        return monitor.ActionGroup(
            f"{name}-receivers",
            action_group_name=args.prefix,
            resource_group_name=args.resource_group_name,
            # Left out, the provider sends the resource group's, where action groups aren't offered.
            location="Global",
            group_short_name=_SHORT_NAME,
            enabled=True,
            email_receivers=[
                monitor.MicrosoftCommonEmailReceiverArgs(
                    name=address, email_address=address, use_common_alert_schema=True
                )
                for address in args.emails
            ],
            webhook_receivers=[
                monitor.WebhookReceiverArgs(
                    name=receiver,
                    service_uri=pulumi.Output.secret(url),
                    use_common_alert_schema=True,
                )
                for receiver, url in args.webhooks.items()
            ],
            tags=args.tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                additional_secret_outputs=["webhookReceivers"] if args.webhooks else None,
            ),
        )

    def _rule(
        self, name: str, args: AuditAlertsArgs, rule: AlertRule, watched: pulumi.Output[Watched]
    ) -> monitor.ScheduledQueryRule:
        about = QUERIES[rule.query]
        condition = monitor.ConditionArgs(
            query=watched.apply(partial(saved_queries.text, rule.query)),
            time_aggregation="Count",
            # Plain text: the SDK's enum of operators is another type's.
            operator="GreaterThan",
            threshold=0,
            dimensions=[
                monitor.DimensionArgs(name=column, operator="Include", values=["*"])
                for column in rule.dimensions
            ],
            failing_periods=monitor.ConditionFailingPeriodsArgs(
                number_of_evaluation_periods=1, min_failing_periods_to_alert=1
            ),
        )
        return monitor.ScheduledQueryRule(
            f"{name}-{_dashed(rule.query)}",
            rule_name=pulumi.Output.from_input(args.workspace_id).apply(
                partial(_rule_name, args.prefix, rule.query, args.location)
            ),
            resource_group_name=args.resource_group_name,
            location=args.location,
            display_name=about.title,
            description=about.description,
            severity=rule.severity,
            scopes=[args.workspace_id],
            evaluation_frequency=rule.frequency,
            window_size=rule.window,
            criteria=monitor.ScheduledQueryRuleCriteriaArgs(all_of=[condition]),
            # A state's alert ends with it. An event is told once: windows overlap.
            auto_mitigate=rule.lasts,
            mute_actions_duration=None if rule.lasts else rule.window,
            actions=monitor.ActionsArgs(action_groups=[self.action_group_id]),
            enabled=True,
            tags=args.tags,
            opts=_made_before_replaced(self),
        )

    def _save(
        self, name: str, args: AuditAlertsArgs, query: str, watched: pulumi.Output[Watched]
    ) -> None:
        """Keep a query in the workspace, under a name that changes with its text.

        An update needs an etag that the provider has no input for (409 without), so that another
        text is another saved query.
        """
        about = QUERIES[query]
        text = watched.apply(partial(saved_queries.text, query))
        place = pulumi.Output.from_input(args.workspace_id).apply(lambda found: found.split("/"))
        operationalinsights.SavedSearch(
            f"{name}-query-{_dashed(query)}",
            saved_search_id=text.apply(partial(_saved_name, args.prefix, query)),
            resource_group_name=place.apply(lambda parts: parts[4]),
            workspace_name=place.apply(lambda parts: parts[-1]),
            category=_CATEGORY,
            display_name=about.title,
            query=text,
            version=2,
            opts=_made_before_replaced(self),
        )

    def _workbook(
        self, name: str, args: AuditAlertsArgs, watched: pulumi.Output[Watched]
    ) -> applicationinsights.Workbook:
        return applicationinsights.Workbook(
            f"{name}-workbook",
            resource_name_=audit_workbook.name(args.prefix, args.location),
            resource_group_name=args.resource_group_name,
            location=args.location,
            kind="shared",
            category="workbook",
            display_name=audit_workbook.TITLE,
            # In lower case, as it is returned.
            source_id=pulumi.Output.from_input(args.workspace_id).apply(str.lower),
            serialized_data=pulumi.Output.all(watched, args.workspace_id).apply(
                lambda both: audit_workbook.content(both[0], both[1])
            ),
            tags=args.tags,
            opts=_made_before_replaced(self),
        )


def _made_before_replaced(component: pulumi.ComponentResource) -> pulumi.ResourceOptions:
    """Names change with all that would replace what they name, so the new one can be made first."""
    return pulumi.ResourceOptions(parent=component, delete_before_replace=False)


def _watched(args: AuditAlertsArgs) -> pulumi.Output[Watched]:
    """What the queries are about, once it is known."""
    return pulumi.Output.all(
        vault_ids=dict(args.vault_ids),
        gateways=dict(args.gateways),
        writers=dict(args.writers),
        identity_ids=list(args.identity_ids),
        deployers=list(args.deployers),
        addresses=list(args.gateway_addresses),
        expected=list(args.expected),
    ).apply(lambda known: Watched(**known))


def _can_be_told(rule: AlertRule, args: AuditAlertsArgs) -> bool:
    """Whether there is what the rule compares with."""
    given = {
        "deployers": args.deployers,
        "addresses": args.gateway_addresses,
        "expected": args.expected,
    }
    return rule.needs is None or bool(given[rule.needs])


def _dashed(query: str) -> str:
    return query.replace("_", "-")


def _digest(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:8]


def _rule_name(prefix: str, query: str, location: str, workspace_id: str) -> str:
    """A rule can change neither its workspace nor its location."""
    return f"{prefix}-{_dashed(query)}-{_digest(workspace_id.lower(), location)}"


def _saved_name(prefix: str, query: str, text: str) -> str:
    about = QUERIES[query]
    return f"{prefix}-{_dashed(query)}-{_digest(_CATEGORY, about.title, text)}"
