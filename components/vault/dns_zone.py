"""The private DNS zone in which networks find vaults by their private endpoints.

Owns the zone and its links to networks. The records in it come and go with the endpoints
(`vault_private_endpoint`). A network can be linked to one zone of this name only, and a resource
group can hold one: a stack has one for all its vaults. Where a network is linked to such a zone
already, use that zone's id instead. Microsoft Learn, 'Azure Private Endpoint private DNS zone
values', 'What is a virtual network link?'.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azure_native.privatedns as privatedns

from components import resource_ids

_LOCATION = "global"  # private DNS has no regions


@dataclass(frozen=True)
class VaultDnsZoneArgs:
    """What the zone needs.

    Attributes:
        resource_group_name: the Azure resource group that it is put into.
        subnet_ids: resource ids of subnets; the network of each is linked, once.
        tags: tags of the zone and its links.
    """

    resource_group_name: pulumi.Input[str]
    subnet_ids: Sequence[str]
    tags: Mapping[str, str]


class VaultDnsZone(pulumi.ComponentResource):
    """The zone for vaults, linked to the networks of some subnets.

    Example:
        zone = VaultDnsZone("vaults", VaultDnsZoneArgs(group.name, [subnet_id], tags={}))
        endpoint = PrivateEndpoint(subnet_id, zone.zone_id)

    Attributes:
        zone_id: the zone's resource id, known once its links are there.
    """

    zone_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: VaultDnsZoneArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("apigee-keyvault:components:VaultDnsZone", name, None, opts)
        children = pulumi.ResourceOptions(parent=self)
        zone = privatedns.PrivateZone(
            f"{name}-zone",
            private_zone_name=resource_ids.VAULT_DNS_ZONE,
            resource_group_name=args.resource_group_name,
            location=_LOCATION,
            tags=args.tags,
            opts=children,
        )
        links = [
            privatedns.VirtualNetworkLink(
                f"{name}-{key}",
                virtual_network_link_name=key,
                private_zone_name=zone.name,
                resource_group_name=args.resource_group_name,
                location=_LOCATION,
                virtual_network=privatedns.SubResourceArgs(id=network_id),
                # Only endpoints' records belong in it, not the machines' of the network.
                registration_enabled=False,
                tags=args.tags,
                opts=children,
            )
            for key, network_id in _networks(args.subnet_ids).items()
        ]
        # Whoever takes the zone's id waits for the links: a name in it resolves then.
        self.zone_id = pulumi.Output.all(zone.id, *(link.id for link in links)).apply(_first)
        self.register_outputs({"zoneId": self.zone_id})


def _networks(subnet_ids: Sequence[str]) -> dict[str, str]:
    """Resource ids of the subnets' networks, by a name for each; Azure ignores case in ids."""
    ids = {subnet_id.lower(): subnet_id.rsplit("/", 2)[0] for subnet_id in subnet_ids}
    networks = {network_id.lower(): network_id for _, network_id in sorted(ids.items())}
    return {
        f"{network_id.rsplit('/', 1)[1]}-{hashlib.sha256(folded.encode()).hexdigest()[:6]}": network_id
        for folded, network_id in networks.items()
    }


def _first(ids: list[str]) -> str:
    return ids[0]
