"""What Resource Manager asks of every resource: where it is, and its tags."""

from __future__ import annotations

import pytest

from sandbox import world
from tests.sandbox.controlplane.rig import (
    CREDENTIAL,
    GROUP,
    IDENTITY,
    VAULT,
    Clouds,
    Refused,
    vault,
)


@pytest.fixture(autouse=True)
def group(clouds: Clouds) -> None:
    clouds.azure.create(GROUP, {"resourceGroupName": "group"})


def test_an_unknown_location_is_refused_with_the_known_ones(clouds: Clouds) -> None:
    with pytest.raises(Refused) as refused:
        clouds.azure.create(VAULT, {**vault(), "location": "Middle Earth"})
    assert (
        'Status=400 Code="LocationNotAvailableForResourceType" Message="The provided location'
        " 'middleearth' is not available for resource type 'Microsoft.KeyVault/vaults'. List of"
        " available regions for the resource type is 'australiacentral,"
    ) in str(refused.value)


@pytest.mark.parametrize("location", ["mars", "global"])
def test_a_groups_location_is_a_region(clouds: Clouds, location: str) -> None:
    with pytest.raises(Refused, match='Code="LocationNotAvailableForResourceGroup"'):
        clouds.azure.create(GROUP, {"resourceGroupName": "other", "location": location})


def test_a_location_comes_back_normalised_and_its_spelling_is_no_change(clouds: Clouds) -> None:
    inputs = {**vault(), "location": "West Europe"}
    made = clouds.azure.create(VAULT, inputs)
    assert made["location"] == "westeurope"
    refreshed = clouds.azure.read(made)
    assert refreshed is not None
    assert refreshed.inputs == made.inputs
    for spelling in ("westeurope", "WestEurope", "West Europe"):
        assert clouds.azure.diff(made, {**inputs, "location": spelling}).changed == set()
    clouds.azure.update(made, {**inputs, "location": "westeurope", "tags": {"a": "b"}})
    assert made["tags"] == {"a": "b"}


def test_an_import_is_no_change_of_the_api_version(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault())
    imported = clouds.azure.import_(VAULT, made.id)
    assert imported is not None
    assert "azureApiVersion" not in imported.inputs
    given = {**vault(), "location": "westeurope"}
    assert "azureApiVersion" not in clouds.azure.diff(imported, given).changed


def test_an_import_leaves_empty_collections_out(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault())
    imported = clouds.azure.import_(VAULT, made.id)
    assert imported is not None
    assert "tags" not in imported.inputs
    assert "accessPolicies" not in imported.inputs["properties"]


def test_a_childs_default_name_is_the_resources_own(clouds: Clouds) -> None:
    trust = {"resourceGroupName": "group", "resourceName": "reader", "issuer": "https://a.example"}
    inputs = {**trust, "subject": "1", "audiences": [world.EXCHANGE_AUDIENCE]}
    checked = clouds.azure.check(CREDENTIAL, "trust", inputs)
    assert checked["federatedIdentityCredentialResourceName"] == "trust"
    assert "__createBeforeDelete" not in checked
    assert "__createBeforeDelete" in clouds.azure.check(
        IDENTITY, "reader", {"resourceGroupName": "group"}
    )


_FIFTY = {f"t{n}": "v" for n in range(50)}


@pytest.mark.parametrize(
    "tags", [_FIFTY, {"n" * 512: ""}, {"n": "v" * 256}, {"ünï code:._-": "<any & value?>"}]
)
def test_tags_within_azures_limits_are_taken(clouds: Clouds, tags: dict[str, str]) -> None:
    assert clouds.azure.create(VAULT, {**vault(), "tags": tags})["tags"] == tags


@pytest.mark.parametrize(
    "tags",
    [
        {**_FIFTY, "one-more": "v"},
        {"n" * 513: "v"},
        {"": "v"},
        {"n": "v" * 257},
        {"Owner": "a", "owner": "b"},
        *({f"a{c}b": "v"} for c in "<>%&\\?/\n"),
    ],
)
def test_tags_beyond_azures_limits_are_refused(clouds: Clouds, tags: dict[str, str]) -> None:
    with pytest.raises(Refused, match=r'Status=400 Code="\w*Tag'):
        clouds.azure.create(VAULT, {**vault(), "tags": tags})
    made = clouds.azure.create(VAULT, vault())
    with pytest.raises(Refused, match=r'Status=400 Code="\w*Tag'):
        clouds.azure.update(made, {**vault(), "tags": tags})
