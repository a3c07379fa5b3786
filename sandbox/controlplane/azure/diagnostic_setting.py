"""`azure-native:monitor:DiagnosticSetting` on vaults, and on the subscription for its Activity Log.

Rules from Microsoft Learn, "Diagnostic settings in Azure Monitor", "Monitor Key Vault" and "Send
the Activity Log to a Log Analytics workspace".
"""

from __future__ import annotations

from sandbox.controlplane import errors
from sandbox.controlplane.azure import monitored
from sandbox.controlplane.azure.arm import AzureType, check_place, not_found
from sandbox.controlplane.azure.monitored import Source
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

_VAULT = "azure-native:keyvault:Vault"
_TABLES = ("Dedicated", "AzureDiagnostics")


class DiagnosticSetting(AzureType):
    """Where logs go. It outlives its resource; a category goes to one destination once."""

    sdk = "pulumi_azure_native.monitor.DiagnosticSetting"
    arm_type = "Microsoft.Insights/diagnosticSettings"
    path = "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}"
    name_input = "name"
    replace_on = frozenset({"resourceUri", "name"})

    def object_id(self, context: Context, inputs: Plain) -> str:
        object_id = self.path.format_map(inputs)
        check_place(context, object_id)
        return object_id

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        target = object_id.rsplit("/providers/", 1)[0]
        source = _source(context, target)
        others = [o for o in self._siblings(context, target) if o.id.lower() != object_id.lower()]
        table = inputs.get("logAnalyticsDestinationType", "AzureDiagnostics")
        if table not in _TABLES:
            raise errors.arm(
                400,
                "BadRequest",
                f"'{table}' is no logAnalyticsDestinationType: {' or '.join(_TABLES)}.",
            )
        monitored.check(context, inputs, source, others)
        return {
            "logs": monitored.returned(inputs.get("logs", []), source.logs),
            "metrics": monitored.returned(inputs.get("metrics", []), source.metrics),
            "workspaceId": monitored.lowered_group(inputs["workspaceId"]),
            # Kept for who writes the rows: the API takes it and returns null.
            "destination": table,
        }

    def _siblings(self, context: Context, target: str) -> list[StoredObject]:
        beneath = f"{target}/providers/microsoft.insights/diagnosticsettings/".lower()
        return [s for s in context.all(self.token) if s.id.lower().startswith(beneath)]


def _source(context: Context, target: str) -> Source:
    """What the target offers: the subscription (found with the place) or a vault."""
    if len(target.split("/")) == 3:
        return monitored.SUBSCRIPTION
    if context.find(_VAULT, target) is None:
        raise not_found(target)
    return monitored.VAULT
