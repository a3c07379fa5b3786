"""Resource groups, identities, workspaces and what every azure-native type keeps."""

from __future__ import annotations

import re

import pytest

from sandbox import world
from sandbox.controlplane.values import UNKNOWN
from tests.sandbox.controlplane.rig import (
    ASSIGNMENT,
    CREDENTIAL,
    GROUP,
    IDENTITY,
    SECRETS_USER,
    VAULT,
    WORKSPACE,
    Clouds,
    Refused,
    credential,
    vault,
)


@pytest.fixture(autouse=True)
def group(clouds: Clouds) -> None:
    clouds.azure.create(GROUP, {"resourceGroupName": "group"})


def test_creating_what_exists_is_refused_by_its_id(clouds: Clouds) -> None:
    made = clouds.azure.create(IDENTITY, {"resourceGroupName": "group", "resourceName": "reader"})
    with pytest.raises(Refused, match=f"(?i)cannot create already existing resource '{made.id}'"):
        clouds.azure.create(IDENTITY, {"resourceGroupName": "GROUP", "resourceName": "READER"})


def test_unknown_resource_group_is_refused(clouds: Clouds) -> None:
    with pytest.raises(Refused, match='Status=404 Code="ResourceGroupNotFound"'):
        clouds.azure.create(VAULT, vault(group="nowhere"))


def test_unknown_subscription_is_refused(clouds: Clouds) -> None:
    elsewhere = clouds.launch(
        "azure-native", settings={"subscriptionId": "other", "location": "westeurope"}
    )
    with pytest.raises(Refused, match=r"Code=\"SubscriptionNotFound\".*'other'"):
        elsewhere.create(GROUP, {"resourceGroupName": "g"})


def test_missing_subscription_is_refused_with_how_to_set_it(clouds: Clouds) -> None:
    bare = clouds.launch("azure-native", settings={"location": "westeurope"})
    with pytest.raises(Refused, match="pulumi config set azure-native:subscriptionId"):
        bare.create(GROUP, {"resourceGroupName": "g"})


def test_location_comes_from_the_configuration_then_from_the_group(clouds: Clouds) -> None:
    clouds.azure.create(GROUP, {"resourceGroupName": "north", "location": "northeurope"})
    bare = clouds.launch("azure-native", settings={"subscriptionId": world.SUBSCRIPTION_ID})
    made = bare.create(IDENTITY, {"resourceGroupName": "north", "resourceName": "reader"})
    assert made["location"] == "northeurope"
    configured = clouds.azure.create(
        IDENTITY, {"resourceGroupName": "north", "resourceName": "b-1"}
    )
    assert configured["location"] == "westeurope"
    unknown = bare.check(IDENTITY, "it", {"resourceGroupName": UNKNOWN})
    assert unknown["location"] is UNKNOWN


def test_missing_location_is_refused_with_how_to_set_it(clouds: Clouds) -> None:
    bare = clouds.launch("azure-native", settings={"subscriptionId": world.SUBSCRIPTION_ID})
    with pytest.raises(
        Refused, match=r"missing required property 'location'.*azure-native:location"
    ):
        bare.create(GROUP, {"resourceGroupName": "g"})


def test_default_name_is_stable_and_creates_before_it_deletes(clouds: Clouds) -> None:
    inputs = {"resourceGroupName": "group"}
    first = clouds.azure.check(IDENTITY, "reader", inputs)
    assert re.fullmatch("reader[0-9a-f]{8}", first["resourceName"])
    assert clouds.azure.check(IDENTITY, "reader", inputs) == first
    assert (
        clouds.azure.check(IDENTITY, "renamed", inputs, first)["resourceName"]
        == (first["resourceName"])
    )
    made = clouds.azure.create(IDENTITY, inputs)
    moved = clouds.azure.diff(made, {**inputs, "location": "northeurope"})
    assert (moved.replaced, moved.deletes_first) == ({"location"}, False)


def test_explicit_name_deletes_first(clouds: Clouds) -> None:
    inputs = {"resourceGroupName": "group", "resourceName": "reader"}
    made = clouds.azure.create(IDENTITY, inputs)
    moved = clouds.azure.diff(made, {**inputs, "location": "northeurope"})
    assert (moved.replaced, moved.deletes_first) == ({"location"}, True)


def test_recreated_identity_is_another_principal(clouds: Clouds) -> None:
    inputs = {"resourceGroupName": "group", "resourceName": "reader"}
    first = clouds.azure.create(IDENTITY, inputs)
    clouds.azure.delete(first)
    second = clouds.azure.create(IDENTITY, inputs)
    assert first["principalId"] != second["principalId"]
    assert first["clientId"] != second["clientId"]


def test_update_keeps_what_the_cloud_made(clouds: Clouds) -> None:
    inputs = {"resourceGroupName": "group", "resourceName": "reader"}
    made = clouds.azure.create(IDENTITY, inputs)
    before = made["principalId"]
    clouds.azure.update(made, {**inputs, "tags": {"a": "b"}})
    assert (made["principalId"], made["tags"]) == (before, {"a": "b"})


def test_an_updates_preview_knows_inputs_name_and_location_only(clouds: Clouds) -> None:
    inputs = {"resourceGroupName": "group", "resourceName": "reader"}
    made = clouds.azure.create(IDENTITY, inputs)
    preview = clouds.azure.update(made, {**inputs, "tags": {"a": "b"}}, preview=True)
    given = {"name": "reader", "location": "westeurope", "tags": {"a": "b"}}
    assert {name: preview[name] for name in given} == given
    assert preview["principalId"] is UNKNOWN
    stored = clouds.azure.read(made)
    assert stored is not None
    assert stored["tags"] == {}


def test_identitys_credentials_go_with_it(clouds: Clouds) -> None:
    identity = clouds.azure.create(
        IDENTITY, {"resourceGroupName": "group", "resourceName": "reader"}
    )
    trust = clouds.azure.create(CREDENTIAL, credential())
    clouds.azure.delete(identity)
    assert clouds.azure.read(trust) is None


def test_deleting_a_group_deletes_what_is_in_it_and_soft_deletes_vaults(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault())
    group = clouds.azure.import_(GROUP, f"{world.SUBSCRIPTION}/resourceGroups/group")
    assert group is not None
    clouds.azure.delete(group)
    assert clouds.azure.read(made) is None
    clouds.azure.create(GROUP, {"resourceGroupName": "group"})
    with pytest.raises(Refused, match="already exists in deleted state"):
        clouds.azure.create(VAULT, vault())


def test_delete_of_what_is_gone_succeeds(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault())
    clouds.azure.delete(made)
    clouds.azure.delete(made)


def test_id_of_another_type_is_not_found(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault())
    assert clouds.azure.import_(GROUP, made.id) is None


def test_drift_in_the_cloud_shows_in_a_refresh(clouds: Clouds) -> None:
    inputs = {"resourceGroupName": "group", "resourceName": "reader"}
    made = clouds.azure.create(IDENTITY, inputs)
    other = clouds.azure.import_(IDENTITY, made.id)
    assert other is not None
    clouds.azure.update(other, {**inputs, "tags": {"drift": "yes"}})
    refreshed = clouds.azure.read(made)
    assert refreshed is not None
    assert refreshed.inputs["tags"] == {"drift": "yes"}
    assert {k: v for k, v in refreshed.inputs.items() if k != "tags"} == made.inputs


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (WORKSPACE, {"workspaceName": "a"}),
        (WORKSPACE, {"workspaceName": "logs", "retentionInDays": 3}),
        (WORKSPACE, {"workspaceName": "logs", "sku": {"name": "Gold"}}),
        (IDENTITY, {"resourceName": "-a"}),
    ],
)
def test_what_azure_calls_invalid_is_refused(
    clouds: Clouds, token: str, inputs: dict[str, object]
) -> None:
    with pytest.raises(Refused, match='Status=400 Code="InvalidParameter"'):
        clouds.azure.create(token, {"resourceGroupName": "group", **inputs})


def test_credential_is_unique_by_issuer_and_subject(clouds: Clouds) -> None:
    clouds.azure.create(IDENTITY, {"resourceGroupName": "group", "resourceName": "reader"})
    clouds.azure.create(CREDENTIAL, credential("one"))
    with pytest.raises(Refused, match=r"Status=409.*Issuer and subject combination already exists"):
        clouds.azure.create(CREDENTIAL, credential("two"))
    clouds.azure.create(CREDENTIAL, credential("two", subject="2"))


def test_identity_takes_twenty_credentials(clouds: Clouds) -> None:
    clouds.azure.create(IDENTITY, {"resourceGroupName": "group", "resourceName": "reader"})
    for number in range(20):
        clouds.azure.create(CREDENTIAL, credential(f"trust-{number}", subject=str(number)))
    with pytest.raises(Refused, match="limit of 20"):
        clouds.azure.create(CREDENTIAL, credential("trust-20", subject="20"))


@pytest.mark.parametrize(
    "change",
    [
        {"federatedIdentityCredentialResourceName": "ab"},
        {"federatedIdentityCredentialResourceName": "-abc"},
        {"audiences": []},
        {"audiences": ["a", "b"]},
        {"issuer": "http://accounts.google.com"},
        {"subject": ""},
    ],
)
def test_bad_credential_is_refused(clouds: Clouds, change: dict[str, object]) -> None:
    clouds.azure.create(IDENTITY, {"resourceGroupName": "group", "resourceName": "reader"})
    with pytest.raises(Refused, match="Status=400"):
        clouds.azure.create(CREDENTIAL, credential(**change))  # type: ignore[arg-type]  # names too


def test_credential_needs_its_identity(clouds: Clouds) -> None:
    with pytest.raises(
        Refused, match=r"ParentResourceNotFound.*Parent resource 'reader' not found"
    ):
        clouds.azure.create(CREDENTIAL, credential())


def test_credentials_trust_changes_in_place(clouds: Clouds) -> None:
    clouds.azure.create(IDENTITY, {"resourceGroupName": "group", "resourceName": "reader"})
    made = clouds.azure.create(CREDENTIAL, credential())
    changed = clouds.azure.diff(made, credential(subject="2", issuer="https://other.example.com"))
    assert (changed.changed, changed.replaced) == ({"subject", "issuer"}, set())


def test_deleting_a_vault_takes_its_grants(clouds: Clouds) -> None:
    identity = clouds.azure.create(
        IDENTITY, {"resourceGroupName": "group", "resourceName": "reader"}
    )
    made = clouds.azure.create(VAULT, vault())
    grant = clouds.azure.create(
        ASSIGNMENT,
        {
            "scope": made.id,
            "principalId": identity["principalId"],
            "principalType": "ServicePrincipal",
            "roleDefinitionId": SECRETS_USER,
        },
    )
    clouds.azure.delete(made)
    assert clouds.azure.read(grant) is None
