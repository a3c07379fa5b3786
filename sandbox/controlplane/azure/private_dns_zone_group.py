"""`azure-native:network:PrivateDnsZoneGroup`: an endpoint's records in private zones.

Rules from Microsoft Learn, "Azure Private Endpoint private DNS zone values", "Private DNS zone
group".
"""

from __future__ import annotations

import uuid

from sandbox.controlplane import errors
from sandbox.controlplane.azure.arm import GROUP_PATH, AzureType, not_found, parent_missing
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain

_GROUP = "azure-native:network:PrivateDnsZoneGroup"
_ENDPOINT = "azure-native:network:PrivateEndpoint"
_ZONE = "azure-native:privatedns:PrivateZone"
_MOST_ZONES = 5
_SECONDS_TO_LIVE = 10


class PrivateDnsZoneGroup(AzureType):
    """One an endpoint; each of its zones gets the vault's A record while the group is there."""

    sdk = "pulumi_azure_native.network.PrivateDnsZoneGroup"
    arm_type = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"
    path = (
        f"{GROUP_PATH}/providers/Microsoft.Network/privateEndpoints/{{privateEndpointName}}"
        "/privateDnsZoneGroups/{privateDnsZoneGroupName}"
    )
    name_input = "privateDnsZoneGroupName"
    replace_on = frozenset({"resourceGroupName", "privateEndpointName", "privateDnsZoneGroupName"})

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        endpoint_id = object_id.rsplit("/", 2)[0]
        endpoint = context.find(_ENDPOINT, endpoint_id)
        if endpoint is None:
            raise parent_missing(self.arm_type, endpoint_id)
        for name in ("id", "name"):
            if (
                inputs.get(name, inputs["privateDnsZoneGroupName"])
                != (inputs["privateDnsZoneGroupName"])
            ):
                raise CloudError(f"the sandbox's zone groups have no {name} but their own")
        self._check_only(context, object_id, endpoint_id)
        given = inputs.get("privateDnsZoneConfigs", [])
        if not 0 < len(given) <= _MOST_ZONES:
            raise errors.arm(
                400,
                "PrivateDnsZoneGroupZoneCountInvalid",
                f"A private DNS zone group has between 1 and {_MOST_ZONES} zones, not {len(given)}.",
            )
        return {
            "etag": f'W/"{uuid.uuid4()}"',
            "provisioningState": "Succeeded",
            "privateDnsZoneConfigs": [_config(context, endpoint.body, item) for item in given],
        }

    def _check_only(self, context: Context, object_id: str, endpoint_id: str) -> None:
        beneath = f"{endpoint_id}/".lower()
        for other in context.all(self.token):
            mine = other.id.lower() == object_id.lower()
            if other.id.lower().startswith(beneath) and not mine:
                raise errors.arm(
                    400,
                    "PrivateEndpointCannotHaveMoreThanOnePrivateDnsZoneGroup",
                    f"Private endpoint {endpoint_id} has the private DNS zone group {other.id};"
                    " there can be only one.",
                )


def records_in(context: Context, zone_id: str) -> set[str]:
    """Names of the record sets that zone groups have put into a zone."""
    return {
        record["recordSetName"]
        for group in context.all(_GROUP)
        for config in group.body["privateDnsZoneConfigs"]
        if config["privateDnsZoneId"].lower() == zone_id.lower()
        for record in config["recordSets"]
    }


def _config(context: Context, endpoint: Plain, given: Plain) -> Plain:
    zone = given.get("privateDnsZoneId", "")
    if context.find(_ZONE, zone) is None:
        raise not_found(zone)
    zone_name = zone.rsplit("/", 1)[1]
    record = endpoint["vault"].rsplit("/", 1)[1].lower()
    return {
        "name": given.get("name") or zone_name.replace(".", "-"),
        "privateDnsZoneId": zone,
        "recordSets": [
            {
                "recordType": "A",
                "recordSetName": record,
                "fqdn": f"{record}.{zone_name}",
                "ipAddresses": [endpoint["address"]],
                "ttl": _SECONDS_TO_LIVE,
                "provisioningState": "Succeeded",
            }
        ],
    }
