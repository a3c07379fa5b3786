"""A vault's firewall and private endpoints: from which addresses it can be called.

Microsoft Learn, "Network security for Azure Key Vault" and "Integrate Key Vault with Azure Private
Link". No caller of the sandbox is one of Azure's trusted services, so `bypass` lets nobody in; it
only changes the words of a refusal.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from sandbox.cloud import Cloud
from sandbox.dataplane.key_vault.caller import Caller
from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.dataplane.key_vault.vaults import Vault
from sandbox.store import Store

_ENDPOINT = "azure-native:network:PrivateEndpoint"
_SUBNET = "azure-native:network:Subnet"


def check(cloud: Cloud, vault: Vault, caller: Caller, client: str) -> None:
    """Whether `client` (an IP address) may call the vault. Raises VaultError (403).

    A caller in the virtual network of an approved private endpoint is let in by it, whatever the
    public rules; everybody else goes by `publicNetworkAccess` and then `networkAcls`.
    """
    address = ipaddress.ip_address(client)
    if any(address in network for network in _private(cloud.store, vault)):
        return
    rules = vault.properties.get("networkAcls") or {}
    if str(vault.properties.get("publicNetworkAccess", "")).lower() == "disabled":
        bypass = str(rules.get("bypass", "AzureServices")).lower() == "azureservices"
        raise VaultError.forbidden(
            f"{_DISABLED if bypass else _IGNORED}\r\nCaller: {caller.description}\r\n"
            f"Vault: {vault.place}",
            "ForbiddenByConnection",
        )
    if str(rules.get("defaultAction", "Allow")).lower() != "deny":
        return
    allowed = [ipaddress.ip_network(rule["value"], False) for rule in rules.get("ipRules") or []]
    subnets = (rule.get("id", "") for rule in rules.get("virtualNetworkRules") or [])
    allowed += [prefix for subnet in subnets for prefix in _prefixes(cloud.store, subnet)]
    if not any(address in network for network in allowed):
        raise VaultError.forbidden(
            "Client address is not authorized and caller is not a trusted service.\r\n"
            f"Client address: {client}\r\nCaller: {caller.description}\r\nVault: {vault.place}",
            "ForbiddenByFirewall",
        )


_DISABLED = (
    "Public network access is disabled and request is not from a trusted service nor via an"
    " approved private link."
)
_IGNORED = (
    "Connection is not an approved private link and caller was ignored because bypass is not set to"
    " 'AzureServices' and PublicNetworkAccess is set to 'Disabled'."
)
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _private(store: Store, vault: Vault) -> Iterator[_Network]:
    """The addresses of the virtual networks from which a private endpoint leads to the vault."""
    for endpoint in store.shared(_ENDPOINT):
        for connection in endpoint.body.get("privateLinkServiceConnections") or []:
            state = connection.get("privateLinkServiceConnectionState") or {}
            target = str(connection.get("privateLinkServiceId", "")).lower()
            if target == vault.id.lower() and state.get("status") == "Approved":
                yield from _prefixes(store, endpoint.body["subnet"]["id"].rsplit("/", 2)[0])


def _prefixes(store: Store, network_or_subnet: str) -> Iterator[_Network]:
    """The addresses of one subnet, or of every subnet of a network."""
    for subnet in store.shared(_SUBNET):
        if f"{subnet.id}/".lower().startswith(f"{network_or_subnet}/".lower()):
            yield ipaddress.ip_network(subnet.body["addressPrefix"])
