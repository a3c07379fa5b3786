"""The virtual networks that private endpoints lie in.

The sandbox has the one that `world.py` puts there: networks are given to the program by id, so they
are no resource types here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from sandbox.controlplane import errors
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.store import StoredObject

NETWORK: Final = "azure-native:network:VirtualNetwork"
SUBNET: Final = "azure-native:network:Subnet"
ARM_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "microsoft.network/virtualnetworks": NETWORK,
        "microsoft.network/virtualnetworks/subnets": SUBNET,
    }
)
"""Store types by the API's types, lower case."""

_RESERVED: Final = (
    4  # Network address, gateway, two for DNS ("Private IP addresses", Microsoft Learn).
)


def subnet(context: Context, subnet_id: str, user: str) -> StoredObject:
    """The subnet that the resource `user` refers to. Raises CloudError."""
    found = context.find(SUBNET, subnet_id)
    if found is None:
        raise missing(subnet_id, user)
    return found


def location(context: Context, subnet_id: str) -> str:
    """The region of a subnet's network."""
    network = context.find(NETWORK, subnet_id.rsplit("/", 2)[0])
    assert network is not None, f"{subnet_id} is in a network"
    return str(network.body["location"])


def missing(referenced: str, user: str) -> CloudError:
    """The network provider's refusal of a reference to what isn't there, or is elsewhere."""
    return errors.arm(
        400,
        "InvalidResourceReference",
        f"Resource {referenced} referenced by resource {user} was not found. Please make sure that"
        " the referenced resource exists, and that both resources are in the same region.",
    )


def free_address(found: StoredObject, taken: Iterable[str]) -> str:
    """The first address of the subnet that nobody has. Raises CloudError when there is none."""
    network = ipaddress.IPv4Network(found.body["addressPrefix"])
    used = set(taken)
    for index in range(_RESERVED, network.num_addresses - 1):
        address = str(network[index])
        if address not in used:
            return address
    raise errors.arm(
        400,
        "SubnetIsFull",
        f"Subnet {found.body['name']} with address prefix {network} does not have enough capacity"
        " for 1 IP addresses.",
    )
