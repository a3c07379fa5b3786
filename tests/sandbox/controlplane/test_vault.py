"""Vaults: names, soft delete, and what can't be taken back."""

from __future__ import annotations

import pytest

from tests.sandbox.controlplane.rig import GROUP, VAULT, Clouds, Refused, vault

_DAY = 86_400


@pytest.fixture(autouse=True)
def group(clouds: Clouds) -> None:
    clouds.azure.create(GROUP, {"resourceGroupName": "group"})


@pytest.mark.parametrize("name", ["ab", "1ab", "a--b", "ab-", "a" * 25, "a_b", "-ab", "abc\n"])
def test_bad_name_is_refused(clouds: Clouds, name: str) -> None:
    with pytest.raises(Refused, match='Code="VaultNameNotValid"'):
        clouds.azure.create(VAULT, vault(name))


@pytest.mark.parametrize("name", ["abc", "a" * 24, "a-b-c", "Ab1"])
def test_good_name_is_taken(clouds: Clouds, name: str) -> None:
    made = clouds.azure.create(VAULT, vault(name))
    assert made["properties"]["vaultUri"] == f"https://{name.lower()}.vault.azure.net/"


def test_name_is_unique_over_all_groups(clouds: Clouds) -> None:
    clouds.azure.create(GROUP, {"resourceGroupName": "other"})
    clouds.azure.create(VAULT, vault("kv-one"))
    with pytest.raises(Refused, match='Status=409 Code="VaultAlreadyExists"'):
        clouds.azure.create(VAULT, vault("KV-one", group="other"))


def test_deleted_name_is_blocked_until_its_retention_is_over(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault(softDeleteRetentionInDays=7))
    clouds.azure.delete(made)
    clouds.cloud.clock.advance(7 * _DAY - 60)
    with pytest.raises(Refused, match=r'Status=409 Code="ConflictError".*recover or purge'):
        clouds.azure.create(VAULT, vault())
    clouds.cloud.clock.advance(120)
    clouds.azure.create(VAULT, vault())


def test_deleted_vault_can_be_recovered(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault())
    clouds.azure.delete(made)
    clouds.azure.create(VAULT, vault(createMode="recover"))


def test_purge_protection_cannot_be_false(clouds: Clouds) -> None:
    with pytest.raises(Refused, match=r"enablePurgeProtection.*irreversible"):
        clouds.azure.create(VAULT, vault(enablePurgeProtection=False))


def test_purge_protection_stays_when_left_out(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault(enablePurgeProtection=True))
    clouds.azure.update(made, vault())
    assert made["properties"]["enablePurgeProtection"] is True


def test_soft_delete_cannot_be_off(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="enableSoftDelete"):
        clouds.azure.create(VAULT, vault(enableSoftDelete=False))


def test_retention_is_within_7_and_90_days_and_never_changes(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="between 7 and 90"):
        clouds.azure.create(VAULT, vault(softDeleteRetentionInDays=6))
    made = clouds.azure.create(VAULT, vault(softDeleteRetentionInDays=30))
    with pytest.raises(Refused, match="has been set already"):
        clouds.azure.update(made, vault(softDeleteRetentionInDays=31))
    clouds.azure.update(made, vault())
    assert made["properties"]["softDeleteRetentionInDays"] == 30


def test_another_tenant_is_refused(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="tenantId"):
        clouds.azure.create(VAULT, vault(tenantId="99999999-1111-4111-8111-111111111111"))


def test_location_has_no_replace_mark_and_is_refused(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault())
    moved = {**vault(), "location": "northeurope"}
    assert clouds.azure.diff(made, moved).replaced == set()
    with pytest.raises(Refused, match='Status=409 Code="InvalidResourceLocation"'):
        clouds.azure.update(made, moved)


def test_ip_rules_read_back_with_their_prefix_and_show_no_drift(clouds: Clouds) -> None:
    acls = {"bypass": "None", "defaultAction": "Deny", "ipRules": [{"value": "198.51.100.7"}]}
    public = {**acls, "ipRules": [{"value": "20.1.2.3"}]}
    made = clouds.azure.create(VAULT, vault(networkAcls=public))
    assert made["properties"]["networkAcls"]["ipRules"] == [{"value": "20.1.2.3/32"}]
    refreshed = clouds.azure.read(made)
    assert refreshed is not None
    assert refreshed.inputs == made.inputs


@pytest.mark.parametrize("value", ["10.0.0.1", "192.168.0.0/16", "::1", "here"])
def test_private_and_bad_ranges_are_refused(clouds: Clouds, value: str) -> None:
    acls = {"bypass": "None", "defaultAction": "Deny", "ipRules": [{"value": value}]}
    with pytest.raises(Refused, match="ipRules"):
        clouds.azure.create(VAULT, vault(networkAcls=acls))


def test_access_policies_are_the_default_as_in_azure(clouds: Clouds) -> None:
    inputs = vault()
    del inputs["properties"]["enableRbacAuthorization"]  # type: ignore[attr-defined]  # a dict
    assert clouds.azure.create(VAULT, inputs)["properties"]["enableRbacAuthorization"] is False
