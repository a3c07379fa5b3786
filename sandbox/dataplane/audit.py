"""Key Vault's audit rows in Log Analytics: table AZKVAuditLogs.

Owns the rows and the rule that makes them: one per request and workspace that a diagnostic setting
on the vault sends audit logs to, in the resource-specific table (`Dedicated`), visible
`delays.AUDIT_ROW` later. Columns from Microsoft Learn, "AZKVAuditLogs"; each row has them all, the
ones that don't apply null (or empty, where a string). Operations on the vault itself, which Azure
writes there too, make no rows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from sandbox import delays
from sandbox.store import Body, Store

_SETTING = "azure-native:monitor:DiagnosticSetting"
_WORKSPACE = "azure-native:operationalinsights:Workspace"
_DEDICATED = "Dedicated"
_AUDIT_GROUPS = frozenset({"audit", "alllogs"})
_CLAIMS = ("oid", "appid", "upn", "xms_mirid", "tid", "iss", "idtyp")
_TABLE = """
CREATE TABLE IF NOT EXISTS audit_rows (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, row TEXT NOT NULL
);
"""


@dataclass(frozen=True)
class VaultRequest:
    """A request that a vault answered.

    `caller` holds the token's claims; `uri` has no query but `api-version`.
    `milliseconds` is the time it took to answer; `properties` describes the object that `operation`
    is on (a secret, key or certificate), never with its value.
    """

    vault_id: str
    operation: str
    api_version: str
    status: int
    description: str
    milliseconds: float
    client_address: str
    user_agent: str
    correlation_id: str
    uri: str
    object_uri: str
    caller: dict[str, Any] | None
    rbac_authorized: bool
    assignment_id: str | None
    properties: dict[str, Any]


class AuditLog:
    """The rows of every workspace."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.ensure(_TABLE)

    def record(self, request: VaultRequest, now: float) -> None:
        """Add `request`'s rows: none where no diagnostic setting sends them anywhere."""
        for workspace in _workspaces(self._store, request.vault_id):
            row = json.dumps(_row(request, workspace, now))
            with self._store.transaction() as connection:
                connection.execute("INSERT INTO audit_rows (time, row) VALUES (?, ?)", (now, row))

    def rows(self, now: float) -> list[dict[str, Any]]:
        """What a query sees at `now` (seconds since 1970, sandbox's clock), oldest first."""
        with self._store.transaction() as connection:
            found = connection.execute(
                "SELECT row FROM audit_rows WHERE time <= ? ORDER BY id", (now - delays.AUDIT_ROW,)
            ).fetchall()
        return [json.loads(row["row"]) for row in found]

    def any_in(self, customer_id: str, now: float) -> bool:
        """Whether a query in the workspace of that id sees any row at `now`."""
        with self._store.transaction() as connection:
            found = connection.execute(
                "SELECT 1 FROM audit_rows"
                " WHERE time <= ? AND json_extract(row, '$.TenantId') = ? LIMIT 1",
                (now - delays.AUDIT_ROW, customer_id),
            ).fetchone()
        return found is not None


def _workspaces(store: Store, vault_id: str) -> list[Body]:
    """The workspaces that the vault's diagnostic settings name, each once."""
    prefix = f"{vault_id}/providers/microsoft.insights/diagnosticsettings/".lower()
    named = {
        str(found.body.get("workspaceId") or "").lower()
        for found in store.shared(_SETTING)
        if found.id.lower().startswith(prefix) and _sends_audit_logs(found.body)
    }
    workspaces = (store.get(_WORKSPACE, workspace_id) for workspace_id in sorted(named))
    return [{"id": found.id, **found.body} for found in workspaces if found is not None]


def _sends_audit_logs(setting: Body) -> bool:
    return setting.get("destination") == _DEDICATED and any(
        log.get("enabled")
        and (
            str(log.get("category") or "").lower() == "auditevent"
            or str(log.get("categoryGroup") or "").lower() in _AUDIT_GROUPS
        )
        for log in setting.get("logs") or []
    )


def _row(request: VaultRequest, workspace: Body, now: float) -> dict[str, Any]:
    claims = {name: value for name, value in (request.caller or {}).items() if name in _CLAIMS}
    row: dict[str, Any] = {
        **dict.fromkeys(_NOT_OF_REQUESTS),
        "TimeGenerated": datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z"),
        "TenantId": workspace.get("customerId", ""),
        "_ResourceId": request.vault_id.lower(),
        "_SubscriptionId": request.vault_id.split("/")[2],
        "OperationName": request.operation,
        "OperationVersion": request.api_version,
        # What the service took on it reports as a success, refusals too: the status tells them apart.
        "ResultType": "Success" if request.status < 500 else "Failure",
        "ResultSignature": HTTPStatus(request.status).phrase,
        "ResultDescription": request.description,
        "HttpStatusCode": request.status,
        "DurationMs": round(request.milliseconds),
        "CallerIpAddress": request.client_address,
        "AddressAuthorizationType": "",
        "CorrelationId": request.correlation_id,
        "Identity": {"claim": claims},
        "ClientInfo": request.user_agent,
        "RequestUri": request.uri,
        "Id": request.object_uri,
        "Algorithm": "",
        "IsRbacAuthorized": request.rbac_authorized,
        "AppliedAssignmentId": request.assignment_id or "",
        "SubnetId": "",
        "HsmPoolResourceId": "",
        "TrustedService": "",
        "Tlsversion": "",
        "SourceSystem": "Azure",
        "Type": "AZKVAuditLogs",
        "_IsBillable": "true",
    }
    for noun in _NOUNS:
        applies = request.properties and request.operation.startswith(noun)
        row[f"{noun}Properties"] = request.properties if applies else None
    return {**row, "_BilledSize": float(len(json.dumps(row)))}


_NOUNS = ("Secret", "Key", "Certificate")
# Columns of other records of the table: of operations on the vault, on certificate issuers, on
# managed storage accounts; and what is only there with access policies or a network perimeter.
_NOT_OF_REQUESTS = (
    "CertificateIssuerProperties",
    "CertificatePolicyProperties",
    "CertificateRequestProperties",
    "EnablePurgeProtection",
    "EnableRbacAuthorization",
    "EnableSoftDelete",
    "EnabledForDeployment",
    "EnabledForDiskEncryption",
    "EnabledForTemplateDeployment",
    "IsAccessPolicyMatch",
    "IsAddressAuthorized",
    "NetworkAcls",
    "Nsp",
    "Properties",
    "Sku",
    "SoftDeleteRetentionInDays",
    "StorageAccountProperties",
    "StorageSasDefinitionProperties",
    "VaultProperties",
)
