"""Role assignments: who, what, where, and never twice."""

from __future__ import annotations

import pytest

from sandbox import world
from sandbox.roles import ROLES
from tests.sandbox.controlplane.rig import (
    ASSIGNMENT,
    GROUP,
    IDENTITY,
    SECRETS_OFFICER,
    SECRETS_USER,
    VAULT,
    Clouds,
    Deployed,
    Plain,
    Refused,
    vault,
)

_NAME = "0e6c1f6e-5c55-4b9d-8f66-0d4b8d6a1f11"


@pytest.fixture
def grant(clouds: Clouds) -> Plain:
    """Inputs of a grant that Azure accepts."""
    clouds.azure.create(GROUP, {"resourceGroupName": "group"})
    made = clouds.azure.create(VAULT, vault())
    identity = clouds.azure.create(
        IDENTITY, {"resourceGroupName": "group", "resourceName": "reader"}
    )
    return {
        "scope": made.id,
        "principalId": identity["principalId"],
        "principalType": "ServicePrincipal",
        "roleDefinitionId": SECRETS_USER,
        "roleAssignmentName": _NAME,
    }


def _create(clouds: Clouds, grant: Plain, **change: object) -> Deployed:
    return clouds.azure.create(ASSIGNMENT, {**grant, **change})


def test_role_reads_back_with_its_subscription(clouds: Clouds, grant: Plain) -> None:
    made = _create(clouds, grant)
    assert made["roleDefinitionId"] == f"{world.SUBSCRIPTION}{SECRETS_USER}"
    assert made.id == f"{grant['scope']}/providers/Microsoft.Authorization/roleAssignments/{_NAME}"
    refreshed = clouds.azure.read(made)
    assert refreshed is not None
    assert refreshed.inputs == made.inputs


def test_equal_grant_is_refused_whatever_its_name(clouds: Clouds, grant: Plain) -> None:
    _create(clouds, grant)
    other = "1e6c1f6e-5c55-4b9d-8f66-0d4b8d6a1f11"
    with pytest.raises(Refused, match='Status=409 Code="RoleAssignmentExists"'):
        _create(clouds, grant, roleAssignmentName=other)
    _create(clouds, grant, roleAssignmentName=other, roleDefinitionId=SECRETS_OFFICER)


def test_absent_principal_type_goes_out_as_a_person(clouds: Clouds, grant: Plain) -> None:
    del grant["principalType"]
    with pytest.raises(Refused, match=r"Code=\"UnmatchedPrincipalType\".*'User'"):
        _create(clouds, grant)


def test_unknown_principal_is_refused(clouds: Clouds, grant: Plain) -> None:
    with pytest.raises(Refused, match='Status=400 Code="PrincipalNotFound"'):
        _create(clouds, grant, principalId="99999999-9999-4999-8999-999999999999")


def test_name_must_be_a_guid(clouds: Clouds, grant: Plain) -> None:
    with pytest.raises(Refused, match='Code="InvalidRoleAssignmentId"'):
        _create(clouds, grant, roleAssignmentName="reader")


def test_default_name_is_a_guid(clouds: Clouds, grant: Plain) -> None:
    del grant["roleAssignmentName"]
    made = _create(clouds, grant)
    assert len(made["name"]) == 36


@pytest.mark.parametrize(
    "role",
    [
        "/providers/Microsoft.Authorization/roleDefinitions/99999999-9999-4999-8999-999999999999",
        f"/subscriptions/{_NAME}{SECRETS_USER}",
        "Key Vault Secrets User",
    ],
)
def test_unknown_role_is_refused(clouds: Clouds, grant: Plain, role: str) -> None:
    with pytest.raises(Refused, match="RoleDefinition"):
        _create(clouds, grant, roleDefinitionId=role)


def test_scope_must_exist(clouds: Clouds, grant: Plain) -> None:
    with pytest.raises(Refused, match='Code="ResourceNotFound"'):
        _create(clouds, grant, scope=f"{grant['scope']}-other")


@pytest.mark.parametrize("beneath", ["/secrets/orders-backend-key", "/"])
def test_vaults_secrets_are_scopes_too(clouds: Clouds, grant: Plain, beneath: str) -> None:
    _create(clouds, grant, scope=f"{grant['scope']}{beneath}")


def test_group_and_subscription_are_scopes(clouds: Clouds, grant: Plain) -> None:
    _create(clouds, grant, scope=world.SUBSCRIPTION)
    group = f"{world.SUBSCRIPTION}/resourceGroups/group"
    _create(clouds, grant, scope=group)
    with pytest.raises(Refused, match='Code="ResourceGroupNotFound"'):
        _create(clouds, grant, scope=f"{world.SUBSCRIPTION}/resourceGroups/nowhere")


def test_role_of_a_grant_cannot_change(clouds: Clouds, grant: Plain) -> None:
    made = _create(clouds, grant)
    other = {**grant, "roleDefinitionId": SECRETS_OFFICER}
    assert clouds.azure.diff(made, other).replaced == set()
    with pytest.raises(Refused, match='Code="RoleAssignmentUpdateNotPermitted"'):
        clouds.azure.update(made, other)


@pytest.mark.parametrize("version", [None, "1.0"])
def test_a_condition_needs_the_condition_version(
    clouds: Clouds, grant: Plain, version: str | None
) -> None:
    condition = "@Resource[Microsoft.KeyVault/vaults/secrets:name] StringEquals 'a'"
    with pytest.raises(Refused, match=r"Code=\"InvalidConditionVersion\".*'2.0'"):
        _create(clouds, grant, condition=condition, conditionVersion=version)
    made = _create(clouds, grant, condition=condition, conditionVersion="2.0")
    assert made["condition"] == condition


def test_a_condition_that_cannot_be_read_is_refused(clouds: Clouds, grant: Plain) -> None:
    refusal = (
        'Status=400 Code="InvalidCondition" Message="The given role assignment condition is inv'
    )
    with pytest.raises(Refused, match=refusal):
        _create(clouds, grant, condition="@Resource[a:b] Like 'a'", conditionVersion="2.0")


def test_a_condition_has_its_longest(clouds: Clouds, grant: Plain) -> None:
    with pytest.raises(Refused, match="InvalidCondition"):
        _create(clouds, grant, condition="c" * 8_193, conditionVersion="2.0")


def test_a_subscription_takes_four_thousand_grants(clouds: Clouds, grant: Plain) -> None:
    made = _create(clouds, grant)
    store, body = clouds.cloud.store, clouds.cloud.store.all(ASSIGNMENT)[0].body
    with store.transaction():
        for number in range(3_999):
            other = f"{made.id[:-4]}{number:04x}"
            principal = {"principalId": f"somebody-{number}", "name": other.rsplit("/", 1)[1]}
            store.insert(ASSIGNMENT, other, {**body, **principal}, 0)
    with pytest.raises(Refused, match='Status=400 Code="RoleAssignmentLimitExceeded"'):
        _create(
            clouds, grant, roleDefinitionId=SECRETS_OFFICER, roleAssignmentName=_NAME[:-1] + "2"
        )
    clouds.azure.update(made, {**grant, "description": "still mine"})


@pytest.mark.parametrize("name", ["scope", "principalId", "roleAssignmentName"])
def test_grant_is_replaced_delete_first(clouds: Clouds, grant: Plain, name: str) -> None:
    made = _create(clouds, grant)
    difference = clouds.azure.diff(made, {**grant, name: "other"})
    assert (difference.replaced, difference.deletes_first) == ({name}, True)


def test_only_secret_roles_read_secrets() -> None:
    action = "Microsoft.KeyVault/vaults/secrets/getSecret/action"
    readers = {role.name for role in ROLES.values() if role.allows(action)}
    assert readers == {
        "Key Vault Administrator",
        "Key Vault Secrets User",
        "Key Vault Secrets Officer",
        "Key Vault Certificate User",
    }


def test_only_administrator_and_officer_set_secrets() -> None:
    action = "microsoft.keyvault/vaults/secrets/setSecret/action"
    writers = {role.name for role in ROLES.values() if role.allows(action)}
    assert writers == {"Key Vault Administrator", "Key Vault Secrets Officer"}
