"""Custom roles: what they may say, and what they then allow."""

from __future__ import annotations

import pytest

from sandbox import roles, world
from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.rig import Clouds, Deployed, Plain, Refused

_GUID = "7d1a4f0a-5c55-4b9d-8f66-0d4b8d6a1f22"
_SECRETS = "Microsoft.KeyVault/vaults/secrets"
_GET = f"{_SECRETS}/getSecret/action"
_GROUP_ID = f"{world.SUBSCRIPTION}/resourceGroups/group"


def _role(**change: object) -> Plain:
    return {
        "scope": world.SUBSCRIPTION,
        "roleDefinitionId": _GUID,
        "roleName": "Secret reader",
        "assignableScopes": [world.SUBSCRIPTION],
        "permissions": [{"dataActions": [_GET]}],
        **change,
    }


def _create(clouds: Clouds, **change: object) -> Deployed:
    return clouds.azure.create(rig.ROLE, _role(**change))


@pytest.fixture
def grant(clouds: Clouds) -> Plain:
    """A grant of the custom role that Azure accepts once the role is there."""
    clouds.azure.create(rig.GROUP, {"resourceGroupName": "group"})
    vault = clouds.azure.create(rig.VAULT, rig.vault())
    identity = clouds.azure.create(
        rig.IDENTITY, {"resourceGroupName": "group", "resourceName": "reader"}
    )
    return {
        "scope": vault.id,
        "principalId": identity["principalId"],
        "principalType": "ServicePrincipal",
        "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{_GUID}",
    }


def test_the_id_is_the_subscriptions_whatever_the_scope(clouds: Clouds) -> None:
    clouds.azure.create(rig.GROUP, {"resourceGroupName": "group"})
    made = _create(clouds, scope=_GROUP_ID, assignableScopes=[_GROUP_ID])
    assert made.id == (
        f"{world.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{_GUID}"
    )
    refreshed = clouds.azure.read(made)
    assert refreshed is not None
    assert refreshed.inputs["scope"] == _GROUP_ID


def test_the_default_id_is_a_guid(clouds: Clouds) -> None:
    inputs = _role()
    del inputs["roleDefinitionId"]
    assert len(clouds.azure.create(rig.ROLE, inputs)["name"]) == 36


def test_a_custom_role_allows_its_data_actions_less_the_excluded(clouds: Clouds) -> None:
    permission = {"dataActions": [f"{_SECRETS}/*"], "notDataActions": [f"{_SECRETS}/purge/action"]}
    made = _create(clouds, permissions=[permission])
    assert roles.allows(clouds.cloud, made.id, _GET.upper())
    assert not roles.allows(clouds.cloud, made.id, f"{_SECRETS}/purge/action")
    assert not roles.allows(clouds.cloud, made.id, "Microsoft.KeyVault/vaults/keys/read")


def test_what_one_permission_excludes_another_may_allow(clouds: Clouds) -> None:
    excluded = {"dataActions": [f"{_SECRETS}/*"], "notDataActions": [_GET]}
    made = _create(clouds, permissions=[excluded, {"dataActions": [_GET]}])
    assert roles.allows(clouds.cloud, made.id, _GET)


def test_a_changed_role_allows_what_it_says_now(clouds: Clouds) -> None:
    made = _create(clouds)
    clouds.azure.update(
        made, _role(permissions=[{"dataActions": [f"{_SECRETS}/setSecret/action"]}])
    )
    assert not roles.allows(clouds.cloud, made.id, _GET)


def test_built_in_and_unknown_roles_are_found_by_their_guid(clouds: Clouds) -> None:
    assert roles.allows(clouds.cloud, rig.SECRETS_USER, _GET)
    assert not roles.allows(clouds.cloud, f"{rig.SECRETS_USER[:-1]}0", _GET)


@pytest.mark.parametrize("name", ["Secret READER", "key vault secrets user"])
def test_a_name_is_there_once_in_the_tenant(clouds: Clouds, name: str) -> None:
    _create(clouds)
    with pytest.raises(Refused, match='Status=409 Code="RoleDefinitionWithSameNameExists"'):
        _create(clouds, roleName=name, roleDefinitionId=_GUID[:-1] + "3")


def test_a_role_keeps_its_own_name(clouds: Clouds) -> None:
    made = _create(clouds)
    clouds.azure.update(made, _role(description="reads"))
    assert made["description"] == "reads"


def test_an_assigned_role_cannot_be_deleted(clouds: Clouds, grant: Plain) -> None:
    role = _create(clouds)
    assigned = clouds.azure.create(rig.ASSIGNMENT, grant)
    assert assigned["roleDefinitionId"] == role.id
    with pytest.raises(Refused, match='Status=400 Code="RoleDefinitionHasAssignments"'):
        clouds.azure.delete(role)
    clouds.azure.delete(assigned)
    clouds.azure.delete(role)
    with pytest.raises(Refused, match="RoleDefinitionDoesNotExist"):
        clouds.azure.create(rig.ASSIGNMENT, grant)


def test_a_role_is_assigned_in_its_assignable_scopes_only(clouds: Clouds, grant: Plain) -> None:
    clouds.azure.create(rig.GROUP, {"resourceGroupName": "group-two"})
    role = _create(clouds, assignableScopes=[f"{_GROUP_ID}-two"])
    with pytest.raises(Refused, match='Code="RoleDefinitionDoesNotExist"'):
        clouds.azure.create(rig.ASSIGNMENT, grant)
    clouds.azure.update(role, _role(assignableScopes=[f"{_GROUP_ID}/"]))
    clouds.azure.create(rig.ASSIGNMENT, grant)


@pytest.mark.parametrize(
    ("permission", "code"),
    [
        ({"dataActions": ["Microsoft.KeyVault/vaults/secrets/get"]}, "InvalidDataAction"),
        ({"dataActions": ["Microsoft.Storage/storageAccounts/*"]}, "InvalidDataAction"),
        ({"dataActions": ["not an action"]}, "InvalidDataAction"),
        ({"dataActions": ["*"], "notDataActions": ["nothing/at/all"]}, "InvalidDataAction"),
        ({"actions": [_GET]}, "InvalidActionOrNotAction"),
        ({"actions": ["read"]}, "InvalidActionOrNotAction"),
        ({"notActions": ["*"]}, "InvalidRoleDefinition"),
        ({}, "InvalidRoleDefinition"),
    ],
)
def test_an_action_that_no_provider_knows_is_refused(
    clouds: Clouds, permission: Plain, code: str
) -> None:
    with pytest.raises(Refused, match=f'Status=400 Code="{code}'):
        _create(clouds, permissions=[permission])


@pytest.mark.parametrize(
    "action", ["*", "*/read", "Microsoft.KeyVault/vaults/*", "Microsoft.Authorization/*/read"]
)
def test_wildcards_stand_for_whole_parts_of_an_action(clouds: Clouds, action: str) -> None:
    _create(clouds, permissions=[{"actions": [action]}])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"roleDefinitionId": "reader"}, "InvalidRoleDefinitionId"),
        ({"roleName": ""}, "InvalidRoleDefinition"),
        ({"roleName": "n" * 129}, "InvalidRoleDefinition"),
        ({"description": "d" * 1025}, "InvalidRoleDefinition"),
        ({"roleType": "BuiltInRole"}, "InvalidRoleDefinition"),
        ({"assignableScopes": []}, "InvalidRoleDefinition"),
        ({"assignableScopes": ["/"]}, "InvalidRoleDefinition"),
        ({"assignableScopes": [f"{_GROUP_ID}-none"]}, "ResourceGroupNotFound"),
        ({"scope": "/subscriptions/other"}, "SubscriptionNotFound"),
    ],
)
def test_a_bad_role_is_refused(clouds: Clouds, change: Plain, code: str) -> None:
    with pytest.raises(Refused, match=f'Code="{code}"'):
        _create(clouds, **change)
