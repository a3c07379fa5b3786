"""`azure-native:applicationinsights:Workbook`: a report that people look at.

Rules from Microsoft Learn, "Workbooks - Create Or Update" and "Programmatically manage workbooks".
Its queries are kept, not run.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from sandbox import world
from sandbox.controlplane import errors
from sandbox.controlplane.azure.arm import GROUP_PATH, AzureType
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.times import rfc3339
from sandbox.controlplane.values import Plain

_CATEGORIES = ("workbook", "tsg", "usage", "sentinel")


class Workbook(AzureType):
    """Named by a GUID, so the provider's own random name is refused."""

    sdk = "pulumi_azure_native.applicationinsights.Workbook"
    arm_type = "Microsoft.Insights/workbooks"
    path = f"{GROUP_PATH}/providers/Microsoft.Insights/workbooks/{{resourceName}}"
    name_input = "resourceName"
    replace_on = frozenset({"resourceGroupName", "resourceName", "location"})

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        _check(inputs)
        content = inputs["serializedData"]
        return {
            "location": inputs["location"],
            "tags": inputs.get("tags", {}),
            "kind": inputs.get("kind", "shared"),
            "category": inputs["category"],
            "displayName": inputs["displayName"],
            "serializedData": content,
            "sourceId": inputs.get("sourceId", "Azure Monitor").lower(),
            "revision": hashlib.sha256(f"{context.now}{content}".encode()).hexdigest()[:32],
            "timeModified": rfc3339(context.now),
            "userId": world.DEPLOYER_PRINCIPAL_ID,
            "etag": f'"{uuid.uuid4()}"',
            **{name: inputs[name] for name in ("description", "version") if name in inputs},
        }


def _check(inputs: Plain) -> None:
    try:
        uuid.UUID(inputs["resourceName"])
    except ValueError:
        raise _invalid(
            f"The workbook's resourceName '{inputs['resourceName']}' must be a GUID."
        ) from None
    for name in ("identity", "storageUri"):
        if name in inputs:
            raise _invalid(f"The sandbox's workbooks have no storage of their own: {name}.")
    if inputs.get("kind", "shared") != "shared":
        raise _invalid(f"The kind '{inputs['kind']}' is invalid: the only one is 'shared'.")
    if inputs["category"] not in _CATEGORIES:
        raise _invalid(f"The category '{inputs['category']}' is invalid: {', '.join(_CATEGORIES)}.")
    if not inputs["displayName"].strip():
        raise _invalid("The displayName must not be empty.")
    try:
        content: Any = json.loads(inputs["serializedData"])
    except (ValueError, RecursionError) as error:
        raise _invalid(f"The serializedData is no valid JSON: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("items"), list):
        raise _invalid("The serializedData must be a JSON object with a list of items.")


def _invalid(message: str) -> CloudError:
    return errors.arm(400, "BadRequest", message)
