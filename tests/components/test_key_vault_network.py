"""From where a vault can be reached: its firewall, its private endpoint, its names in DNS."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.vault.dns_zone import VaultDnsZone, VaultDnsZoneArgs
from components.vault.key_vault import KeyVault, KeyVaultArgs
from components.vault.network import PrivateEndpoint, VaultNetwork
from tests.components.recording import Recording, record

_GROUP = "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/platform"
NETWORK = f"{_GROUP}/providers/Microsoft.Network/virtualNetworks/hub"
SUBNET = f"{NETWORK}/subnets/endpoints"
ZONE = f"{_GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net"


def _made(network: VaultNetwork, preview: bool = False, name: str = "kv-alpha-x") -> Recording:
    args = KeyVaultArgs("alpha", "g", "westeurope", "t", {"a": "b"}, name=name, network=network)
    return record(lambda: KeyVault("alpha", args), preview=preview)


def _properties(network: VaultNetwork) -> dict[str, Any]:
    properties: dict[str, Any] = _made(network).one("Vault").inputs["properties"]
    return properties


def test_without_a_network_there_is_no_firewall(preview: bool) -> None:
    args = KeyVaultArgs("alpha", "g", "westeurope", "t", {})
    vault = record(lambda: KeyVault("alpha", args), preview=preview).one("Vault")
    assert vault.inputs["properties"]["publicNetworkAccess"] == "Enabled"
    assert "networkAcls" not in vault.inputs["properties"]


def test_only_ranges_and_the_gateways_addresses_get_in_each_with_its_prefix(preview: bool) -> None:
    ranges = ["203.0.113.7", "198.51.100.0/24", "203.0.113.7/32"]

    def program() -> None:
        network = VaultNetwork(ranges, [pulumi.Output.from_input("192.0.2.9")])
        KeyVault("alpha", KeyVaultArgs("alpha", "g", "westeurope", "t", {}, network=network))

    vault = record(program, preview=preview).one("Vault").inputs["properties"]
    assert vault["publicNetworkAccess"] == "Enabled"
    assert vault["networkAcls"] == {
        "defaultAction": "Deny",
        "bypass": "None",
        "ipRules": [
            {"value": "198.51.100.0/24"},
            {"value": "203.0.113.7/32"},
            {"value": "192.0.2.9/32"},
        ],
    }


def test_the_order_of_ranges_changes_nothing() -> None:
    ranges = ["203.0.113.7/32", "198.51.100.0/24"]
    assert _properties(VaultNetwork(ranges)) == _properties(VaultNetwork(ranges[::-1]))


def test_a_private_endpoint_alone_switches_public_access_off() -> None:
    properties = _properties(VaultNetwork(private_endpoint=PrivateEndpoint(SUBNET, ZONE)))
    assert properties["publicNetworkAccess"] == "Disabled"
    assert properties["networkAcls"] == {"defaultAction": "Deny", "bypass": "None", "ipRules": []}


def test_a_private_endpoint_beside_addresses_leaves_them_in() -> None:
    endpoint = PrivateEndpoint(SUBNET, ZONE)
    properties = _properties(VaultNetwork(["198.51.100.0/24"], private_endpoint=endpoint))
    assert properties["publicNetworkAccess"] == "Enabled"
    assert properties["networkAcls"]["defaultAction"] == "Deny"


@pytest.mark.parametrize("wrong", ["10.1.2.0/24", "203.0.113.7/24", "2001:db8::/32", "anywhere"])
def test_a_range_that_is_not_public_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no public IPv4 range"):
        VaultNetwork([wrong])


def test_a_network_that_lets_nobody_in_is_refused() -> None:
    with pytest.raises(ValueError, match="lets nobody in"):
        VaultNetwork()


def test_what_is_no_subnet_is_refused() -> None:
    with pytest.raises(ValueError, match="is no subnet id"):
        PrivateEndpoint(NETWORK, ZONE)


def test_an_endpoint_leads_to_the_vault_and_is_found_by_its_name(preview: bool) -> None:
    recording = _made(VaultNetwork(private_endpoint=PrivateEndpoint(SUBNET, ZONE)), preview)
    vault, endpoint = recording.one("Vault"), recording.one("PrivateEndpoint")
    group = recording.one("PrivateDnsZoneGroup")
    (connection,) = endpoint.inputs["privateLinkServiceConnections"]
    assert endpoint.inputs["subnet"] == {"id": SUBNET}
    assert endpoint.inputs["location"] == "westeurope"
    assert connection["groupIds"] == ["vault"]
    assert endpoint.property_dependencies["privateLinkServiceConnections"] == {vault.urn}
    assert group.property_dependencies["privateEndpointName"] == {endpoint.urn}
    assert group.inputs["privateDnsZoneConfigs"] == [{"name": "vault", "privateDnsZoneId": ZONE}]
    for made in (endpoint, group):
        assert made.options.deleteBeforeReplaceDefined
        assert not made.options.deleteBeforeReplace


def _endpoint_name(subnet: str, vault: str) -> str:
    network = VaultNetwork(private_endpoint=PrivateEndpoint(subnet, ZONE))
    return str(_made(network, name=vault).one("PrivateEndpoint").inputs["privateEndpointName"])


def test_an_endpoint_has_another_name_in_another_subnet_or_for_another_vault() -> None:
    name = _endpoint_name(SUBNET, "kv-alpha-x")
    assert _endpoint_name(SUBNET.replace("hub", "HUB"), "kv-alpha-x") == name
    assert _endpoint_name(f"{SUBNET}-2", "kv-alpha-x") != name
    assert _endpoint_name(SUBNET, "kv-alpha-y") != name


def _zone(*subnets: str) -> None:
    zone = VaultDnsZone("vaults", VaultDnsZoneArgs("g", subnets, {"a": "b"}))
    pulumi.export("zone", zone.zone_id)


def test_the_zone_is_linked_once_to_each_network(preview: bool) -> None:
    other = SUBNET.replace("/hub/", "/spoke/")
    subnets = (f"{SUBNET}-2", other, SUBNET, SUBNET.replace("hub", "HUB"))
    recording = record(lambda: _zone(*subnets), preview=preview)
    zone, links = recording.one("PrivateZone"), recording.of("VirtualNetworkLink")
    assert zone.inputs["privateZoneName"] == "privatelink.vaultcore.azure.net"
    assert zone.inputs["location"] == "global"
    linked = [link.inputs["virtualNetwork"]["id"].lower() for link in links]
    assert sorted(linked) == sorted(n.lower().rsplit("/", 2)[0] for n in (SUBNET, other))
    for link in links:
        assert link.inputs["registrationEnabled"] is False
        assert link.name == f"vaults-{link.inputs['virtualNetworkLinkName']}"


def test_networks_of_one_name_in_two_groups_have_links_of_two_names() -> None:
    other = SUBNET.replace("/platform/", "/elsewhere/")
    links = record(lambda: _zone(SUBNET, other), preview=False).of("VirtualNetworkLink")
    assert len({link.inputs["virtualNetworkLinkName"] for link in links}) == 2


def test_a_link_keeps_its_name_whatever_other_subnets_there_are() -> None:
    alone = record(lambda: _zone(SUBNET), preview=False).of("VirtualNetworkLink")
    other = SUBNET.replace("/hub/", "/a-spoke/")
    among = record(lambda: _zone(other, SUBNET), preview=False).of("VirtualNetworkLink")
    assert alone[0].inputs in [link.inputs for link in among]
