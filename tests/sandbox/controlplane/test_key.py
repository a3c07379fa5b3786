"""Keys in Resource Manager: made once, never changed, deleted softly."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import vault_objects
from sandbox.vault_objects import Attributes, Collection, Kind, VaultObjects
from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.rig import GROUP, KEY, VAULT, Clouds, Refused, key, vault

_DAY = 86_400
MISMATCH = 'Status=400 Code="KeyCreationParametersDidNotMatchExistingKey"'
ROTATE = {"action": {"type": "rotate"}, "trigger": {"timeAfterCreate": "P60D"}}
NOTIFY = {"action": {"type": "notify"}, "trigger": {"timeBeforeExpiry": "P30D"}}


@pytest.fixture(autouse=True)
def existing_vault(clouds: Clouds) -> rig.Deployed:
    clouds.azure.create(GROUP, {"resourceGroupName": "group"})
    return clouds.azure.create(VAULT, vault(softDeleteRetentionInDays=7))


def keys_of(clouds: Clouds, made: rig.Deployed) -> Collection:
    """What the data plane sees."""
    found = clouds.cloud.store.get(VAULT, made.id)
    assert found is not None
    objects = VaultObjects(clouds.cloud.store)
    incarnation = vault_objects.incarnation(found)
    return objects.collection(incarnation, Kind.KEY, clouds.cloud.clock.now())


def test_a_key_shows_what_it_is_and_where_and_no_material(clouds: Clouds) -> None:
    made = clouds.azure.create(KEY, {**key(), "tags": {"a": "b"}})
    assert (made["kty"], made["curveName"]) == ("EC", "P-256")
    assert made["keyOps"] == ["sign", "verify"]
    assert made["keyUri"] == "https://kv-alpha.vault.azure.net/keys/signing"
    assert made["keyUriWithVersion"].startswith(f"{made['keyUri']}/")
    assert made["tags"] == {"a": "b"}
    assert made["attributes"]["enabled"] is True
    assert made["attributes"]["recoveryLevel"] == "CustomizedRecoverable+Purgeable"
    assert "PRIVATE" not in repr(made.outputs)
    assert "keySize" not in made.outputs


def test_the_data_plane_has_the_same_key(clouds: Clouds, existing_vault: rig.Deployed) -> None:
    expires = int(clouds.cloud.clock.now()) + _DAY
    made = clouds.azure.create(KEY, key(kty="RSA", keySize=3072, attributes={"expires": expires}))
    found = keys_of(clouds, existing_vault).get("signing")
    assert found is not None
    assert made["keyUriWithVersion"].endswith(f"/{found.version}")
    assert (found.content["kty"], found.content["size"]) == ("RSA", made["keySize"])
    assert found.attributes.expires == made["attributes"]["expires"] == expires


def test_a_key_of_the_data_plane_exists_for_resource_manager(
    clouds: Clouds, existing_vault: rig.Deployed
) -> None:
    made = clouds.azure.create(KEY, key())
    clouds.azure.delete(made)
    keys_of(clouds, existing_vault).recover("signing")
    with pytest.raises(Refused, match="cannot create already existing resource"):
        clouds.azure.create(KEY, key())
    assert clouds.azure.import_(KEY, made.id) is not None


def test_a_new_version_of_the_data_plane_shows_in_a_refresh(
    clouds: Clouds, existing_vault: rig.Deployed
) -> None:
    made = clouds.azure.create(KEY, key())
    keys = keys_of(clouds, existing_vault)
    current = keys.get("signing")
    assert current is not None
    newer = keys.add("signing", current.content, Attributes(expires=2**32))
    again = clouds.azure.read(made)
    assert again is not None
    assert again["keyUriWithVersion"].endswith(f"/{newer.version}")
    assert again.inputs["properties"]["attributes"]["expires"] == 2**32


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"kty": "oct"},
        {"kty": "EC", "keySize": 256},
        {"kty": "EC", "curveName": "P-256K"},
        {"kty": "RSA", "keySize": 1024},
        {"kty": "RSA", "curveName": "P-256"},
        {"kty": "EC", "keyOps": ["wrapKey"]},
        {"kty": "EC-HSM"},
        {"kty": "EC", "attributes": {"expires": -1}},
        {"kty": "EC", "attributes": {"notBefore": 10**18}},
    ],
)
def test_a_key_that_key_vault_does_not_make_is_refused(
    clouds: Clouds, properties: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match='Status=400 Code="BadRequest"'):
        clouds.azure.create(KEY, {**key(), "properties": properties})
    assert clouds.azure.import_(KEY, "/".join(_id(clouds))) is None


def _id(clouds: Clouds) -> list[str]:
    vaults = clouds.cloud.store.all(VAULT)
    return [vaults[0].id, "keys", "signing"]


@pytest.mark.parametrize("name", ["a_b", "", "x" * 128, "café"])
def test_a_bad_name_is_refused(clouds: Clouds, name: str) -> None:
    with pytest.raises(Refused, match=r"key name .* is invalid"):
        clouds.azure.create(KEY, key(name))


@pytest.mark.parametrize(
    "more", [{"releasePolicy": {"data": "e30"}}, {"attributes": {"exportable": True}}]
)
def test_a_key_that_could_leave_the_vault_is_refused_by_name(
    clouds: Clouds, more: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match="never leave the vault"):
        clouds.azure.create(KEY, key(**more))


def test_a_hardware_key_needs_a_premium_vault(clouds: Clouds) -> None:
    premium = vault("kv-premium", sku={"family": "A", "name": "premium"})
    clouds.azure.create(VAULT, premium)
    made = clouds.azure.create(KEY, {**key(kty="RSA-HSM"), "vaultName": "kv-premium"})
    assert made["kty"] == "RSA-HSM"


def test_a_key_needs_its_vault(clouds: Clouds) -> None:
    with pytest.raises(Refused, match='Status=404 Code="ParentResourceNotFound"'):
        clouds.azure.create(KEY, {**key(), "vaultName": "kv-missing"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"properties": {"kty": "RSA"}}, "a type of 'EC'"),
        ({"properties": {"kty": "EC", "curveName": "P-384"}}, "a curve of 'P-256'"),
        ({"properties": {"kty": "EC", "keyOps": ["sign"]}}, "operations"),
        ({"properties": {"kty": "EC", "attributes": {"enabled": False}}}, "an enabled state"),
        (
            {"properties": {"kty": "EC", "attributes": {"expires": 1_663_666_976}}},
            "an expiration date of 'None', which doesn't match the given expiration date '2022-09-20",
        ),
        (
            {"properties": {"kty": "EC", "rotationPolicy": {"lifetimeActions": [NOTIFY]}}},
            "a rotation policy",
        ),
        ({"tags": {"a": "c"}}, "tags"),
    ],
)
def test_no_property_replaces_and_every_change_is_refused(
    clouds: Clouds, changes: dict[str, Any], words: str
) -> None:
    made = clouds.azure.create(KEY, {**key(), "tags": {"a": "b"}})
    changed = {**key(), "tags": {"a": "b"}, **changes}
    assert clouds.azure.diff(made, changed).replaced == set()
    with pytest.raises(Refused, match=MISMATCH) as refused:
        clouds.azure.update(made, changed)
    assert words in str(refused.value)
    again = clouds.azure.read(made)
    assert again is not None
    assert again.outputs == made.outputs


@pytest.mark.parametrize(
    "changes",
    [{"keyName": "other"}, {"vaultName": "kv-other"}, {"resourceGroupName": "other"}],
)
def test_another_place_replaces(clouds: Clouds, changes: dict[str, str]) -> None:
    made = clouds.azure.create(KEY, key())
    difference = clouds.azure.diff(made, {**key(), **changes})
    assert difference.replaced == set(changes)


def test_a_rotation_policy_comes_back_with_the_notification_that_azure_adds(
    clouds: Clouds, existing_vault: rig.Deployed
) -> None:
    policy = {"attributes": {"expiryTime": "P90D"}, "lifetimeActions": [ROTATE]}
    made = clouds.azure.create(KEY, key(rotationPolicy=policy))
    kept = made["rotationPolicy"]
    assert kept["lifetimeActions"] == [ROTATE, NOTIFY]
    assert kept["attributes"]["expiryTime"] == "P90D"
    again = clouds.azure.read(made)
    assert again is not None
    assert again.inputs == made.inputs
    stored = keys_of(clouds, existing_vault).policy("signing")
    assert stored is not None
    assert stored["expiryTime"] == "P90D"
    # The same inputs ask for nothing new.
    clouds.azure.update(made, key(rotationPolicy=policy))


@pytest.mark.parametrize(
    "policy",
    [
        {"lifetimeActions": [{"action": {"type": "rotate"}, "trigger": {}}]},
        {"lifetimeActions": [{**ROTATE, "trigger": {"timeAfterCreate": "60 days"}}]},
        {"lifetimeActions": [{**ROTATE, "trigger": {"timeAfterCreate": "P6D"}}]},
        {"lifetimeActions": [{**ROTATE, "trigger": {"timeBeforeExpiry": "P30D"}}]},
        {"lifetimeActions": [{**NOTIFY, "trigger": {"timeAfterCreate": "P30D"}}]},
        {"lifetimeActions": [ROTATE, ROTATE]},
        {"attributes": {"expiryTime": "90"}, "lifetimeActions": [ROTATE]},
    ],
)
def test_a_rotation_policy_that_key_vault_does_not_keep_is_refused(
    clouds: Clouds, policy: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match='Status=400 Code="BadRequest"'):
        clouds.azure.create(KEY, key(rotationPolicy=policy))


def test_a_deleted_key_is_soft_deleted_and_blocks_its_name_until_purged(
    clouds: Clouds, existing_vault: rig.Deployed
) -> None:
    made = clouds.azure.create(KEY, key())
    clouds.azure.delete(made)
    assert clouds.azure.read(made) is None
    assert keys_of(clouds, existing_vault).deleted("signing") is not None
    with pytest.raises(Refused, match=r'Status=409 Code="Conflict".*deleted but recoverable'):
        clouds.azure.create(KEY, key())
    clouds.cloud.clock.advance(7 * _DAY)
    clouds.azure.create(KEY, key())


def test_a_deleted_vault_takes_its_keys_along_and_recovery_brings_them_back(
    clouds: Clouds, existing_vault: rig.Deployed
) -> None:
    made = clouds.azure.create(KEY, key())
    clouds.azure.delete(existing_vault)
    assert clouds.azure.read(made) is None
    clouds.azure.delete(made)
    clouds.azure.create(VAULT, vault(softDeleteRetentionInDays=7, createMode="recover"))
    again = clouds.azure.read(made)
    assert again is not None
    assert again["keyUriWithVersion"] == made["keyUriWithVersion"]


def test_a_vault_that_comes_back_by_name_has_none_of_the_old_keys(
    clouds: Clouds, existing_vault: rig.Deployed
) -> None:
    made = clouds.azure.create(KEY, key())
    clouds.azure.delete(existing_vault)
    clouds.cloud.clock.advance(7 * _DAY)
    clouds.azure.create(VAULT, vault())
    assert clouds.azure.read(made) is None
