"""What a vault is, what is declared in it, and what is left to others."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.vault.adoption import AdoptedVault
from components.vault.declared_keys import OPERATIONS, VaultKey
from components.vault.key_vault import KeyVault, KeyVaultArgs
from tests.components.recording import Recording, made_up_guid, record

TENANT = "11111111-1111-4111-8111-111111111111"
SUBSCRIPTION = "22222222-2222-4222-8222-222222222222"
ADOPTED = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.KeyVault/vaults/owned"
)


def args(**changed: Any) -> KeyVaultArgs:  # noqa: ANN401  whatever an argument's type is
    given: dict[str, Any] = {
        "environment": "alpha",
        "resource_group_name": "g",
        "location": "westeurope",
        "tenant_id": TENANT,
        "tags": {"a": "b"},
    }
    return KeyVaultArgs(**(given | changed))


def made(preview: bool, **changed: Any) -> Recording:  # noqa: ANN401  as above
    return record(lambda: KeyVault("alpha", args(**changed)), preview=preview)


def test_a_vault_is_under_rbac_and_cannot_be_purged(preview: bool) -> None:
    assert made(preview).one("Vault").inputs["properties"] == {
        "tenantId": TENANT,
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": True,
        "enablePurgeProtection": True,
        "enableSoftDelete": True,
        "softDeleteRetentionInDays": 90,
        "publicNetworkAccess": "Enabled",
        "enabledForDeployment": False,
        "enabledForDiskEncryption": False,
        "enabledForTemplateDeployment": False,
    }


def test_sku_and_soft_delete_days_are_the_declared_ones(preview: bool) -> None:
    properties = made(preview, sku="premium", soft_delete_days=7).one("Vault").inputs["properties"]
    assert properties["sku"] == {"family": "A", "name": "premium"}
    assert properties["softDeleteRetentionInDays"] == 7


def test_vault_name_ends_in_a_random_suffix_that_a_vault_name_may_have() -> None:
    recording = made(preview=False)
    suffix = recording.one("RandomString")
    assert suffix.inputs == {"length": 6, "upper": False, "special": False}
    vault = recording.one("Vault")
    assert vault.inputs["vaultName"] == f"kv-alpha-{made_up_guid('alpha-suffix')[:6]}"
    assert vault.property_dependencies["vaultName"] == {suffix.urn}


def test_an_explicit_name_needs_no_suffix_and_recovers_only_where_asked(preview: bool) -> None:
    named = made(preview, name="kv-alpha-old")
    recovered = made(preview, name="kv-alpha-old", recover=True)
    assert named.of("RandomString") == []
    assert named.one("Vault").inputs["vaultName"] == "kv-alpha-old"
    assert "createMode" not in named.one("Vault").inputs["properties"]
    assert recovered.one("Vault").inputs["properties"]["createMode"] == "recover"


def test_a_vault_is_protected_only_where_asked_and_nothing_else_of_it_is(preview: bool) -> None:
    keys = {"signing": VaultKey(OPERATIONS["sign"])}
    protected = made(preview, protect=True, keys=keys)
    assert [r.name for r in protected.resources if r.options.protect] == ["alpha-vault"]
    assert not [r.name for r in made(preview, keys=keys).resources if r.options.protect]


def test_a_vault_of_another_name_is_made_before_the_old_one_goes(preview: bool) -> None:
    vault = made(preview).one("Vault")
    assert vault.options.deleteBeforeReplaceDefined
    assert not vault.options.deleteBeforeReplace


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"recover": True}, "recover"),
        ({"name": "Not--legal"}, "Not--legal"),
        ({"soft_delete_days": 6}, "7 to 90"),
        ({"soft_delete_days": 91}, "7 to 90"),
        ({"sku": "Premium"}, "standard or premium"),
        ({"keys": {"a_b": VaultKey(("sign",))}}, "a_b"),
        ({"keys": {"k": VaultKey(("sign",), type="RSA-HSM")}}, "premium"),
    ],
)
def test_what_azure_would_refuse_is_refused_with_its_reason(
    changed: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        args(**changed)


def test_a_premium_vault_takes_keys_in_hardware(preview: bool) -> None:
    keys = {"k": VaultKey(("sign",), type="EC-HSM")}
    recording = made(preview, sku="premium", keys=keys)
    assert recording.one("Key").inputs["properties"]["kty"] == "EC-HSM"


# Keys


def _key(recording: Recording, name: str) -> dict[str, Any]:
    properties: dict[str, Any] = recording.one("Key", f"alpha-key-{name}").inputs["properties"]
    return properties


def test_a_key_is_declared_with_all_that_azure_never_changes(preview: bool) -> None:
    recording = made(
        preview,
        keys={
            "signing": VaultKey(OPERATIONS["sign"], type="EC", curve="P-384"),
            "wrapping": VaultKey(OPERATIONS["unwrap"], size=4096, expires=2_000_000_000),
            "plain": VaultKey(OPERATIONS["sign"]),
        },
    )
    assert _key(recording, "signing") == {
        "kty": "EC",
        "curveName": "P-384",
        "keyOps": ["sign", "verify"],
    }
    assert _key(recording, "wrapping") == {
        "kty": "RSA",
        "keySize": 4096,
        "keyOps": ["wrapKey", "unwrapKey"],
        "attributes": {"expires": 2_000_000_000, "exportable": False},
    }
    assert _key(recording, "plain") == {"kty": "RSA", "keySize": 3072, "keyOps": ["sign", "verify"]}


def test_a_rotating_key_overlaps_with_its_successor_and_its_dates_are_the_vaults(
    preview: bool,
) -> None:
    recording = made(preview, keys={"signing": VaultKey(OPERATIONS["sign"], rotate_days=90)})
    key = recording.one("Key")
    assert key.inputs["properties"]["rotationPolicy"] == {
        "attributes": {"expiryTime": "P120D"},
        "lifetimeActions": [
            {"action": {"type": "rotate"}, "trigger": {"timeAfterCreate": "P90D"}},
            {"action": {"type": "notify"}, "trigger": {"timeBeforeExpiry": "P7D"}},
        ],
    }
    assert list(key.options.ignoreChanges) == ["properties.attributes"]


def test_a_key_that_is_no_longer_declared_stays_in_the_vault(preview: bool) -> None:
    recording = made(preview, keys={"signing": VaultKey(OPERATIONS["sign"])})
    assert recording.one("Key").options.retainOnDelete


def test_a_key_has_no_tags_which_a_stack_could_want_to_change(preview: bool) -> None:
    recording = made(preview, keys={"signing": VaultKey(OPERATIONS["sign"])})
    assert "tags" not in recording.one("Key").inputs


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "oct"},
        {"type": "RSA", "size": 1024},
        {"type": "RSA", "curve": "P-256"},
        {"type": "EC", "curve": "P-256K"},
        {"type": "EC", "size": 2048},
        {"rotate_days": 27},
    ],
)
def test_a_key_that_the_vault_would_not_make_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="key"):
        VaultKey(("sign",), **wrong)


# Adoption


def _existing(*, rbac: bool | None) -> dict[str, dict[str, Any]]:
    properties: dict[str, Any] = {
        "vaultUri": "https://owned.vault.azure.net/",
        "tenantId": TENANT,
        "sku": {"family": "A", "name": "standard"},
        "provisioningState": "Succeeded",
        "hsmPoolResourceId": "",
        "privateEndpointConnections": [],
        **({} if rbac is None else {"enableRbacAuthorization": rbac}),
    }
    return {ADOPTED: {"name": "owned", "location": "northeurope", "properties": properties}}


def _adopt() -> None:
    vault = AdoptedVault("alpha", ADOPTED)
    pulumi.export("id", vault.vault_id)
    pulumi.export("name", vault.vault_name)
    pulumi.export("host", vault.host)
    pulumi.export("uri", vault.uri)


def test_an_adopted_vault_is_read_and_nothing_of_it_is_registered(preview: bool) -> None:
    recording = record(_adopt, preview=preview, existing=_existing(rbac=True))
    assert [r.type for r in recording.resources] == ["apigee-keyvault:components:AdoptedVault"]
    assert list(recording.reads.values()) == [ADOPTED]
    assert recording.exports == {
        "id": ADOPTED,
        "name": "owned",
        "host": "owned.vault.azure.net",
        "uri": "https://owned.vault.azure.net/",
    }


@pytest.mark.parametrize("rbac", [False, None])
def test_an_adopted_vault_in_access_policy_mode_is_refused_with_the_way_out(
    preview: bool, rbac: bool | None
) -> None:
    with pytest.raises(pulumi.RunError) as refused:
        record(_adopt, preview=preview, existing=_existing(rbac=rbac))
    steps = str(refused.value)
    assert "owned is in access-policy mode" in steps
    assert "properties.accessPolicies" in steps
    assert "--enable-rbac-authorization true" in steps
    assert steps.index("role assignment create") < steps.index("keyvault update")


@pytest.mark.parametrize("wrong", ["owned", f"{ADOPTED}/secrets/x", ADOPTED.replace("Vault/", "/")])
def test_what_is_no_vault_id_is_not_adopted(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no vault id"):
        record(lambda: AdoptedVault("alpha", wrong), preview=True)
