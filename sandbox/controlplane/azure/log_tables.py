"""Which tables of a workspace exist by now, and which of them a KQL query names.

A table of Azure's own comes into being with its first rows, so a query that names it too early
doesn't resolve. Owns that rule and no more of KQL: columns and functions aren't bound, nothing is
executed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from sandbox import delays
from sandbox.controlplane.azure import monitored
from sandbox.controlplane.resource_type import Context
from sandbox.dataplane.audit import AuditLog
from sandbox.store import StoredObject

_SETTING = "azure-native:monitor:DiagnosticSetting"
_ENTRA_SETTING = "azure-native:aadiam:DiagnosticSetting"
_ENTRA_TABLES: Mapping[str, str] = MappingProxyType(
    {
        "AuditLogs": "AuditLogs",
        "SigninLogs": "SignInLogs",
        "AADNonInteractiveUserSignInLogs": "NonInteractiveUserSignInLogs",
        "AADServicePrincipalSignInLogs": "ServicePrincipalSignInLogs",
        "AADManagedIdentitySignInLogs": "ManagedIdentitySignInLogs",
        "AADProvisioningLogs": "ProvisioningLogs",
    }
)
"""The category of Entra's setting that fills each table."""

_TABLES = ("AZKVAuditLogs", "AzureActivity", "AzureDiagnostics", *_ENTRA_TABLES)
_COMMENT_OR_TEXT = re.compile(
    r"//[^\n]*"
    r"|```.*?```|~~~.*?~~~"
    r"|@\"(?:[^\"]|\"\")*\"|@'(?:[^']|'')*'"
    r'|"(?:[^"\\]|\\.)*"' + r"|'(?:[^'\\]|\\.)*'",
    re.DOTALL,
)
_NAME = re.compile(r"(?<![\w.$])[A-Za-z_]\w*")
_FUZZY = re.compile(r"\bunion\b[^;|()]*\bisfuzzy\s*=\s*true", re.IGNORECASE)
_LET = re.compile(r"\blet\b[^;]*;")
_WORDS = ("union", "kind", "isfuzzy", "true", "withsource", "search")
_MADE_BY_THE_QUERY = ("datatable", "print", "range")


def unresolved(context: Context, workspace: StoredObject, query: str) -> str | None:
    """The first table (or, where there is none, the first name) that doesn't resolve; else None.

    In a `union isfuzzy=true` a table may be missing as long as another of its sources is there.
    """
    code = _COMMENT_OR_TEXT.sub(" ", query)
    names: list[str] = _NAME.findall(code)
    tables = [name for name in dict.fromkeys(names) if name in _TABLES]
    made = any(name in _MADE_BY_THE_QUERY for name in names)
    missing = [name for name in tables if not _has_rows(context, workspace, name)]
    if not tables and not made:
        body = _NAME.findall(_LET.sub(" ", code))
        return next((name for name in body if name not in _WORDS), "")
    if not missing or (_FUZZY.search(code) and (made or len(missing) < len(tables))):
        return None
    return missing[0]


def _has_rows(context: Context, workspace: StoredObject, table: str) -> bool:
    if table == "AZKVAuditLogs":
        return AuditLog(context.cloud.store).any_in(workspace.body["customerId"], context.now)
    if table == "AzureActivity":
        return any(
            len(setting.id.split("/")) == 7
            for setting in _settings(context, _SETTING, workspace)
            if monitored.enabled(setting.body)
        )
    if table in _ENTRA_TABLES:
        settings = _settings(context, _ENTRA_SETTING, workspace)
        return any(_ENTRA_TABLES[table] in monitored.enabled(item.body) for item in settings)
    # Key Vault's legacy table: the sandbox writes no rows there.
    return False


def _settings(context: Context, type_: str, workspace: StoredObject) -> list[StoredObject]:
    """The settings that send to the workspace, and have long enough for rows to be there."""
    return [
        setting
        for setting in context.all(type_)
        if setting.body["workspaceId"].lower() == workspace.id.lower()
        and setting.created <= context.now - delays.AUDIT_ROW
    ]
