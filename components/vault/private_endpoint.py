"""A vault's private endpoint: its address in a virtual network, and the record by which it is found.

Owns the endpoint and its DNS zone group. Doesn't own the network, the zone (`vault_dns`), nor the
way from Apigee into the network.

What Apigee needs to use it. Apigee runs in Google's network: the endpoint is out of its reach until

1. a VPC network in Google is connected to the Azure network, by HA VPN or Cross-Cloud Interconnect,
   with routes for the endpoint's subnet both ways;
2. Apigee's calls get into that VPC network: by VPC peering, or without it through an endpoint
   attachment (Google Cloud, 'Southbound networking patterns');
3. `<vault>.vault.azure.net` resolves to the endpoint's address there. The host name must stay this
   one, since the certificate names it. So: a private zone in Cloud DNS with an A record for the
   vault, or one that forwards to a resolver in the Azure network; shared with Apigee by DNS peering
   (Google Cloud, 'Share private DNS zones with service producers'; `gcp.apigee.DnsZone` for an
   organization without VPC peering).

Until all three are there, the gateway calls the public address and is refused: `ForbiddenByConnection`
where public access is off. Allow Apigee's NAT addresses beside the endpoint for the time between.
Microsoft Learn, 'Integrate Key Vault with Azure Private Link'.
"""

import hashlib
from dataclasses import dataclass

import pulumi
import pulumi_azure_native.keyvault as keyvault
import pulumi_azure_native.network as network

from components.vault.network import PrivateEndpoint

_SUBRESOURCE = "vault"


@dataclass(frozen=True)
class Place:
    """Where the endpoint's resources are put.

    Attributes:
        resource_group_name: the Azure resource group.
        location: the location of the vault and of the subnet's network.
        tags: tags of the endpoint.
    """

    resource_group_name: pulumi.Input[str]
    location: str
    tags: dict[str, str]


def add(
    name: str,
    vault: keyvault.Vault,
    endpoint: PrivateEndpoint,
    place: Place,
    parent: pulumi.Resource,
) -> None:
    """Give a vault an address in a subnet, with its record in the private DNS zone.

    Arguments:
        name: what the resources' names begin with.
        vault: the vault.
        endpoint: the subnet and the zone.
        place: where the resources are put.
        parent: the component that the resources belong to.
    """
    # Azure moves no endpoint to another subnet or vault. Its name tells both, so the new one can be
    # made before the old one is taken away, where the provider would delete first.
    children = pulumi.ResourceOptions(parent=parent, delete_before_replace=False)
    subnet = hashlib.sha256(endpoint.subnet_id.lower().encode()).hexdigest()[:6]
    address = network.PrivateEndpoint(
        f"{name}-endpoint",
        private_endpoint_name=pulumi.Output.concat(vault.name, "-", subnet),
        resource_group_name=place.resource_group_name,
        location=place.location,
        # The args class would add policies of the subnet, which belongs to somebody else.
        subnet={"id": endpoint.subnet_id},
        private_link_service_connections=[
            network.PrivateLinkServiceConnectionArgs(
                name=_SUBRESOURCE,
                private_link_service_id=vault.id,
                group_ids=[_SUBRESOURCE],
            )
        ],
        tags=place.tags,
        opts=children,
    )
    network.PrivateDnsZoneGroup(
        f"{name}-endpoint-dns",
        private_dns_zone_group_name="default",
        private_endpoint_name=address.name,
        resource_group_name=place.resource_group_name,
        private_dns_zone_configs=[
            network.PrivateDnsZoneConfigArgs(
                name=_SUBRESOURCE, private_dns_zone_id=endpoint.dns_zone_id
            )
        ],
        opts=children,
    )
