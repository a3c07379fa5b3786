"""`azure-native:monitor:ActionGroup`: who hears of an alert.

Rules from Microsoft Learn, "Action groups" and "Create and manage action groups". Receivers by
mail, text message, webhook and Azure role; those that need another Azure resource are refused by
name. Nothing is delivered.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.controlplane import errors
from sandbox.controlplane.azure import locations
from sandbox.controlplane.azure.arm import GROUP_PATH, AzureType
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.roles import ROLES

_NAME = re.compile(r"[^:<>+/&%\\?|\x00-\x1f]{0,259}[^:<>+/&%\\?|\x00-\x1f .]")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WEB = re.compile(r"https?://[^/\s]+\S*", re.IGNORECASE)
_DIGITS = re.compile(r"\d{1,20}")
_REGIONS = frozenset(
    {
        "southcentralus",
        "northcentralus",
        "swedencentral",
        "germanywestcentral",
        "centralindia",
        "southindia",
    }
)

# What the API adds to each receiver of a list.
_ADDED: dict[str, Plain] = {
    "armRoleReceivers": {"useCommonAlertSchema": False},
    "emailReceivers": {"useCommonAlertSchema": False, "status": "Enabled"},
    "smsReceivers": {"status": "Enabled"},
    "webhookReceivers": {"useCommonAlertSchema": False, "useAadAuth": False},
}
_ELSEWHERE = (
    "automationRunbookReceivers",
    "azureAppPushReceivers",
    "azureFunctionReceivers",
    "eventHubReceivers",
    "incidentReceivers",
    "itsmReceivers",
    "logicAppReceivers",
    "voiceReceivers",
)


class ActionGroup(AzureType):
    """It is global, or in one of few regions: the provider's own location rarely fits."""

    sdk = "pulumi_azure_native.monitor.ActionGroup"
    arm_type = "Microsoft.Insights/actionGroups"
    available = locations.GLOBAL | _REGIONS
    path = f"{GROUP_PATH}/providers/Microsoft.Insights/actionGroups/{{actionGroupName}}"
    name_input = "actionGroupName"
    replace_on = frozenset({"resourceGroupName", "actionGroupName", "location"})

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        name, short = inputs["actionGroupName"], inputs["groupShortName"]
        if not _NAME.fullmatch(name):
            raise _invalid(
                f"The action group name '{name}' is invalid: 1 to 260 characters, none of"
                " : < > + / & % \\ ? | or control characters, not ending in a space or period."
            )
        if not 1 <= len(short) <= 12:
            raise _invalid(
                f"The groupShortName '{short}' is invalid: it must have 1 to 12 characters."
            )
        _check_receivers(inputs)
        return {
            "location": inputs["location"],
            "tags": inputs.get("tags", {}),
            "groupShortName": short,
            "enabled": inputs["enabled"],
            **{kind: [] for kind in _ELSEWHERE},
            **{
                kind: [{**added, **receiver} for receiver in inputs.get(kind, [])]
                for kind, added in _ADDED.items()
            },
        }


def _check_receivers(inputs: Plain) -> None:
    for kind in (*_ELSEWHERE, "identity"):
        if inputs.get(kind):
            raise errors.arm(
                404,
                "ResourceNotFound",
                f"The sandbox has nothing that {kind} could name; its action groups have"
                f" {', '.join(_ADDED)}.",
            )
    names = [receiver["name"] for kind in _ADDED for receiver in inputs.get(kind, [])]
    for name in names:
        if names.count(name) > 1:
            raise _invalid(f"Receiver names must be unique in an action group: '{name}'.")
    for kind, name, pattern in (
        ("emailReceivers", "emailAddress", _MAIL),
        ("smsReceivers", "countryCode", _DIGITS),
        ("smsReceivers", "phoneNumber", _DIGITS),
        ("webhookReceivers", "serviceUri", _WEB),
    ):
        for receiver in inputs.get(kind, []):
            if not pattern.fullmatch(receiver[name]):
                raise _invalid(_bad(receiver, name))
    for receiver in inputs.get("armRoleReceivers", []):
        if receiver["roleId"].lower() not in ROLES:
            raise _invalid(_bad(receiver, "roleId"))


def _bad(receiver: dict[str, Any], name: str) -> str:
    return f"The {name} '{receiver[name]}' of the receiver '{receiver['name']}' is invalid."


def _invalid(message: str) -> CloudError:
    return errors.arm(400, "BadRequest", message)
