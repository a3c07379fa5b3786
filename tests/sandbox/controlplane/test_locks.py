"""Locks: what they refuse, wherever they are put."""

from __future__ import annotations

import pytest

from sandbox import world
from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.rig import Clouds, Deployed, Plain, Refused

_GROUP_ID = f"{world.SUBSCRIPTION}/resourceGroups/group"
_LOCKED = 'Status=409 Code="ScopeLocked" Message="The scope '


@pytest.fixture
def vault(clouds: Clouds) -> Deployed:
    clouds.azure.create(rig.GROUP, {"resourceGroupName": "group"})
    return clouds.azure.create(rig.VAULT, rig.vault())


@pytest.fixture
def identity(clouds: Clouds, vault: Deployed) -> Deployed:
    return clouds.azure.create(
        rig.IDENTITY, {"resourceGroupName": "group", "resourceName": "reader"}
    )


def _lock(clouds: Clouds, scope: str, level: str = "CanNotDelete", name: str = "l") -> Deployed:
    return clouds.azure.create(rig.LOCK, {"scope": scope, "lockName": name, "level": level})


def _grant(clouds: Clouds, vault: Deployed, identity: Deployed) -> Deployed:
    inputs = {
        "scope": vault.id,
        "principalId": identity["principalId"],
        "principalType": "ServicePrincipal",
        "roleDefinitionId": rig.SECRETS_USER,
    }
    return clouds.azure.create(rig.ASSIGNMENT, inputs)


def _setting(clouds: Clouds, vault: Deployed) -> Deployed:
    logs = clouds.azure.create(
        rig.WORKSPACE, {"resourceGroupName": "group", "workspaceName": "logs"}
    )
    inputs = {
        "resourceUri": vault.id,
        "name": "audit",
        "workspaceId": logs.id,
        "logs": [{"categoryGroup": "audit", "enabled": True}],
    }
    return clouds.azure.create(rig.SETTING, inputs)


@pytest.mark.parametrize("scope", [world.SUBSCRIPTION, _GROUP_ID, "the vault"])
@pytest.mark.parametrize("level", ["CanNotDelete", "ReadOnly"])
def test_a_lock_at_or_above_refuses_the_delete_in_azures_words(
    clouds: Clouds, vault: Deployed, scope: str, level: str
) -> None:
    at = vault.id if scope == "the vault" else scope
    lock = _lock(clouds, at, level)
    with pytest.raises(Refused) as refused:
        clouds.azure.delete(vault)
    assert str(refused.value) == (
        f"{_LOCKED}'{vault.id}' cannot perform delete operation because following scope(s) are"
        f" locked: '{at}'. Please remove the lock and try again.\""
    )
    clouds.azure.delete(lock)
    clouds.azure.delete(vault)


def test_extensions_of_a_locked_resource_cannot_be_deleted(
    clouds: Clouds, vault: Deployed, identity: Deployed
) -> None:
    trust = clouds.azure.create(rig.CREDENTIAL, rig.credential())
    beneath_vault = [_grant(clouds, vault, identity), _setting(clouds, vault)]
    _lock(clouds, vault.id)
    _lock(clouds, identity.id.upper().replace("/SUBSCRIPTIONS", "/subscriptions"))
    for made in (*beneath_vault, trust):
        with pytest.raises(Refused, match="ScopeLocked"):
            clouds.azure.delete(made)


def test_cannot_delete_lets_writes_pass_and_read_only_does_not(
    clouds: Clouds, vault: Deployed, identity: Deployed
) -> None:
    tagged = {**rig.vault(), "tags": {"a": "b"}}
    deletes = _lock(clouds, vault.id)
    clouds.azure.update(vault, tagged)
    grant = _grant(clouds, vault, identity)
    clouds.azure.delete(deletes)
    clouds.azure.delete(grant)
    _lock(clouds, vault.id, "ReadOnly")
    with pytest.raises(Refused, match="cannot perform write operation"):
        clouds.azure.update(vault, rig.vault())
    with pytest.raises(Refused, match="cannot perform write operation"):
        _grant(clouds, vault, identity)


def test_a_read_only_group_takes_nothing_new(clouds: Clouds, vault: Deployed) -> None:
    _lock(clouds, _GROUP_ID, "ReadOnly")
    with pytest.raises(Refused, match=f"{_LOCKED}.*/vaults/kv-beta' cannot perform write"):
        clouds.azure.create(rig.VAULT, rig.vault("kv-beta"))


def test_a_lock_elsewhere_refuses_nothing(clouds: Clouds, vault: Deployed) -> None:
    other = clouds.azure.create(rig.VAULT, rig.vault("kv-alpha-two"))
    _lock(clouds, other.id, "ReadOnly")
    clouds.azure.delete(vault)


def test_a_group_with_a_locked_resource_is_left_whole(clouds: Clouds, vault: Deployed) -> None:
    group = clouds.azure.import_(rig.GROUP, _GROUP_ID)
    assert group is not None
    unlocked = clouds.azure.create(rig.VAULT, rig.vault("kv-beta"))
    _lock(clouds, vault.id)
    with pytest.raises(Refused, match=f"'{_GROUP_ID}' cannot perform delete.*'{vault.id}'"):
        clouds.azure.delete(group)
    assert clouds.azure.read(unlocked) is not None


def test_every_locked_scope_is_named(clouds: Clouds, vault: Deployed) -> None:
    _lock(clouds, _GROUP_ID)
    _lock(clouds, vault.id)
    with pytest.raises(Refused, match=f"locked: '{_GROUP_ID},{vault.id}'"):
        clouds.azure.delete(vault)


def test_locks_themselves_change_and_go_while_they_lock(clouds: Clouds, vault: Deployed) -> None:
    lock = _lock(clouds, vault.id, "ReadOnly")
    softer = {"scope": vault.id, "lockName": "l", "level": "CanNotDelete"}
    assert clouds.azure.diff(lock, softer).replaced == set()
    clouds.azure.update(lock, softer)
    assert lock["level"] == "CanNotDelete"
    clouds.azure.delete(lock)


@pytest.mark.parametrize(
    "change",
    [
        {"level": "NotSpecified"},
        {"level": "readonly"},
        {"lockName": "a/b"},
        {"lockName": "a" * 261},
        {"notes": "n" * 513},
    ],
)
def test_a_bad_lock_is_refused(clouds: Clouds, vault: Deployed, change: Plain) -> None:
    good = {"scope": vault.id, "lockName": "l", "level": "ReadOnly"}
    with pytest.raises(Refused, match="Status=40"):
        clouds.azure.create(rig.LOCK, {**good, **change})


def test_the_locked_scope_must_exist(clouds: Clouds, vault: Deployed) -> None:
    with pytest.raises(Refused, match='Code="ResourceNotFound"'):
        _lock(clouds, f"{vault.id}-other")
    with pytest.raises(Refused, match='Code="ResourceGroupNotFound"'):
        _lock(clouds, f"{_GROUP_ID}-other")


def test_a_scope_takes_twenty_locks(clouds: Clouds, vault: Deployed) -> None:
    for number in range(20):
        _lock(clouds, vault.id, name=f"l-{number}")
    with pytest.raises(Refused, match="LockLimitExceeded"):
        _lock(clouds, vault.id, name="l-20")
