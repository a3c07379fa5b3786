"""Vaults: names, soft delete, and what can't be taken back."""

from __future__ import annotations

import pytest

from sandbox import world
from sandbox.controlplane.azure.vault import DELETED_VAULT
from tests.sandbox.controlplane.rig import (
    ASSIGNMENT,
    GROUP,
    IDENTITY,
    SECRETS_USER,
    SETTING,
    VAULT,
    WORKSPACE,
    Clouds,
    Refused,
    vault,
)

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


def test_a_name_that_another_tenant_has_is_taken(clouds: Clouds) -> None:
    with pytest.raises(Refused, match=r'Code="VaultAlreadyExists".*globally unique'):
        clouds.azure.create(VAULT, vault(world.FOREIGN_VAULT.upper()))


@pytest.mark.parametrize("mode", [None, "default"])
def test_a_deleted_name_is_a_conflict_unless_recovered(clouds: Clouds, mode: str | None) -> None:
    clouds.azure.delete(clouds.azure.create(VAULT, vault()))
    with pytest.raises(Refused, match=r'Status=409 Code="ConflictError".*in deleted state'):
        clouds.azure.create(VAULT, vault(createMode=mode))


def test_a_recovered_vault_is_the_old_one_with_its_retention_and_protection(
    clouds: Clouds,
) -> None:
    clouds.azure.delete(
        clouds.azure.create(VAULT, vault(softDeleteRetentionInDays=30, enablePurgeProtection=True))
    )
    before = clouds.cloud.store.all(DELETED_VAULT)[0].body["vaultCreated"]
    clouds.cloud.clock.advance(_DAY)
    again = clouds.azure.create(VAULT, vault(createMode="recover"))
    assert again["properties"]["softDeleteRetentionInDays"] == 30
    assert again["properties"]["enablePurgeProtection"] is True
    assert "createMode" not in again["properties"]
    # The data plane keeps values by the vault's age: they come back with it.
    assert clouds.cloud.store.all(VAULT)[0].created == before
    assert clouds.cloud.store.all(DELETED_VAULT) == []


@pytest.mark.parametrize("change", [{"vaultName": "kv-none"}, {"resourceGroupName": "other"}])
def test_what_was_not_deleted_here_cannot_be_recovered(
    clouds: Clouds, change: dict[str, str]
) -> None:
    clouds.azure.create(GROUP, {"resourceGroupName": "other"})
    clouds.azure.delete(clouds.azure.create(VAULT, vault()))
    with pytest.raises(Refused, match='Status=400 Code="SoftDeletedVaultDoesNotExist"'):
        clouds.azure.create(VAULT, {**vault(createMode="recover"), **change})


def test_recovery_where_the_vault_is_there_is_a_second_create(clouds: Clouds) -> None:
    clouds.azure.create(VAULT, vault())
    with pytest.raises(Refused, match="cannot create already existing resource"):
        clouds.azure.create(VAULT, vault(createMode="recover"))


def test_recovery_does_not_bring_the_grants_back(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault())
    identity = clouds.azure.create(IDENTITY, {"resourceGroupName": "group", "resourceName": "r-1"})
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
    clouds.azure.create(VAULT, vault(createMode="recover"))
    assert clouds.azure.read(grant) is None


def test_diagnostic_settings_outlive_their_vault(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault())
    logs = clouds.azure.create(WORKSPACE, {"resourceGroupName": "group", "workspaceName": "logs"})
    setting = clouds.azure.create(
        SETTING,
        {
            "resourceUri": made.id,
            "name": "audit",
            "workspaceId": logs.id,
            "logs": [{"categoryGroup": "audit", "enabled": True}],
        },
    )
    clouds.azure.delete(made)
    assert clouds.azure.read(setting) is not None


def test_purge_protection_cannot_be_false(clouds: Clouds) -> None:
    with pytest.raises(Refused, match=r"enablePurgeProtection.*irreversible"):
        clouds.azure.create(VAULT, vault(enablePurgeProtection=False))


def test_purge_protection_stays_when_left_out(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault(enablePurgeProtection=True))
    clouds.azure.update(made, vault())
    assert made["properties"]["enablePurgeProtection"] is True


def test_public_access_comes_back_in_one_spelling(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault(publicNetworkAccess="disabled"))
    assert made["properties"]["publicNetworkAccess"] == "Disabled"
    with pytest.raises(Refused, match="publicNetworkAccess"):
        clouds.azure.update(made, vault(publicNetworkAccess="off"))


def test_sku_and_authorization_change_in_place(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault())
    changed = vault(sku={"family": "A", "name": "premium"}, enableRbacAuthorization=False)
    assert clouds.azure.diff(made, changed).replaced == set()
    clouds.azure.update(made, changed)
    assert made["properties"]["sku"]["name"] == "premium"
    assert made["properties"]["enableRbacAuthorization"] is False


def test_another_sku_family_is_refused(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="'sku'"):
        clouds.azure.create(VAULT, vault(sku={"family": "B", "name": "standard"}))


def _policy(**change: object) -> dict[str, object]:
    return {
        "tenantId": world.TENANT_ID,
        "objectId": world.WRITER_PRINCIPAL_ID,
        "permissions": {"secrets": ["get", "Set"]},
        **change,
    }


def test_access_policies_stay_when_left_out(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault(accessPolicies=[_policy()]))
    clouds.azure.update(made, vault())
    assert made["properties"]["accessPolicies"] == [_policy()]
    clouds.azure.update(made, vault(accessPolicies=[]))
    assert made["properties"]["accessPolicies"] == []


@pytest.mark.parametrize(
    "policies",
    [
        [_policy(tenantId="99999999-1111-4111-8111-111111111111")],
        [_policy(permissions={"secrets": ["read"]})],
        [_policy()] * 1_025,
    ],
)
def test_bad_access_policies_are_refused(clouds: Clouds, policies: list[object]) -> None:
    with pytest.raises(Refused, match=r"(?i)access ?policies"):
        clouds.azure.create(VAULT, vault(accessPolicies=policies))


def test_soft_delete_cannot_be_off(clouds: Clouds) -> None:
    with pytest.raises(Refused, match=r"enableSoftDelete.* cannot be set to false.*in every new"):
        clouds.azure.create(VAULT, vault(enableSoftDelete=False))
    made = clouds.azure.create(VAULT, vault(enableSoftDelete=True))
    with pytest.raises(Refused, match=r"enableSoftDelete.* only for creating new vault"):
        clouds.azure.update(made, vault(enableSoftDelete=False))


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


def test_bypass_and_action_have_defaults(clouds: Clouds) -> None:
    made = clouds.azure.create(VAULT, vault(networkAcls={"ipRules": [{"value": "20.1.2.0/24"}]}))
    assert made["properties"]["networkAcls"] == {
        "bypass": "AzureServices",
        "defaultAction": "Allow",
        "ipRules": [{"value": "20.1.2.0/24"}],
        "virtualNetworkRules": [],
    }


@pytest.mark.parametrize("change", [{"bypass": "Everything"}, {"defaultAction": "Maybe"}])
def test_bypass_and_action_are_checked(clouds: Clouds, change: dict[str, str]) -> None:
    with pytest.raises(Refused, match=f"networkAcls.{next(iter(change))}"):
        clouds.azure.create(VAULT, vault(networkAcls=change))


def test_a_vault_takes_a_thousand_addresses(clouds: Clouds) -> None:
    rules = [{"value": f"20.1.{n // 250}.{n % 250}"} for n in range(1_001)]
    clouds.azure.create(VAULT, vault(networkAcls={"ipRules": rules[:1_000]}))
    with pytest.raises(Refused, match=r"ipRules': 1001 rules, of which 1000"):
        clouds.azure.create(VAULT, vault("kv-beta", networkAcls={"ipRules": rules}))


def test_a_network_rule_names_a_subnet_that_is_there(clouds: Clouds) -> None:
    rules = [{"id": world.SUBNET}]
    made = clouds.azure.create(VAULT, vault(networkAcls={"virtualNetworkRules": rules}))
    found = made["properties"]["networkAcls"]["virtualNetworkRules"]
    assert found == [{"id": world.SUBNET.lower()}]
    with pytest.raises(Refused, match="InvalidResourceReference"):
        clouds.azure.create(
            VAULT,
            vault("kv-beta", networkAcls={"virtualNetworkRules": [{"id": f"{world.SUBNET}-b"}]}),
        )


@pytest.mark.parametrize(
    "value", ["10.0.0.1", "172.31.0.0/16", "192.168.0.0/16", "20.1.2.3/16", "::1", "here"]
)
def test_private_and_bad_ranges_are_refused(clouds: Clouds, value: str) -> None:
    acls = {"bypass": "None", "defaultAction": "Deny", "ipRules": [{"value": value}]}
    with pytest.raises(Refused, match="ipRules"):
        clouds.azure.create(VAULT, vault(networkAcls=acls))


def test_access_policies_are_the_default_as_in_azure(clouds: Clouds) -> None:
    inputs = vault()
    del inputs["properties"]["enableRbacAuthorization"]  # type: ignore[attr-defined]  # a dict
    assert clouds.azure.create(VAULT, inputs)["properties"]["enableRbacAuthorization"] is False
