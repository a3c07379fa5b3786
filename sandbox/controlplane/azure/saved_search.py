"""`azure-native:operationalinsights:SavedSearch`: a query kept in a workspace.

Rules from Microsoft Learn, "Saved Searches - Create Or Update". The query is kept, not parsed.
"""

from __future__ import annotations

import re

from sandbox.controlplane import errors
from sandbox.controlplane.azure.arm import GROUP_PATH, AzureType, not_found
from sandbox.controlplane.azure.monitored import WORKSPACE
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.times import rfc3339
from sandbox.controlplane.values import Plain

_ALIAS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class SavedSearch(AzureType):
    """It can't be changed: an update needs the etag, which the provider has no input for."""

    sdk = "pulumi_azure_native.operationalinsights.SavedSearch"
    arm_type = "Microsoft.OperationalInsights/workspaces/savedSearches"
    path = (
        f"{GROUP_PATH}/providers/Microsoft.OperationalInsights/workspaces/{{workspaceName}}"
        "/savedSearches/{savedSearchId}"
    )
    name_input = "savedSearchId"
    replace_on = frozenset({"resourceGroupName", "workspaceName", "savedSearchId"})

    def _checked(self, object_id: str, inputs: Plain, previous: Plain | None) -> Plain:
        """No location, and its tags are none of Resource Manager's."""
        return inputs

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        workspace = object_id.rsplit("/", 2)[0]
        if context.find(WORKSPACE, workspace) is None:
            raise not_found(workspace)
        if previous is not None:
            raise errors.arm(
                409,
                "Conflict",
                "Newer data exists in the Customer Configuration Store: to overwrite the saved"
                f" search '{inputs['savedSearchId']}', its etag (or '*') must be sent.",
            )
        self._check(context, workspace, inputs)
        given = ("category", "displayName", "query", "functionAlias", "functionParameters", "tags")
        return {
            **{name: inputs[name] for name in given if name in inputs},
            "version": inputs.get("version", 2),
            "etag": f"W/\"datetime'{rfc3339(context.now)}'\"",
        }

    def _check(self, context: Context, workspace: str, inputs: Plain) -> None:
        for name in ("category", "displayName", "query"):
            if not inputs[name].strip():
                raise errors.arm(400, "InvalidParameter", f"The {name} must not be empty.")
        alias = inputs.get("functionAlias")
        if alias is None and "functionParameters" in inputs:
            raise errors.arm(
                400, "InvalidParameter", "functionParameters need a functionAlias beside them."
            )
        if alias is not None and not _ALIAS.fullmatch(alias):
            raise errors.arm(400, "InvalidParameter", f"The functionAlias '{alias}' is invalid.")
        beneath = f"{workspace}/savedSearches/".lower()
        for other in context.all(self.token):
            taken = alias is not None and other.body.get("functionAlias") == alias
            if taken and other.id.lower().startswith(beneath):
                raise errors.arm(
                    409,
                    "Conflict",
                    f"The functionAlias '{alias}' is taken by the saved search"
                    f" '{other.body['name']}'.",
                )
