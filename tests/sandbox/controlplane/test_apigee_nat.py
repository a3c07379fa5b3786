"""Static egress addresses."""

from __future__ import annotations

import ipaddress

import pytest

from tests.sandbox.controlplane.rig import NAT_ADDRESS, ORGANIZATION, Clouds, Plain, Refused

_INPUTS: Plain = {"instanceId": f"{ORGANIZATION}/instances/europe-west1", "name": "nat-1"}


def test_address_is_only_reserved_unless_activation_is_asked_for(clouds: Clouds) -> None:
    made = clouds.gcp.create(NAT_ADDRESS, _INPUTS)
    assert (made["state"], made["activate"]) == ("RESERVED", False)
    active = clouds.gcp.create(NAT_ADDRESS, {**_INPUTS, "name": "nat-2", "activate": True})
    assert (active["state"], active["activate"]) == ("ACTIVE", True)


def test_addresses_differ_and_belong_to_nobody(clouds: Clouds) -> None:
    names = ("nat-1", "nat-2", "nat-3")
    found = {clouds.gcp.create(NAT_ADDRESS, {**_INPUTS, "name": n})["ipAddress"] for n in names}
    assert len(found) == len(names)
    documentation = ipaddress.ip_network("203.0.113.0/24")
    assert all(ipaddress.ip_address(address) in documentation for address in found)


def test_activation_is_an_update_that_keeps_the_address(clouds: Clouds) -> None:
    made = clouds.gcp.create(NAT_ADDRESS, _INPUTS)
    address = made["ipAddress"]
    active = {**_INPUTS, "activate": True}
    assert clouds.gcp.diff(made, active).replaced == set()
    clouds.gcp.update(made, active)
    assert (made["state"], made["ipAddress"]) == ("ACTIVE", address)


@pytest.mark.parametrize("after", [_INPUTS, {**_INPUTS, "activate": False}])
def test_activation_cannot_be_taken_back(clouds: Clouds, after: Plain) -> None:
    made = clouds.gcp.create(NAT_ADDRESS, {**_INPUTS, "activate": True})
    assert clouds.gcp.diff(made, after).changed == {"activate"}
    with pytest.raises(Refused, match="allows only the activation action"):
        clouds.gcp.update(made, after)
    kept = clouds.gcp.read(made)
    assert kept is not None
    assert kept["state"] == "ACTIVE"


def test_deleted_address_is_free_again(clouds: Clouds) -> None:
    made = clouds.gcp.create(NAT_ADDRESS, {**_INPUTS, "activate": True})
    clouds.gcp.delete(made)
    assert clouds.gcp.create(NAT_ADDRESS, _INPUTS)["ipAddress"] == made["ipAddress"]


def test_addresss_name_has_at_most_20_characters(clouds: Clouds) -> None:
    clouds.gcp.create(NAT_ADDRESS, {**_INPUTS, "name": "n" * 20})
    with pytest.raises(Refused, match="at most 20 characters"):
        clouds.gcp.create(NAT_ADDRESS, {**_INPUTS, "name": "n" * 21})


def test_address_needs_its_instance(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="Error 404"):
        clouds.gcp.create(NAT_ADDRESS, {**_INPUTS, "instanceId": f"{ORGANIZATION}/instances/none"})


def test_addresses_run_out(clouds: Clouds) -> None:
    first = clouds.gcp.create(NAT_ADDRESS, _INPUTS)
    for last in range(2, 255):
        clouds.cloud.store.insert(
            NAT_ADDRESS, f"{first.id}-{last}", {"ipAddress": f"203.0.113.{last}"}, 0
        )
    with pytest.raises(Refused, match="no NAT address is left"):
        clouds.gcp.create(NAT_ADDRESS, {**_INPUTS, "name": "one-more"})
