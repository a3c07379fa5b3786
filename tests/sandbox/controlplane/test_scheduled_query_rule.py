"""Alert rules: what a condition may be, how often, on which tables, and what can't change."""

from __future__ import annotations

import pytest

from sandbox import delays, world
from sandbox.dataplane.audit import AuditLog
from tests.sandbox.controlplane.rig import (
    ACTION_GROUP,
    ENTRA_SETTING,
    GROUP,
    QUERY_RULE,
    SETTING,
    VAULT,
    WORKSPACE,
    Clouds,
    Deployed,
    Plain,
    Refused,
    vault,
)
from tests.sandbox.dataplane.test_audit_rows import request

QUERY = "AZKVAuditLogs | where HttpStatusCode == 403"
FUZZY = "union isfuzzy=true (datatable(HttpStatusCode:int)[]), AZKVAuditLogs | count"


@pytest.fixture
def workspace(clouds: Clouds) -> Deployed:
    """A workspace in which the vaults' audit rows have arrived."""
    made = empty_workspace(clouds)
    audited = clouds.azure.create(VAULT, vault())
    clouds.azure.create(
        SETTING,
        {
            "resourceUri": audited.id,
            "name": "audit",
            "workspaceId": made.id,
            "logAnalyticsDestinationType": "Dedicated",
            "logs": [{"category": "AuditEvent", "enabled": True}],
        },
    )
    AuditLog(clouds.cloud.store).record(
        request(vault_id=audited.id), clouds.cloud.clock.now() - delays.AUDIT_ROW
    )
    return made


def empty_workspace(clouds: Clouds) -> Deployed:
    clouds.azure.create(GROUP, {"resourceGroupName": "group"})
    return clouds.azure.create(WORKSPACE, {"resourceGroupName": "group", "workspaceName": "logs"})


def rule(workspace: Deployed, **other: object) -> Plain:
    return {
        "resourceGroupName": "group",
        "ruleName": "denied",
        "severity": 2,
        "scopes": [workspace.id],
        "evaluationFrequency": "PT5M",
        "windowSize": "PT15M",
        "criteria": condition(),
        **other,
    }


def condition(**other: object) -> Plain:
    given: Plain = {
        "query": QUERY,
        "operator": "GreaterThan",
        "threshold": 0,
        "timeAggregation": "Count",
        **other,
    }
    return {"allOf": [{name: value for name, value in given.items() if value is not None}]}


def test_azure_adds_its_defaults_and_a_refresh_is_no_drift(
    clouds: Clouds, workspace: Deployed
) -> None:
    made = clouds.azure.create(QUERY_RULE, rule(workspace))
    assert (made["kind"], made["displayName"], made["enabled"]) == ("LogAlert", "denied", True)
    assert (made["autoMitigate"], made["skipQueryValidation"]) == (True, False)
    [found] = made["criteria"]["allOf"]
    assert found["failingPeriods"] == {
        "numberOfEvaluationPeriods": 1,
        "minFailingPeriodsToAlert": 1,
    }
    assert made["targetResourceTypes"] == ["Microsoft.OperationalInsights/workspaces"]
    refreshed = clouds.azure.read(made)
    assert refreshed is not None
    assert refreshed.inputs == made.inputs


def test_an_action_group_must_exist_and_comes_back_in_lower_case(
    clouds: Clouds, workspace: Deployed
) -> None:
    group = clouds.azure.create(
        ACTION_GROUP,
        {
            "resourceGroupName": "group",
            "actionGroupName": "Security",
            "groupShortName": "security",
            "location": "Global",
            "enabled": True,
        },
    )
    with pytest.raises(Refused, match="ResourceNotFound"):
        clouds.azure.create(QUERY_RULE, rule(workspace, actions={"actionGroups": [f"{group.id}x"]}))
    made = clouds.azure.create(QUERY_RULE, rule(workspace, actions={"actionGroups": [group.id]}))
    assert made["actions"]["actionGroups"] == [group.id.lower()]


@pytest.mark.parametrize(
    "name", ["severity", "scopes", "evaluationFrequency", "windowSize", "criteria"]
)
def test_what_the_sdk_calls_optional_a_log_alert_needs(
    clouds: Clouds, workspace: Deployed, name: str
) -> None:
    inputs = rule(workspace)
    del inputs[name]
    with pytest.raises(Refused, match=f"'{name}' is required for rules of kind LogAlert"):
        clouds.azure.create(QUERY_RULE, inputs)


@pytest.mark.parametrize("operator", ["eq", "gt", "Equal", "equals", "NotEquals"])
def test_an_operator_that_the_sdk_lets_through_is_refused_by_azure(
    clouds: Clouds, workspace: Deployed, operator: str
) -> None:
    clouds.azure.check(QUERY_RULE, "it", rule(workspace, criteria=condition(operator=operator)))
    with pytest.raises(Refused, match=f"operator '{operator}' is invalid.*Equals, GreaterThan"):
        clouds.azure.create(QUERY_RULE, rule(workspace, criteria=condition(operator=operator)))


@pytest.mark.parametrize(
    "operator", ["Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"]
)
def test_azures_own_operators_are_taken(clouds: Clouds, workspace: Deployed, operator: str) -> None:
    clouds.azure.create(QUERY_RULE, rule(workspace, criteria=condition(operator=operator)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query": None}, "'query' is required"),
        ({"threshold": None}, "'threshold' is required"),
        ({"timeAggregation": "count"}, "timeAggregation 'count' is invalid"),
        ({"timeAggregation": "Total"}, "Total needs a metricMeasureColumn"),
        ({"metricMeasureColumn": "DurationMs"}, "Count takes no metricMeasureColumn"),
        (
            {"dimensions": [{"name": "Id", "operator": "in", "values": ["*"]}]},
            "dimension operator 'in' is invalid",
        ),
        ({"criterionType": "DynamicThresholdCriterion"}, "no criterionType"),
        ({"failingPeriods": {"numberOfEvaluationPeriods": 7}}, "from 1 to 6"),
        ({"failingPeriods": {"minFailingPeriodsToAlert": 2}}, "minFailingPeriodsToAlert must be"),
    ],
)
def test_a_bad_condition_is_refused(
    clouds: Clouds, workspace: Deployed, change: Plain, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        clouds.azure.create(QUERY_RULE, rule(workspace, criteria=condition(**change)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"severity": 5}, "from 0 to 4"),
        ({"severity": 1.5}, "from 0 to 4"),
        ({"kind": "LogToMetric"}, "no scheduled query rules of kind 'LogToMetric'"),
        ({"criteria": {"allOf": []}}, "at least one condition"),
        ({"evaluationFrequency": "PT7M"}, "evaluationFrequency 'PT7M' is invalid"),
        ({"evaluationFrequency": "P2D"}, "evaluationFrequency 'P2D' is invalid"),
        ({"windowSize": "PT60M"}, "windowSize 'PT60M' is invalid"),
        ({"evaluationFrequency": "PT30M"}, "must not be longer than windowSize"),
        ({"evaluationFrequency": "PT1M", "windowSize": "P1D"}, "at most PT6H"),
        (
            {
                "windowSize": "P1D",
                "criteria": condition(failingPeriods={"numberOfEvaluationPeriods": 3}),
            },
            "two days",
        ),
        ({"overrideQueryTimeRange": "PT10M"}, "must not be shorter than what is looked at"),
        ({"muteActionsDuration": "PT1M"}, "muteActionsDuration 'PT1M' is invalid"),
        (
            {"muteActionsDuration": "PT10M", "evaluationFrequency": "PT15M"},
            "muteActionsDuration must not be shorter",
        ),
        ({"muteActionsDuration": "PT1H", "autoMitigate": True}, "exclude each other"),
        ({"identity": {"type": "SystemAssigned"}}, "no identity"),
    ],
)
def test_a_bad_rule_is_refused(
    clouds: Clouds, workspace: Deployed, change: Plain, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        clouds.azure.create(QUERY_RULE, rule(workspace, **change))


def test_a_muted_rule_does_not_resolve_itself(clouds: Clouds, workspace: Deployed) -> None:
    made = clouds.azure.create(QUERY_RULE, rule(workspace, muteActionsDuration="PT1H"))
    assert made["autoMitigate"] is False


def test_a_rules_scope_is_one_workspace_and_never_another(
    clouds: Clouds, workspace: Deployed
) -> None:
    with pytest.raises(Refused, match="exactly one scope"):
        clouds.azure.create(QUERY_RULE, rule(workspace, scopes=[workspace.id, workspace.id]))
    with pytest.raises(Refused, match="ResourceNotFound"):
        clouds.azure.create(QUERY_RULE, rule(workspace, scopes=[f"{workspace.id}x"]))
    made = clouds.azure.create(QUERY_RULE, rule(workspace))
    other = clouds.azure.create(WORKSPACE, {"resourceGroupName": "group", "workspaceName": "new1"})
    moved = rule(workspace, scopes=[other.id])
    assert clouds.azure.diff(made, moved).replaced == set()
    with pytest.raises(Refused, match="scopes of an existing scheduled query rule can't be"):
        clouds.azure.update(made, moved)
    same = rule(workspace, scopes=[workspace.id.upper()], severity=3)
    assert clouds.azure.update(made, same)["severity"] == 3


# Tables


def test_a_rule_on_a_table_without_rows_is_refused_unless_its_union_is_fuzzy(
    clouds: Clouds,
) -> None:
    workspace = empty_workspace(clouds)
    with pytest.raises(Refused, match=r"Failed to resolve table .* named 'AZKVAuditLogs'"):
        clouds.azure.create(QUERY_RULE, rule(workspace))
    skipping = rule(workspace, skipQueryValidation=True)
    with pytest.raises(Refused, match="Failed to resolve table"):
        clouds.azure.create(QUERY_RULE, skipping)
    clouds.azure.create(QUERY_RULE, rule(workspace, criteria=condition(query=FUZZY)))


def test_a_rule_is_taken_once_rows_are_there(clouds: Clouds, workspace: Deployed) -> None:
    clouds.azure.create(QUERY_RULE, rule(workspace))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("union isfuzzy=true AzureDiagnostics, AzureActivity", "AzureDiagnostics"),
        ("union AZKVAuditLogs, AzureDiagnostics", "AzureDiagnostics"),
        ("AZKVAuditLogs | join (AzureActivity) on CorrelationId", "AzureActivity"),
        ("// union isfuzzy=true\nAzureActivity", "AzureActivity"),
        ("print x='isfuzzy=true' | union AzureActivity", "AzureActivity"),
        ("let limit = 3; MyTable | take limit", "MyTable"),
        ("MyTable | take 3", "MyTable"),
        ("// nothing", ""),
    ],
)
def test_a_name_that_does_not_resolve_is_told(
    clouds: Clouds, workspace: Deployed, query: str, name: str
) -> None:
    with pytest.raises(Refused, match=f"named '{name}'"):
        clouds.azure.create(QUERY_RULE, rule(workspace, criteria=condition(query=query)))


@pytest.mark.parametrize(
    "query",
    [
        "union isfuzzy=true AZKVAuditLogs, AzureDiagnostics",
        "union withsource=Table kind=outer isfuzzy = true AZKVAuditLogs, AzureActivity",
        "AZKVAuditLogs | where OperationName == 'AzureActivity'",
        "AZKVAuditLogs | where RequestUri has @'AzureActivity' // AzureActivity",
        "AZKVAuditLogs | extend x = Identity.AzureActivity",
        "datatable(a:int)[1]",
    ],
)
def test_what_is_no_missing_table_is_taken(clouds: Clouds, workspace: Deployed, query: str) -> None:
    clouds.azure.create(QUERY_RULE, rule(workspace, criteria=condition(query=query)))


def test_the_activity_log_and_entras_tables_come_with_their_settings_and_in_their_time(
    clouds: Clouds,
) -> None:
    workspace = empty_workspace(clouds)
    sends = {"workspaceId": workspace.id}
    activity = [{"category": "Administrative", "enabled": True}]
    clouds.azure.create(
        SETTING, {**sends, "resourceUri": world.SUBSCRIPTION, "name": "a", "logs": activity}
    )
    sign_ins = [{"category": "ManagedIdentitySignInLogs", "enabled": True}]
    clouds.azure.create(ENTRA_SETTING, {**sends, "name": "s", "logs": sign_ins})
    for table in ("AzureActivity", "AADManagedIdentitySignInLogs"):
        with pytest.raises(Refused, match=f"named '{table}'"):
            inputs = rule(workspace, ruleName=table, criteria=condition(query=table))
            clouds.azure.create(QUERY_RULE, inputs)
    clouds.cloud.clock.advance(delays.AUDIT_ROW)
    for table in ("AzureActivity", "AADManagedIdentitySignInLogs"):
        inputs = rule(workspace, ruleName=table, criteria=condition(query=table))
        clouds.azure.create(QUERY_RULE, inputs)
    with pytest.raises(Refused, match="named 'SigninLogs'"):
        clouds.azure.create(QUERY_RULE, rule(workspace, criteria=condition(query="SigninLogs")))
