"""Who hears of what: receivers, rules, saved queries and the workbook."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import replace

import pulumi
import pytest

from components.audit import audit_workbook, saved_queries
from components.audit.alert_rules import ALERTS
from components.audit.alerts import SAVED_QUERIES, AuditAlerts, AuditAlertsArgs
from components.audit.saved_queries import QUERIES
from tests.components.kql.records import WATCHED
from tests.components.recording import Recording, record

GROUP = "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/Platform"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/Central"

ARGS = AuditAlertsArgs(
    prefix="gateway-local",
    resource_group_name="g",
    location="westeurope",
    tags={"a": "b"},
    workspace_id=WORKSPACE,
    vault_ids=WATCHED.vault_ids,
    gateways=WATCHED.gateways,
    emails=["oncall@example.com", "security@example.com"],
    writers=WATCHED.writers,
    identity_ids=WATCHED.identity_ids,
    deployers=WATCHED.deployers,
    gateway_addresses=WATCHED.addresses,
    expected=WATCHED.expected,
)


def _recorded(args: AuditAlertsArgs = ARGS, *, preview: bool = False) -> Recording:
    return record(lambda: AuditAlerts("alerts", args), preview=preview)


def _rules(recording: Recording) -> set[str]:
    return {r.name for r in recording.of("ScheduledQueryRule")}


def test_every_child_has_the_component_as_parent_and_its_name_in_front(preview: bool) -> None:
    recording = _recorded(preview=preview)
    parent = recording.one("AuditAlerts")
    children = [r for r in recording.resources if r.custom]
    assert {child.parent for child in children} == {parent.urn}
    assert all(child.name.startswith("alerts-") for child in children)
    assert parent.urn in recording.outputs


def test_receivers_are_global_and_get_the_common_schema(preview: bool) -> None:
    group = _recorded(preview=preview).one("ActionGroup").inputs
    assert group["location"] == "Global"
    assert len(group["groupShortName"]) <= 12
    assert [r["emailAddress"] for r in group["emailReceivers"]] == list(ARGS.emails)
    assert all(r["useCommonAlertSchema"] for r in group["emailReceivers"])


def test_a_webhooks_url_is_kept_as_a_secret() -> None:
    args = replace(ARGS, emails=[], webhooks={"chat": "https://chat.example.com/canary-hook"})
    group = _recorded(args).one("ActionGroup")
    receivers = group.options.object["webhookReceivers"]
    shown = json.dumps(group.inputs["webhookReceivers"])
    assert "canary-hook" in shown  # it is sent ...
    assert "4dabf18193072939515e22adb298388d" in str(receivers)  # ... under the mark of a secret
    assert list(group.options.additionalSecretOutputs) == ["webhookReceivers"]


def test_alerts_that_reach_nobody_are_refused() -> None:
    with pytest.raises(ValueError, match="emails or webhooks"):
        _recorded(replace(ARGS, emails=[]))


def test_each_rule_asks_its_query_of_the_workspace_and_tells_the_receivers(preview: bool) -> None:
    recording = _recorded(preview=preview)
    assert len(_rules(recording)) == len(ALERTS)
    group = recording.one("ActionGroup")
    for rule in ALERTS:
        found = recording.one("ScheduledQueryRule", f"alerts-{rule.query.replace('_', '-')}")
        [condition] = found.inputs["criteria"]["allOf"]
        assert condition["query"] == saved_queries.text(rule.query, WATCHED)
        assert (condition["operator"], condition["threshold"]) == ("GreaterThan", 0)
        assert found.inputs["scopes"] == [WORKSPACE]
        assert found.property_dependencies["actions"] == {group.urn}
        assert found.inputs["severity"] == rule.severity
        # A state's alert ends with it; an event's is told once, since windows overlap.
        assert found.inputs["autoMitigate"] is rule.lasts
        assert ("muteActionsDuration" in found.inputs) is not rule.lasts


@pytest.mark.parametrize(
    ("left_out", "rule"),
    [
        ({"deployers": ()}, "alerts-unplanned-access-changes"),
        ({"gateway_addresses": ()}, "alerts-foreign-addresses"),
        ({"expected": ()}, "alerts-silent-vaults"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rule_that_has_nothing_to_compare_with_is_left_out(
    left_out: dict[str, tuple[str, ...]], rule: str
) -> None:
    everything = _rules(_recorded())
    assert _rules(_recorded(replace(ARGS, **left_out))) == everything - {rule}  # type: ignore[arg-type]  # one of the fields above


def test_a_rule_has_another_name_where_azure_would_have_to_replace_it() -> None:
    def names(args: AuditAlertsArgs) -> set[str]:
        rules = _recorded(args).of("ScheduledQueryRule")
        assert not any(r.options.deleteBeforeReplace for r in rules)
        assert all(r.options.deleteBeforeReplaceDefined for r in rules)
        return {r.inputs["ruleName"] for r in rules}

    before = names(ARGS)
    assert names(replace(ARGS, expected=["alpha"], emails=["other@example.com"])) == before
    assert names(replace(ARGS, workspace_id=WORKSPACE.upper())) == before
    assert names(replace(ARGS, location="northeurope")).isdisjoint(before)
    assert names(replace(ARGS, workspace_id=f"{WORKSPACE}2")).isdisjoint(before)


def test_a_saved_query_has_another_id_when_its_text_changes_and_only_then() -> None:
    def ids(args: AuditAlertsArgs) -> dict[str, str]:
        return {r.name: r.inputs["savedSearchId"] for r in _recorded(args).of("SavedSearch")}

    before = ids(ARGS)
    assert len(set(before.values())) == len(SAVED_QUERIES)
    after = ids(replace(ARGS, deployers=["ffffffff-ffff-4fff-8fff-ffffffffffff"]))
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"alerts-query-undeclared-callers"}


def test_saved_queries_lie_in_the_workspace_wherever_that_is(preview: bool) -> None:
    for saved in _recorded(preview=preview).of("SavedSearch"):
        assert saved.inputs["resourceGroupName"] == "Platform"
        assert saved.inputs["workspaceName"] == "Central"


def test_what_is_not_known_yet_is_no_obstacle_to_a_preview() -> None:
    def program() -> None:
        identity = pulumi.CustomResource("test:index:Unknown", "identity", {"principalId": None})
        AuditAlerts("alerts", replace(ARGS, gateways={"alpha": identity.id}))

    rules = record(program, preview=True).of("ScheduledQueryRule")
    assert len(rules) == len(ALERTS)


def test_the_workbook_is_named_by_a_guid_that_stays() -> None:
    name = audit_workbook.name("gateway-local", "westeurope")
    assert str(uuid.UUID(name)) == name == audit_workbook.name("gateway-local", "westeurope")
    assert name != audit_workbook.name("gateway-dev", "westeurope")
    assert name != audit_workbook.name("gateway-local", "northeurope")
    workbook = _recorded().one("Workbook").inputs
    assert workbook["resourceName"] == name
    assert workbook["sourceId"] == WORKSPACE.lower()


def test_the_workbook_reads_from_top_to_bottom_with_a_heading_before_each_query() -> None:
    workbook = json.loads(audit_workbook.content(WATCHED, WORKSPACE))
    introduction, parameters, *sections = workbook["items"]
    assert (workbook["version"], workbook["fallbackResourceIds"]) == ("Notebook/1.0", [WORKSPACE])
    assert introduction["content"]["json"].startswith("# ")
    assert [p["name"] for p in parameters["content"]["parameters"]] == ["TimeRange"]
    assert [item["type"] for item in sections] == [1, 3] * (len(sections) // 2)
    for heading, query in zip(sections[::2], sections[1::2], strict=True):
        about = QUERIES[query["name"]]
        assert heading["content"]["json"] == f"## {about.title}\n{about.description}"
        assert query["content"]["query"] == saved_queries.text(query["name"], WATCHED)
        assert query["content"]["timeContextFromParameter"] == "TimeRange"
        assert query["content"]["crossComponentResources"] == [WORKSPACE]
        assert query["content"]["visualization"] in ("table", "timechart")
    names = [item["name"] for item in workbook["items"]]
    assert len(set(names)) == len(names)


def test_nothing_in_the_workbooks_queries_is_taken_for_one_of_its_parameters() -> None:
    """The portal replaces `{Name}` in a query by the parameter of that name."""
    for item in json.loads(audit_workbook.content(WATCHED, WORKSPACE))["items"]:
        assert not re.search(r"\{\w+\}", str(item["content"].get("query", "")))
