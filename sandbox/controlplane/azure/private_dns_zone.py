"""`azure-native:privatedns:PrivateZone` and `:VirtualNetworkLink`.

Rules from Microsoft Learn, "What is an Azure Private DNS zone?" and "What is a virtual network
link?". Records come from endpoints' zone groups only (`private_dns_zone_group.py`); nothing in the
sandbox resolves names through a zone.
"""

from __future__ import annotations

import re
import uuid

from sandbox.controlplane import errors
from sandbox.controlplane.azure import locations, networks, private_dns_zone_group
from sandbox.controlplane.azure.arm import GROUP_PATH, AzureType, not_found, parent_missing
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

_ZONE = "azure-native:privatedns:PrivateZone"
_LINK = "azure-native:privatedns:VirtualNetworkLink"
_ZONE_PATH = f"{GROUP_PATH}/providers/Microsoft.Network/privateDnsZones/{{privateZoneName}}"
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_ZONE_NAME = re.compile(rf"{_LABEL}(\.{_LABEL}){{1,33}}")
_LINK_NAME = re.compile(r"[A-Za-z0-9]([\w.-]{0,78}\w)?", re.ASCII)
_MOST_RECORD_SETS = 25_000
_MOST_LINKS = 1_000
_MOST_REGISTERING_LINKS = 100
# A zone begins with its SOA record.
_OWN_RECORD_SETS = 1


class PrivateZone(AzureType):
    """A zone that linked networks see. It has no region, and stays while it has links."""

    sdk = "pulumi_azure_native.privatedns.PrivateZone"
    arm_type = "Microsoft.Network/privateDnsZones"
    available = locations.GLOBAL
    path = _ZONE_PATH
    name_input = "privateZoneName"
    replace_on = frozenset({"resourceGroupName", "privateZoneName", "location"})

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        name = inputs["privateZoneName"]
        if not _ZONE_NAME.fullmatch(name):
            raise errors.arm(
                400,
                "BadRequest",
                f"The domain name '{name}' is invalid: 2 to 34 labels of at most 63 letters, digits,"
                " hyphens and underscores, separated by periods.",
            )
        return {
            "location": inputs["location"],
            "tags": inputs.get("tags", {}),
            "etag": str(uuid.uuid4()),
            "internalId": previous["internalId"] if previous else str(uuid.uuid4()),
            "maxNumberOfRecordSets": _MOST_RECORD_SETS,
            "maxNumberOfVirtualNetworkLinks": _MOST_LINKS,
            "maxNumberOfVirtualNetworkLinksWithRegistration": _MOST_REGISTERING_LINKS,
            "provisioningState": "Succeeded",
        }

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        body = super().read(context, object_id, state)
        if body is None:
            return None
        links = _links(context, object_id)
        records = private_dns_zone_group.records_in(context, object_id)
        return {
            **body,
            "numberOfRecordSets": _OWN_RECORD_SETS + len(records),
            "numberOfVirtualNetworkLinks": len(links),
            "numberOfVirtualNetworkLinksWithRegistration": sum(
                link.body["registrationEnabled"] for link in links
            ),
        }

    def before_delete(self, context: Context, found: StoredObject) -> None:
        links = _links(context, found.id)
        if links:
            raise errors.arm(
                409,
                "CannotDeleteResource",
                "Cannot delete resource while nested resources exist. Some existing nested resource"
                f" IDs include: '{', '.join(link.id for link in links)}'. Please delete all nested"
                " resources before deleting this resource.",
            )
        super().before_delete(context, found)


class VirtualNetworkLink(AzureType):
    """A network that sees a zone. It sees one zone of a name, and a zone once."""

    sdk = "pulumi_azure_native.privatedns.VirtualNetworkLink"
    arm_type = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
    available = locations.GLOBAL
    path = f"{_ZONE_PATH}/virtualNetworkLinks/{{virtualNetworkLinkName}}"
    name_input = "virtualNetworkLinkName"
    replace_on = frozenset(
        {"resourceGroupName", "privateZoneName", "virtualNetworkLinkName", "location"}
    )

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        zone = object_id.rsplit("/", 2)[0]
        if context.find(_ZONE, zone) is None:
            raise parent_missing(self.arm_type, zone)
        if not _LINK_NAME.fullmatch(inputs["virtualNetworkLinkName"]):
            raise errors.arm(
                400,
                "BadRequest",
                f"The virtual network link name '{inputs['virtualNetworkLinkName']}' is invalid: 1"
                " to 80 letters, digits, periods, hyphens and underscores.",
            )
        network = inputs.get("virtualNetwork", {}).get("id", "")
        if context.find(networks.NETWORK, network) is None:
            raise not_found(network) if network else _needs_network()
        if previous and previous["virtualNetwork"]["id"].lower() != network.lower():
            raise errors.arm(
                400, "BadRequest", "The virtual network of an existing link cannot be changed."
            )
        self._check_overlap(context, object_id, zone, network)
        return {
            "location": inputs["location"],
            "tags": inputs.get("tags", {}),
            "etag": str(uuid.uuid4()),
            "virtualNetwork": {"id": network},
            "registrationEnabled": inputs.get("registrationEnabled", False),
            "resolutionPolicy": inputs.get("resolutionPolicy", "Default"),
            "virtualNetworkLinkState": "Completed",
            "provisioningState": "Succeeded",
        }

    def _check_overlap(self, context: Context, object_id: str, zone: str, network: str) -> None:
        name = zone.rsplit("/", 1)[1]
        for other in context.all(self.token):
            other_name = other.id.rsplit("/", 3)[1]
            same = other.body["virtualNetwork"]["id"].lower() == network.lower()
            overlaps = other_name.lower() == name.lower()
            if same and overlaps and other.id.lower() != object_id.lower():
                raise errors.arm(
                    400,
                    "BadRequest",
                    "A virtual network cannot be linked to multiple zones with overlapping"
                    f" namespaces. You tried to link virtual network with '{name}' and"
                    f" '{other_name}' zones.",
                )


def _needs_network() -> errors.CloudError:
    return errors.arm(400, "BadRequest", "The property 'virtualNetwork' of the link is missing.")


def _links(context: Context, zone_id: str) -> list[StoredObject]:
    beneath = f"{zone_id}/".lower()
    return [link for link in context.all(_LINK) if link.id.lower().startswith(beneath)]
