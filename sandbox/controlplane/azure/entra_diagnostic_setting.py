"""`azure-native:aadiam:DiagnosticSetting`: where the tenant's sign-in and audit logs go.

Rules from Microsoft Learn, "Configure Microsoft Entra diagnostic settings for activity logs". It is
the tenant's: no subscription and no resource group is in its id.
"""

from __future__ import annotations

from sandbox.controlplane.azure import monitored
from sandbox.controlplane.azure.arm import AzureType
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain


class EntraDiagnosticSetting(AzureType):
    """Categories by name only; a category goes to one destination once."""

    sdk = "pulumi_azure_native.aadiam.DiagnosticSetting"
    arm_type = "microsoft.aadiam/diagnosticSettings"
    path = "/providers/microsoft.aadiam/diagnosticSettings/{name}"
    name_input = "name"
    replace_on = frozenset({"name"})

    def object_id(self, context: Context, inputs: Plain) -> str:
        return self.path.format_map(inputs)

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        others = [o for o in context.all(self.token) if o.id.lower() != object_id.lower()]
        monitored.check(context, inputs, monitored.TENANT, others)
        return {
            "logs": monitored.returned(inputs.get("logs", []), monitored.TENANT.logs),
            "workspaceId": monitored.lowered_group(inputs["workspaceId"]),
        }
