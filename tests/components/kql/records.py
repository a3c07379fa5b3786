"""Rows as Azure writes them, for the declared deployment that the queries are about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from components.audit.saved_queries import Watched

SUBSCRIPTION = "/subscriptions/22222222-2222-4222-8222-222222222222"
GROUP = f"{SUBSCRIPTION}/resourceGroups/Gateway"
ALPHA = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-alpha-abc123"
BETA = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-beta-def456"
FOREIGN_VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-somebody-else"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/apigee-kv-alpha"

ALPHA_GATEWAY = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
BETA_GATEWAY = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
WRITER = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"
DEPLOYER = "dddddddd-dddd-4ddd-8ddd-dddddddddddd"
STRANGER = "eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee"
NAT_ADDRESS = "203.0.113.1"

WATCHED = Watched(
    vault_ids={"alpha": ALPHA, "beta": BETA},
    gateways={"alpha": ALPHA_GATEWAY.upper(), "beta": BETA_GATEWAY},
    writers={"alpha-ci": WRITER, "beta-ci": WRITER},
    identity_ids=[IDENTITY],
    deployers=[DEPLOYER],
    addresses=[NAT_ADDRESS],
    expected=["alpha", "beta"],
)

# What somebody might try to get into a query by a name.
EVIL_NAMES = (
    'x"]);AzureActivity//',
    "x'",
    "x\\",
    'x\\"',
    "x\n| take 0",
    "x;",
    "é€\u2028😀",
    "```",
    "{TimeRange}",
)

NOW = datetime.now(UTC).replace(tzinfo=None)

Record = dict[str, object]


def request(
    operation: str = "SecretGet",
    status: int | None = 200,
    caller: str | None = ALPHA_GATEWAY,
    *,
    vault: str = ALPHA,
    address: str = NAT_ADDRESS,
    path: str = "secrets/orders/?api-version=2025-07-01",
    age: timedelta = timedelta(minutes=5),
) -> Record:
    """A row of AZKVAuditLogs. ResultType is Success on a refusal too."""
    name = vault.rpartition("/")[2]
    return {
        "TimeGenerated": NOW - age,
        "_ResourceId": vault.lower(),
        "OperationName": operation,
        "HttpStatusCode": status,
        "ResultType": "Success",
        "ResultDescription": "" if status == 200 else "The caller is not authorized",
        "Identity": {"claim": {"oid": caller}} if caller else {},
        "CallerIpAddress": address,
        "RequestUri": f"https://{name}.vault.azure.net/{path}" if path else "",
        "Id": "",
        "DurationMs": 12,
        "CorrelationId": "99999999-9999-4999-8999-999999999999",
    }


def legacy(row: Record) -> Record:
    """The same request as a row of AzureDiagnostics."""
    identity = row["Identity"]
    assert isinstance(identity, dict)
    same = ("TimeGenerated", "_ResourceId", "OperationName", "ResultType", "ResultDescription")
    return {
        **{name: row[name] for name in same},
        "CorrelationId": row["CorrelationId"],
        "ResourceProvider": "MICROSOFT.KEYVAULT",
        "Category": "AuditEvent",
        "httpStatusCode_d": row["HttpStatusCode"],
        "identity_claim_oid_g": identity.get("claim", {}).get("oid", ""),
        "CallerIPAddress": row["CallerIpAddress"],
        "requestUri_s": row["RequestUri"],
        "DurationMs": row["DurationMs"],
    }


def change(
    operation: str,
    actor: str = DEPLOYER,
    *,
    on: str = ALPHA,
    status: str = "Success",
    age: timedelta = timedelta(minutes=5),
) -> Record:
    """A row of AzureActivity about a grant on `on`, or about a credential beneath it."""
    beneath = {
        "federatedIdentityCredentials": "federatedIdentityCredentials/apigee",
        "accessPolicies": "accessPolicies/add",
    }
    kind = operation.split("/")[-2]
    assignment = f"providers/Microsoft.Authorization/{kind}/77777777-7777-4777-8777-777777777777"
    scope = f"{on}/{beneath.get(kind, assignment)}"
    return {
        "TimeGenerated": NOW - age,
        # As it arrives: in capitals.
        "OperationNameValue": operation.upper(),
        "ActivityStatusValue": status,
        "Caller": actor,
        "CallerIpAddress": "198.51.100.7",
        "Claims_d": {"http://schemas.microsoft.com/identity/claims/objectidentifier": actor},
        "Authorization_d": {"action": operation, "scope": scope},
        "_ResourceId": scope.lower(),
        "CorrelationId": "88888888-8888-4888-8888-888888888888",
    }


GRANT = "Microsoft.Authorization/roleAssignments/write"
CREDENTIAL = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"

CLEAN_REQUESTS = (
    request(),
    request(vault=BETA, caller=BETA_GATEWAY),
    request("SecretGet", 404),
    # How a client learns whom to ask for a token.
    request("Authentication", 401, None),
    request("SecretSet", caller=WRITER, address="198.51.100.7"),
    request("KeyCreate", caller=DEPLOYER, address="198.51.100.7", path="keys/signing/create"),
    request("KeyRotateIfDue", caller=None, path="keys/signing"),
    request("VaultGet", caller=DEPLOYER, address="198.51.100.7", path="subscriptions/2/vaults"),
    # Somebody else's vault, in the same workspace.
    request(caller=STRANGER, vault=FOREIGN_VAULT),
    request("SecretGet", 403, STRANGER, vault=FOREIGN_VAULT),
)
CLEAN_CHANGES = (
    change(GRANT),
    change(CREDENTIAL, on=IDENTITY),
    change(GRANT, STRANGER, status="Start"),
    change(GRANT, STRANGER, status="Failure"),
    change(GRANT, STRANGER, on=FOREIGN_VAULT),
    change(GRANT, STRANGER, on=f"{SUBSCRIPTION}/resourceGroups/other"),
    change("Microsoft.Storage/storageAccounts/write", STRANGER),
)
