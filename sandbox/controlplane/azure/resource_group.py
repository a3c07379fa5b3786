"""`azure-native:resources:ResourceGroup`."""

from __future__ import annotations

import re

from sandbox.controlplane import errors
from sandbox.controlplane.azure.arm import GROUP_PATH, AzureType
from sandbox.controlplane.azure.contents import CONTENTS
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

_NAME = re.compile(r"[\w().-]{0,89}[\w()-]")


class ResourceGroup(AzureType):
    """Deleting a group deletes what is in it (Microsoft Learn, "Delete resource group")."""

    sdk = "pulumi_azure_native.resources.ResourceGroup"
    arm_type = "Microsoft.Resources/resourceGroups"
    path = GROUP_PATH
    name_input = "resourceGroupName"
    replace_on = frozenset({"resourceGroupName", "location"})

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        name = inputs["resourceGroupName"]
        if not _NAME.fullmatch(name):
            raise errors.arm(
                400,
                "InvalidResourceGroup",
                f"The provided resource group name '{name}' is not valid: at most 90 word"
                " characters, periods, hyphens and parentheses, not ending in a period.",
            )
        return {
            "location": inputs["location"],
            "managedBy": inputs.get("managedBy"),
            "tags": inputs.get("tags", {}),
            "properties": {"provisioningState": "Succeeded"},
        }

    def before_delete(self, context: Context, found: StoredObject) -> None:
        within = f"{found.id}/".lower()
        for type_ in (cls() for cls in CONTENTS):
            for item in context.all(type_.token):
                if item.id.lower().startswith(within):
                    type_.delete(context, item.id, {})
