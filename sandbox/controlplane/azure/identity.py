"""`azure-native:managedidentity:UserAssignedIdentity`."""

from __future__ import annotations

import re
import uuid

from sandbox import world
from sandbox.controlplane import errors
from sandbox.controlplane.azure.arm import GROUP_PATH, AzureType
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}")


class UserAssignedIdentity(AzureType):
    """Each creation makes a new principal and client id; its credentials go with it.

    Role assignments of its principal stay behind, as in Azure ("Identity not found").
    """

    sdk = "pulumi_azure_native.managedidentity.UserAssignedIdentity"
    arm_type = "Microsoft.ManagedIdentity/userAssignedIdentities"
    path = (
        f"{GROUP_PATH}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{{resourceName}}"
    )
    name_input = "resourceName"
    replace_on = frozenset({"resourceGroupName", "resourceName", "location"})
    children = (
        "azure-native:managedidentity:FederatedIdentityCredential",
        "azure-native:authorization:RoleAssignment",
    )

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        name = inputs["resourceName"]
        if not _NAME.fullmatch(name):
            raise errors.arm(
                400,
                "InvalidParameter",
                f"The resource name '{name}' is invalid: 3 to 128 letters, digits, hyphens and"
                " underscores, starting with a letter or digit.",
            )
        made = previous or {"clientId": str(uuid.uuid4()), "principalId": str(uuid.uuid4())}
        return {
            "location": inputs["location"],
            "tags": inputs.get("tags", {}),
            "tenantId": world.TENANT_ID,
            "clientId": made["clientId"],
            "principalId": made["principalId"],
        }
