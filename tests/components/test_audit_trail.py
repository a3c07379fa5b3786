"""What is recorded, and where: the workspace and the settings that send records to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from components.audit.audit_trail import AuditTrail, AuditTrailArgs
from tests.components.recording import Recording, record

SUBSCRIPTION = "22222222-2222-4222-8222-222222222222"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/platform"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/v"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/central"

MADE = AuditTrailArgs(
    workspace_name="gateway-local",
    resource_group_name="g",
    location="westeurope",
    retention_days=90,
    vault_ids={"alpha": VAULT},
    tags={"a": "b"},
    subscription_id=SUBSCRIPTION,
)
ADOPTED = replace(MADE, retention_days=None, workspace_id=WORKSPACE)


_EXISTING = {WORKSPACE: {"name": "central", "customerId": "12345678-1234-4234-8234-123456789abc"}}


def _recorded(args: AuditTrailArgs, preview: bool) -> Recording:
    return record(lambda: AuditTrail("audit", args), preview=preview, existing=_EXISTING)


def test_no_more_is_recorded_than_was_asked_for(preview: bool) -> None:
    recording = _recorded(MADE, preview)
    assert {r.name for r in recording.resources} == {"audit", "audit-workspace", "audit-alpha"}


def test_the_activity_log_of_the_subscription_goes_to_the_workspace(preview: bool) -> None:
    recording = _recorded(replace(MADE, activity_log=True), preview)
    setting = recording.one("DiagnosticSetting", "audit-log:activity")
    assert setting.inputs["resourceUri"] == f"/subscriptions/{SUBSCRIPTION}"
    assert setting.inputs["name"] == "gateway-local"
    enabled = {log["category"] for log in setting.inputs["logs"] if log["enabled"]}
    assert enabled == {"Administrative", "Alert", "Policy", "Security"}
    assert setting.property_dependencies["workspaceId"] == {recording.one("Workspace").urn}


def test_sign_ins_of_workloads_go_to_the_workspace(preview: bool) -> None:
    recording = _recorded(replace(MADE, sign_in_logs=True), preview)
    setting = recording.one("DiagnosticSetting", "audit-log:sign-ins")
    assert setting.type == "azure-native:aadiam:DiagnosticSetting"
    enabled = {log["category"] for log in setting.inputs["logs"] if log["enabled"]}
    assert {"ManagedIdentitySignInLogs", "ServicePrincipalSignInLogs"} < enabled
    assert setting.property_dependencies["workspaceId"] == {recording.one("Workspace").urn}


def test_a_vault_of_any_legal_name_has_a_setting_beside_those_of_subscription_and_tenant() -> None:
    names = ("activity-log", "log-activity", "workspace", "sign-in-logs")
    args = replace(
        MADE, activity_log=True, sign_in_logs=True, vault_ids=dict.fromkeys(names, VAULT)
    )
    recording = _recorded(args, preview=False)
    assert len({r.urn for r in recording.resources}) == len(recording.resources) == 8


def test_an_adopted_workspace_is_read_and_never_changed(preview: bool) -> None:
    recording = _recorded(ADOPTED, preview)
    assert recording.of("Workspace") == []
    assert list(recording.reads.values()) == [WORKSPACE]
    setting = recording.one("DiagnosticSetting")
    assert setting.property_dependencies["workspaceId"] == set(recording.reads)
    # The recorder, unlike the engine, doesn't know in a preview what was read.
    assert preview or setting.inputs["workspaceId"] == WORKSPACE


def test_an_adopted_workspace_is_addressed_by_its_own_customer_id() -> None:
    def program() -> None:
        trail = AuditTrail("audit", ADOPTED)
        trail.workspace_customer_id.apply(found.append)

    found: list[str] = []
    record(program, preview=False, existing=_EXISTING)
    assert found == ["12345678-1234-4234-8234-123456789abc"]


@pytest.mark.parametrize("protect", [True, False])
def test_a_workspace_is_protected_where_it_is_asked_for(protect: bool, preview: bool) -> None:
    recording = _recorded(replace(MADE, protect=protect), preview)
    assert recording.one("Workspace").options.protect is protect


@pytest.mark.parametrize(
    "contradiction",
    [
        lambda: replace(MADE, retention_days=None),
        lambda: replace(MADE, workspace_id=WORKSPACE),
        lambda: replace(MADE, subscription_id=None, activity_log=True),
    ],
    ids=["neither made nor adopted", "both made and adopted", "nobody's Activity Log"],
)
def test_arguments_that_contradict_each_other_are_refused(
    contradiction: Callable[[], AuditTrailArgs],
) -> None:
    with pytest.raises(ValueError, match=r"workspace_id|subscription_id"):
        contradiction()
