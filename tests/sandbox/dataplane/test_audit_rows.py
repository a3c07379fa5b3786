"""AZKVAuditLogs: the documented columns, in every row, of their documented types."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import delays, world
from sandbox.dataplane.audit import AuditLog, VaultRequest
from tests.sandbox.dataplane.rig import GROUP, VAULT, Rig

# Microsoft Learn, "AZKVAuditLogs".
COLUMNS = {
    "AddressAuthorizationType": "string",
    "Algorithm": "string",
    "AppliedAssignmentId": "string",
    "_BilledSize": "real",
    "CallerIpAddress": "string",
    "CertificateIssuerProperties": "dynamic",
    "CertificatePolicyProperties": "dynamic",
    "CertificateProperties": "dynamic",
    "CertificateRequestProperties": "dynamic",
    "ClientInfo": "string",
    "CorrelationId": "string",
    "DurationMs": "int",
    "EnabledForDeployment": "bool",
    "EnabledForDiskEncryption": "bool",
    "EnabledForTemplateDeployment": "bool",
    "EnablePurgeProtection": "bool",
    "EnableRbacAuthorization": "bool",
    "EnableSoftDelete": "bool",
    "HsmPoolResourceId": "string",
    "HttpStatusCode": "int",
    "Id": "string",
    "Identity": "dynamic",
    "IsAccessPolicyMatch": "bool",
    "IsAddressAuthorized": "bool",
    "_IsBillable": "string",
    "IsRbacAuthorized": "bool",
    "KeyProperties": "dynamic",
    "NetworkAcls": "dynamic",
    "Nsp": "dynamic",
    "OperationName": "string",
    "OperationVersion": "string",
    "Properties": "dynamic",
    "RequestUri": "string",
    "_ResourceId": "string",
    "ResultDescription": "string",
    "ResultSignature": "string",
    "ResultType": "string",
    "SecretProperties": "dynamic",
    "Sku": "dynamic",
    "SoftDeleteRetentionInDays": "int",
    "SourceSystem": "string",
    "StorageAccountProperties": "dynamic",
    "StorageSasDefinitionProperties": "dynamic",
    "SubnetId": "string",
    "_SubscriptionId": "string",
    "TenantId": "string",
    "TimeGenerated": "datetime",
    "Tlsversion": "string",
    "TrustedService": "string",
    "Type": "string",
    "VaultProperties": "dynamic",
}


def of_type(kind: str, value: object) -> bool:
    """Whether a JSON value is one of a Kusto type; a string is never null there."""
    if kind == "datetime":
        return isinstance(value, str) and value.endswith("Z")
    if kind == "string":
        return isinstance(value, str)
    if kind == "bool":
        return value is None or isinstance(value, bool)
    if kind == "int":
        return value is None or (isinstance(value, int) and not isinstance(value, bool))
    if kind == "real":
        return isinstance(value, float)
    return value is None or isinstance(value, dict | list)


def request(operation: str = "SecretGet", status: int = 200, **changes: object) -> VaultRequest:
    given: dict[str, Any] = {
        "vault_id": VAULT,
        "operation": operation,
        "api_version": "2025-07-01",
        "status": status,
        "description": "",
        "milliseconds": 12.6,
        "client_address": "203.0.113.7",
        "user_agent": "client/1",
        "correlation_id": "12345678-1234-4234-8234-123456789abc",
        "uri": "https://kv-alpha.vault.azure.net/secrets/orders?api-version=2025-07-01",
        "object_uri": "https://kv-alpha.vault.azure.net/secrets/orders/1",
        "caller": {"oid": "o", "appid": "a", "exp": 1},
        "rbac_authorized": True,
        "assignment_id": None,
        "properties": {"type": "text/plain"},
        **changes,
    }
    return VaultRequest(**given)


def recorded(rig: Rig, *requests: VaultRequest) -> list[dict[str, Any]]:
    log, now = AuditLog(rig.cloud.store), rig.cloud.clock.now()
    for made in requests:
        log.record(made, now)
    return log.rows(now + delays.AUDIT_ROW)


@pytest.fixture
def logged(rig: Rig) -> Rig:
    rig.vault()
    rig.diagnostics(category="AuditEvent")
    return rig


@pytest.mark.parametrize("status", [200, 401, 403, 404, 500])
@pytest.mark.parametrize("operation", ["SecretGet", "KeySign", "CertificateGet", "Authentication"])
def test_a_row_has_the_documented_columns_of_the_documented_types(
    logged: Rig, operation: str, status: int
) -> None:
    for made in (
        request(operation, status),
        request(operation, status, caller=None, properties={}, object_uri=""),
    ):
        row = recorded(logged, made)[-1]
        assert set(row) == set(COLUMNS)
        wrong = {name: row[name] for name, kind in COLUMNS.items() if not of_type(kind, row[name])}
        assert wrong == {}


def test_a_row_says_who_asked_from_where_and_under_which_id(logged: Rig) -> None:
    [row] = recorded(logged, request())
    assert row["CallerIpAddress"] == "203.0.113.7"
    assert row["CorrelationId"] == "12345678-1234-4234-8234-123456789abc"
    assert row["Identity"] == {"claim": {"oid": "o", "appid": "a"}}
    assert (row["DurationMs"], row["_SubscriptionId"]) == (13, world.SUBSCRIPTION_ID)


def test_a_refusal_is_told_by_its_status_and_not_by_its_result_type(logged: Rig) -> None:
    rows = recorded(logged, *(request(status=status) for status in (200, 401, 403, 404, 503)))
    assert [(r["HttpStatusCode"], r["ResultType"], r["ResultSignature"]) for r in rows] == [
        (200, "Success", "OK"),
        (401, "Success", "Unauthorized"),
        (403, "Success", "Forbidden"),
        (404, "Success", "Not Found"),
        (503, "Failure", "Service Unavailable"),
    ]


@pytest.mark.parametrize("noun", ["Secret", "Key", "Certificate"])
def test_properties_stand_in_the_column_of_their_kind(logged: Rig, noun: str) -> None:
    [row] = recorded(logged, request(f"{noun}Get"))
    filled = [name for name in COLUMNS if name.endswith("Properties") and row[name]]
    assert filled == [f"{noun}Properties"]


def test_rows_go_to_the_table_only_by_a_dedicated_destination(rig: Rig) -> None:
    rig.vault()
    rig.diagnostics(category="AuditEvent")
    [setting] = rig.cloud.store.all("azure-native:monitor:DiagnosticSetting")
    now = rig.cloud.clock.now()
    body = {**setting.body, "destination": "AzureDiagnostics"}
    rig.cloud.store.replace(setting.type, setting.id, body, now)
    assert recorded(rig, request()) == []


def test_a_row_appears_after_the_lag(logged: Rig) -> None:
    log, now = AuditLog(logged.cloud.store), logged.cloud.clock.now()
    log.record(request(), now)
    assert log.rows(now + delays.AUDIT_ROW - 1) == []
    assert len(log.rows(now + delays.AUDIT_ROW)) == 1


def test_a_row_that_was_written_stays_when_its_setting_goes(logged: Rig) -> None:
    now = logged.cloud.clock.now()
    recorded(logged, request())
    [setting] = logged.cloud.store.all("azure-native:monitor:DiagnosticSetting")
    logged.cloud.store.remove(setting.type, setting.id, now)
    assert len(recorded(logged, request())) == 1


def test_each_workspace_gets_its_own_row(logged: Rig) -> None:
    other = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/second"
    logged.insert("azure-native:operationalinsights:Workspace", other, {"customerId": "second"})
    logged.insert(
        "azure-native:monitor:DiagnosticSetting",
        f"{VAULT}/providers/microsoft.insights/diagnosticSettings/second",
        {
            "workspaceId": other.upper(),
            "destination": "Dedicated",
            "logs": [{"enabled": True, "categoryGroup": "audit"}],
        },
    )
    rows = recorded(logged, request())
    assert sorted(row["TenantId"] for row in rows) == ["", "second"]


def test_the_callers_address_reaches_the_row_over_the_proxy(logged: Rig) -> None:
    logged.vault_call("GET", "/secrets/orders", headers={"x-ms-client-request-id": "mine"})
    [row] = logged.audit_rows()
    assert row["CallerIpAddress"] == world.VISITOR_ADDRESS
    assert (row["HttpStatusCode"], row["CorrelationId"]) == (403, "mine")
