"""From where a vault can be reached: its firewall's rules, and where a private endpoint is to lie.

Owns what the firewall lets in. Pure: the endpoint's resources are `vault_private_endpoint`'s. A
firewall guards besides the role: whoever comes from an allowed address still needs a token of a
workload with a grant. Microsoft Learn, 'Configure Azure Key Vault networking settings'.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azure_native.keyvault as keyvault

from components import resource_ids
from components.configuration.setting_types import public_network


@dataclass(frozen=True)
class PrivateEndpoint:
    """Where a vault's private endpoint lies.

    Attributes:
        subnet_id: resource id of the subnet, whose network is in the vault's location.
        dns_zone_id: resource id of the private DNS zone `privatelink.vaultcore.azure.net` that the
            network is linked to (`VaultDnsZone` makes one).

    Raises:
        ValueError: for what is no subnet's id.
    """

    subnet_id: str
    dns_zone_id: pulumi.Input[str]

    def __post_init__(self) -> None:
        if not resource_ids.SUBNET.allows(self.subnet_id):
            raise ValueError(
                f"subnet_id '{self.subnet_id}' is no subnet id; use"
                f" {resource_ids.SUBNET.description}"
            )


@dataclass(frozen=True)
class VaultNetwork:
    """Who reaches the vault; everybody else is refused, whatever token they have.

    With a private endpoint alone, public access is off. With addresses it is on for these alone.

    Attributes:
        allowed_ranges: public IPv4 ranges, such as `203.0.113.0/24`.
        nat_addresses: the egress addresses of Apigee, such as `203.0.113.7`, allowed as well. Only
            activated ones carry traffic (Google Cloud, 'Provisioning NAT IPs').
        private_endpoint: an address of the vault in a private network.

    Raises:
        ValueError: for a range that isn't public IPv4, and where nobody is let in.
    """

    allowed_ranges: Sequence[str] = ()
    nat_addresses: Sequence[pulumi.Input[str]] = ()
    private_endpoint: PrivateEndpoint | None = None

    def __post_init__(self) -> None:
        for text in self.allowed_ranges:
            if public_network(text) is None:
                raise ValueError(
                    f"allowed_ranges: '{text}' is no public IPv4 range; use one by its first"
                    " address, such as 203.0.113.0/24, without private addresses"
                )
        if not self._has_addresses and self.private_endpoint is None:
            raise ValueError(
                "the network lets nobody in; give allowed_ranges, nat_addresses or a"
                " private_endpoint"
            )

    @property
    def _has_addresses(self) -> bool:
        return bool(self.allowed_ranges or self.nat_addresses)

    @property
    def public_access(self) -> str:
        """The vault's `publicNetworkAccess`."""
        return "Enabled" if self._has_addresses else "Disabled"

    def rules(self) -> keyvault.NetworkRuleSetArgs:
        """The vault's `networkAcls`: nobody but the addresses, not even Azure's own services.

        Ranges are sorted, so that their order in a declaration changes nothing. Each is written
        with its prefix length, as Azure returns it.
        """
        allowed: list[pulumi.Input[str]] = []
        allowed += sorted({str(public_network(text)) for text in self.allowed_ranges})
        allowed += [pulumi.Output.concat(address, "/32") for address in self.nat_addresses]
        return keyvault.NetworkRuleSetArgs(
            default_action=keyvault.NetworkRuleAction.DENY,
            bypass=keyvault.NetworkRuleBypassOptions.NONE,
            ip_rules=[keyvault.IPRuleArgs(value=value) for value in allowed],
        )
