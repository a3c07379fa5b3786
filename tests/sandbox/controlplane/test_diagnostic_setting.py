"""Diagnostic settings: what a vault logs, and where to."""

from __future__ import annotations

import pytest

from sandbox import delays
from sandbox.dataplane.audit import AuditLog
from tests.sandbox.controlplane.rig import (
    GROUP,
    SETTING,
    VAULT,
    WORKSPACE,
    Clouds,
    Plain,
    Refused,
    vault,
)
from tests.sandbox.dataplane.test_audit_rows import request


@pytest.fixture
def setting(clouds: Clouds) -> Plain:
    """Inputs of a setting that Azure accepts."""
    clouds.azure.create(GROUP, {"resourceGroupName": "group"})
    made = clouds.azure.create(VAULT, vault())
    logs = clouds.azure.create(WORKSPACE, {"resourceGroupName": "group", "workspaceName": "logs"})
    return {
        "resourceUri": made.id,
        "name": "audit",
        "workspaceId": logs.id,
        "logs": [{"category": "AuditEvent", "enabled": True}],
        "logAnalyticsDestinationType": "Dedicated",
    }


def test_read_back_is_the_apis_and_shows_no_drift(clouds: Clouds, setting: Plain) -> None:
    made = clouds.azure.create(SETTING, setting)
    off = {"days": 0, "enabled": False}
    assert made["logs"] == [
        {"category": "AuditEvent", "enabled": True, "retentionPolicy": off},
        {"category": "AzurePolicyEvaluationDetails", "enabled": False, "retentionPolicy": off},
    ]
    assert "logAnalyticsDestinationType" not in made.outputs
    assert "/resourcegroups/group/" in made["workspaceId"]
    assert "resourceUri" not in made.outputs
    refreshed = clouds.azure.read(made)
    assert refreshed is not None
    assert refreshed.inputs == made.inputs


def test_an_unknown_kind_of_table_is_refused(clouds: Clouds, setting: Plain) -> None:
    with pytest.raises(Refused, match="no logAnalyticsDestinationType: Dedicated or Azure"):
        clouds.azure.create(SETTING, {**setting, "logAnalyticsDestinationType": "dedicated"})


@pytest.mark.parametrize(("asked", "rows"), [("Dedicated", 1), ("AzureDiagnostics", 0), (None, 0)])
def test_rows_come_into_the_vaults_own_table_only_where_that_was_asked_for(
    clouds: Clouds, setting: Plain, asked: str | None, rows: int
) -> None:
    del setting["logAnalyticsDestinationType"]
    given = setting if asked is None else {**setting, "logAnalyticsDestinationType": asked}
    clouds.azure.create(SETTING, given)
    log, now = AuditLog(clouds.cloud.store), clouds.cloud.clock.now()
    log.record(request(vault_id=setting["resourceUri"]), now)
    assert len(log.rows(now + delays.AUDIT_ROW)) == rows


def test_setting_outlives_its_vault(clouds: Clouds, setting: Plain) -> None:
    made = clouds.azure.create(SETTING, setting)
    kept = clouds.azure.import_(VAULT, setting["resourceUri"])
    assert kept is not None
    clouds.azure.delete(kept)
    assert clouds.azure.read(made) is not None


@pytest.mark.parametrize("name", ["resourceUri", "workspaceId"])
def test_vault_and_workspace_must_exist(clouds: Clouds, setting: Plain, name: str) -> None:
    with pytest.raises(Refused, match='Code="ResourceNotFound"'):
        clouds.azure.create(SETTING, {**setting, name: f"{setting[name]}x"})


@pytest.mark.parametrize(
    "logs",
    [
        [{"category": "Audit", "enabled": True}],
        [{"categoryGroup": "AuditEvent", "enabled": True}],
        [{"category": "AuditEvent", "categoryGroup": "audit", "enabled": True}],
        [{"enabled": True}],
        [{"category": "AuditEvent", "enabled": False}],
        [],
    ],
)
def test_bad_categories_are_refused(
    clouds: Clouds, setting: Plain, logs: list[dict[str, object]]
) -> None:
    with pytest.raises(Refused, match='Status=400 Code="BadRequest"'):
        clouds.azure.create(SETTING, {**setting, "logs": logs})


def test_destination_is_needed(clouds: Clouds, setting: Plain) -> None:
    del setting["workspaceId"]
    with pytest.raises(Refused, match="At least one data sink"):
        clouds.azure.create(SETTING, setting)


def test_same_category_to_the_same_workspace_is_refused(clouds: Clouds, setting: Plain) -> None:
    clouds.azure.create(SETTING, setting)
    with pytest.raises(Refused, match=r"Status=409.*already used in diagnostic setting 'audit'"):
        clouds.azure.create(SETTING, {**setting, "name": "again"})


def test_setting_is_replaced_for_another_vault_only(clouds: Clouds, setting: Plain) -> None:
    made = clouds.azure.create(SETTING, setting)
    other = {**setting, "workspaceId": "w", "logs": [{"categoryGroup": "audit", "enabled": True}]}
    assert clouds.azure.diff(made, other).replaced == set()
    assert clouds.azure.diff(made, {**setting, "resourceUri": "v"}).replaced == {"resourceUri"}
