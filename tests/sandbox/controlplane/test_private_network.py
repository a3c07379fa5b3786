"""Private endpoints to vaults, and the zones that lead to them."""

from __future__ import annotations

import pytest

from sandbox import world
from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.rig import Clouds, Deployed, Plain, Refused

_ZONE_NAME = "privatelink.vaultcore.azure.net"


@pytest.fixture
def vault(clouds: Clouds) -> Deployed:
    clouds.azure.create(rig.GROUP, {"resourceGroupName": "group"})
    return clouds.azure.create(rig.VAULT, rig.vault(publicNetworkAccess="disabled"))


def _endpoint(vault: Deployed, name: str = "to-vault", **change: object) -> Plain:
    connection = {"name": "vault", "privateLinkServiceId": vault.id, "groupIds": ["vault"]}
    return {
        "resourceGroupName": "group",
        "privateEndpointName": name,
        "subnet": {"id": world.SUBNET},
        "privateLinkServiceConnections": [connection],
        **change,
    }


def _connection(vault: Deployed, **change: object) -> list[Plain]:
    return [{"privateLinkServiceId": vault.id, "groupIds": ["vault"], **change}]


def _zone(clouds: Clouds, group: str = "group") -> Deployed:
    inputs = {"resourceGroupName": group, "privateZoneName": _ZONE_NAME, "location": "Global"}
    return clouds.azure.create(rig.ZONE, inputs)


def _link(name: str = "platform", **change: object) -> Plain:
    return {
        "resourceGroupName": "group",
        "privateZoneName": _ZONE_NAME,
        "virtualNetworkLinkName": name,
        "location": "global",
        "virtualNetwork": {"id": world.NETWORK},
        **change,
    }


def _zone_group(zone: Deployed, name: str = "default") -> Plain:
    return {
        "resourceGroupName": "group",
        "privateEndpointName": "to-vault",
        "privateDnsZoneGroupName": name,
        "privateDnsZoneConfigs": [{"name": "vault", "privateDnsZoneId": zone.id}],
    }


def test_an_endpoint_is_approved_and_gets_an_address_of_its_subnet(
    clouds: Clouds, vault: Deployed
) -> None:
    made = clouds.azure.create(rig.ENDPOINT, _endpoint(vault))
    state = made["privateLinkServiceConnections"][0]["privateLinkServiceConnectionState"]
    assert state["status"] == "Approved"
    assert made["customDnsConfigs"] == [
        {"fqdn": "kv-alpha.vault.azure.net", "ipAddresses": ["10.20.0.4"]}
    ]
    assert "/networkInterfaces/to-vault.nic." in made["networkInterfaces"][0]["id"]
    second = clouds.azure.create(rig.ENDPOINT, _endpoint(vault, "second"))
    assert second["customDnsConfigs"][0]["ipAddresses"] == ["10.20.0.5"]
    clouds.azure.delete(made)
    third = clouds.azure.create(rig.ENDPOINT, _endpoint(vault, "third"))
    assert third["customDnsConfigs"][0]["ipAddresses"] == ["10.20.0.4"]


def test_the_vault_shows_its_connections(clouds: Clouds, vault: Deployed) -> None:
    assert vault["properties"]["privateEndpointConnections"] == []
    made = clouds.azure.create(rig.ENDPOINT, _endpoint(vault))
    seen = clouds.azure.read(vault)
    assert seen is not None
    (connection,) = seen["properties"]["privateEndpointConnections"]
    assert connection["privateEndpoint"]["id"] == made.id
    assert connection["privateLinkServiceConnectionState"]["status"] == "Approved"
    clouds.azure.delete(made)
    gone = clouds.azure.read(vault)
    assert gone is not None
    assert gone["properties"]["privateEndpointConnections"] == []


def test_a_deleted_vaults_endpoint_stays_and_leads_nowhere(clouds: Clouds, vault: Deployed) -> None:
    made = clouds.azure.create(rig.ENDPOINT, _endpoint(vault))
    clouds.azure.delete(vault)
    seen = clouds.azure.read(made)
    assert seen is not None
    state = seen["privateLinkServiceConnections"][0]["privateLinkServiceConnectionState"]
    assert state["status"] == "Disconnected"
    again = clouds.azure.create(rig.VAULT, rig.vault(createMode="recover"))
    assert again["properties"]["privateEndpointConnections"] == []


@pytest.mark.parametrize("subnet", [f"{world.SUBNET}-other", ""])
def test_the_subnet_must_exist(clouds: Clouds, vault: Deployed, subnet: str) -> None:
    with pytest.raises(Refused, match=r'Status=400 Code="InvalidResourceReference".*same region'):
        clouds.azure.create(rig.ENDPOINT, _endpoint(vault, subnet={"id": subnet}))


def test_endpoint_and_network_are_in_one_region(clouds: Clouds, vault: Deployed) -> None:
    with pytest.raises(Refused, match='Code="InvalidResourceReference"'):
        clouds.azure.create(rig.ENDPOINT, _endpoint(vault, location="northeurope"))


def test_another_subnet_is_another_endpoint_delete_first(clouds: Clouds, vault: Deployed) -> None:
    made = clouds.azure.create(rig.ENDPOINT, _endpoint(vault))
    moved = clouds.azure.diff(made, _endpoint(vault, subnet={"id": f"{world.SUBNET}-b"}))
    assert (moved.replaced, moved.deletes_first) == ({"subnet"}, True)


def test_the_target_must_exist_and_its_group_is_vault(clouds: Clouds, vault: Deployed) -> None:
    nowhere = _connection(vault, privateLinkServiceId=f"{vault.id}-none")
    with pytest.raises(Refused, match='Code="ResourceNotFound"'):
        clouds.azure.create(rig.ENDPOINT, _endpoint(vault, privateLinkServiceConnections=nowhere))
    for groups in ([], ["blob"], ["vault", "vault"]):
        bad = _connection(vault, groupIds=groups)
        with pytest.raises(Refused, match="group id 'vault'"):
            clouds.azure.create(rig.ENDPOINT, _endpoint(vault, privateLinkServiceConnections=bad))


def test_the_target_of_an_endpoint_stays(clouds: Clouds, vault: Deployed) -> None:
    other = clouds.azure.create(rig.VAULT, rig.vault("kv-beta"))
    made = clouds.azure.create(rig.ENDPOINT, _endpoint(vault))
    with pytest.raises(Refused, match="another target"):
        clouds.azure.update(made, _endpoint(other))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ipConfigurations", [{"name": "fixed"}]),
        ("manualPrivateLinkServiceConnections", [{"name": "manual"}]),
        ("applicationSecurityGroups", [{"id": "x"}]),
    ],
)
def test_what_the_sandbox_has_not_is_refused_by_name(
    clouds: Clouds, vault: Deployed, name: str, value: object
) -> None:
    with pytest.raises(Refused, match=f"have no {name}"):
        clouds.azure.create(rig.ENDPOINT, {**_endpoint(vault), name: value})


def test_a_lock_on_the_vault_holds_for_its_endpoints(clouds: Clouds, vault: Deployed) -> None:
    made = clouds.azure.create(rig.ENDPOINT, _endpoint(vault))
    clouds.azure.create(rig.LOCK, {"scope": vault.id, "level": "ReadOnly"})
    with pytest.raises(Refused, match=r"ScopeLocked.*privateEndpointConnectionProxies"):
        clouds.azure.delete(made)
    with pytest.raises(Refused, match="ScopeLocked"):
        clouds.azure.create(rig.ENDPOINT, _endpoint(vault, "second"))


def test_a_zone_is_global_and_a_regions_default_is_refused(clouds: Clouds, vault: Deployed) -> None:
    assert _zone(clouds)["location"] == "global"
    inputs = {"resourceGroupName": "group", "privateZoneName": "other.example.com"}
    with pytest.raises(
        Refused, match=r"LocationNotAvailableForResourceType.*'westeurope'.*'global'"
    ):
        clouds.azure.create(rig.ZONE, inputs)


@pytest.mark.parametrize("name", ["single", "a..b", "-a.b", ".".join("a" * 35), "a" * 64 + ".b"])
def test_a_bad_zone_name_is_refused(clouds: Clouds, vault: Deployed, name: str) -> None:
    inputs = {"resourceGroupName": "group", "privateZoneName": name, "location": "global"}
    with pytest.raises(Refused, match="Status=400"):
        clouds.azure.create(rig.ZONE, inputs)


def test_a_zone_group_puts_the_vaults_record_into_the_zone(clouds: Clouds, vault: Deployed) -> None:
    zone = _zone(clouds)
    clouds.azure.create(rig.ENDPOINT, _endpoint(vault))
    made = clouds.azure.create(rig.ZONE_GROUP, _zone_group(zone))
    (record,) = made["privateDnsZoneConfigs"][0]["recordSets"]
    assert (record["recordType"], record["fqdn"]) == ("A", f"kv-alpha.{_ZONE_NAME}")
    assert record["ipAddresses"] == ["10.20.0.4"]
    seen = clouds.azure.read(zone)
    assert seen is not None
    assert (zone["numberOfRecordSets"], seen["numberOfRecordSets"]) == (1, 2)


def test_a_zone_group_needs_its_endpoint_and_its_zone_and_is_the_only_one(
    clouds: Clouds, vault: Deployed
) -> None:
    zone = _zone(clouds)
    with pytest.raises(Refused, match=r'Code="ParentResourceNotFound".*to-vault'):
        clouds.azure.create(rig.ZONE_GROUP, _zone_group(zone))
    endpoint = clouds.azure.create(rig.ENDPOINT, _endpoint(vault))
    made = clouds.azure.create(rig.ZONE_GROUP, _zone_group(zone))
    with pytest.raises(Refused, match="can be only one"):
        clouds.azure.create(rig.ZONE_GROUP, _zone_group(zone, "second"))
    clouds.azure.delete(made)
    clouds.azure.delete(zone)
    with pytest.raises(Refused, match='Code="ResourceNotFound"'):
        clouds.azure.create(rig.ZONE_GROUP, _zone_group(zone))
    clouds.azure.delete(endpoint)


def test_an_endpoint_takes_its_zone_group_with_it(clouds: Clouds, vault: Deployed) -> None:
    zone = _zone(clouds)
    endpoint = clouds.azure.create(rig.ENDPOINT, _endpoint(vault))
    made = clouds.azure.create(rig.ZONE_GROUP, _zone_group(zone))
    clouds.azure.delete(endpoint)
    assert clouds.azure.read(made) is None


def test_a_zone_with_links_cannot_be_deleted(clouds: Clouds, vault: Deployed) -> None:
    zone = _zone(clouds)
    link = clouds.azure.create(rig.ZONE_LINK, _link())
    seen = clouds.azure.read(zone)
    assert seen is not None
    assert seen["numberOfVirtualNetworkLinks"] == 1
    with pytest.raises(Refused, match=f'Status=409 Code="CannotDeleteResource".*{link.id}'):
        clouds.azure.delete(zone)
    clouds.azure.delete(link)
    clouds.azure.delete(zone)


def test_a_group_takes_zones_links_and_endpoints_with_it(clouds: Clouds, vault: Deployed) -> None:
    zone = _zone(clouds)
    made = [
        clouds.azure.create(rig.ZONE_LINK, _link()),
        clouds.azure.create(rig.ENDPOINT, _endpoint(vault)),
        clouds.azure.create(rig.ZONE_GROUP, _zone_group(zone)),
        zone,
    ]
    group = clouds.azure.import_(rig.GROUP, f"{world.SUBSCRIPTION}/resourceGroups/group")
    assert group is not None
    clouds.azure.delete(group)
    assert [clouds.azure.read(each) for each in made] == [None] * 4


def test_a_network_sees_one_zone_of_a_name(clouds: Clouds, vault: Deployed) -> None:
    _zone(clouds)
    clouds.azure.create(rig.ZONE_LINK, _link())
    with pytest.raises(Refused, match="overlapping namespaces"):
        clouds.azure.create(rig.ZONE_LINK, _link("again"))
    clouds.azure.create(rig.GROUP, {"resourceGroupName": "other"})
    _zone(clouds, "other")
    with pytest.raises(Refused, match="overlapping namespaces"):
        clouds.azure.create(rig.ZONE_LINK, _link(resourceGroupName="other"))


def test_a_link_needs_its_zone_and_its_network(clouds: Clouds, vault: Deployed) -> None:
    with pytest.raises(Refused, match='Code="ParentResourceNotFound"'):
        clouds.azure.create(rig.ZONE_LINK, _link())
    _zone(clouds)
    with pytest.raises(Refused, match='Code="ResourceNotFound"'):
        clouds.azure.create(rig.ZONE_LINK, _link(virtualNetwork={"id": f"{world.NETWORK}-other"}))
    with pytest.raises(Refused, match="'virtualNetwork' of the link is missing"):
        clouds.azure.create(rig.ZONE_LINK, _link(virtualNetwork={}))
