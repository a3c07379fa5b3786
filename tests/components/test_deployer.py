"""The deployer's rights: who gets which, where, and that none can be had by asking wrongly."""

from collections.abc import Callable
from typing import Any

import pytest

from components.deployer import azure_needs, conditions, google_needs
from components.deployer.deployer_rights import DeployerRights, DeployerRightsArgs
from components.deployer.need import union
from components.roles import ASSIGNED, RBAC_ADMINISTRATOR
from sandbox.controlplane.azure.conditions import check
from tests.components.configurations import SUBNET_ID, VAULT_ID
from tests.components.recording import Recording, Registered, record

SUBSCRIPTION = "/subscriptions/22222222-2222-4222-8222-222222222222"
GROUP = f"{SUBSCRIPTION}/resourceGroups/gateway"
DEPLOYER = "55555555-5555-4555-8555-555555555555"
MEMBER = "serviceAccount:deployer@sandbox-gateway.iam.gserviceaccount.com"


def _args(**given: Any) -> DeployerRightsArgs:  # noqa: ANN401  arguments of any type
    return DeployerRightsArgs(
        **{
            "stack": "prod",
            "principal_id": DEPLOYER,
            "scopes": [SUBSCRIPTION],
            "project": "sandbox-gateway",
            "member": MEMBER,
            **given,
        }
    )


def _rights(**given: Any) -> Callable[[], DeployerRights]:  # noqa: ANN401  as above
    return lambda: DeployerRights("deployer", _args(**given))


def _assigned(recording: Recording) -> list[Registered]:
    return recording.of("RoleAssignment")


def test_its_role_holds_what_is_listed_and_nothing_of_the_vaults_values(preview: bool) -> None:
    role = record(_rights(), preview=preview).one("RoleDefinition").inputs
    (permission,) = role["permissions"]
    assert permission == {"actions": union(azure_needs.BY_CUSTOM_ROLE)}
    assert role["assignableScopes"] == [SUBSCRIPTION]
    reaching = ("/secrets", "/accesspolicies", "purge", "roleassignments", "roledefinitions")
    actions = [action.lower() for action in permission["actions"]]
    assert [a for a in actions if any(part in a for part in reaching)] == []
    # Of whole families of actions, only the reads of the workspace's tables.
    assert [a for a in actions if "*" in a] == [
        "microsoft.operationalinsights/workspaces/query/*/read"
    ]


def test_every_assignment_is_a_workloads(preview: bool) -> None:
    recording = record(_rights(scopes=[GROUP, VAULT_ID], uses=[SUBNET_ID]), preview=preview)
    assert len(_assigned(recording)) == 5
    for assignment in _assigned(recording):
        assert assignment.inputs["principalId"] == DEPLOYER
        assert assignment.inputs["principalType"] == "ServicePrincipal"


def test_it_may_assign_where_it_deploys_and_not_on_what_it_only_uses() -> None:
    recording = record(_rights(scopes=[GROUP, VAULT_ID], uses=[SUBNET_ID]), preview=False)
    role_id = recording.one("RoleDefinition").urn
    deploys: list[str] = []
    assigns: list[str] = []
    for assignment in _assigned(recording):
        own = role_id in assignment.property_dependencies.get("roleDefinitionId", ())
        (deploys if own else assigns).append(assignment.inputs["scope"])
    assert (sorted(deploys), sorted(assigns)) == (
        sorted([GROUP, VAULT_ID, SUBNET_ID]),
        sorted([GROUP, VAULT_ID]),
    )
    assert recording.one("RoleDefinition").inputs["assignableScopes"] == [
        GROUP,
        f"{SUBSCRIPTION}/resourceGroups/platform",
    ]


def test_who_may_assign_is_bound_by_the_condition() -> None:
    (bound,) = [
        assignment.inputs
        for assignment in _assigned(record(_rights(), preview=False))
        if "condition" in assignment.inputs
    ]
    assert bound["roleDefinitionId"].endswith(f"/{RBAC_ADMINISTRATOR.guid}")
    assert bound["conditionVersion"] == "2.0"
    assert bound["condition"] == conditions.azure(ASSIGNED, DEPLOYER)


def test_nobody_is_an_administrator_without_a_condition() -> None:
    for assignment in _assigned(record(_rights(scopes=[GROUP]), preview=False)):
        administrator = RBAC_ADMINISTRATOR.guid in assignment.inputs["roleDefinitionId"]
        assert administrator == ("condition" in assignment.inputs)


def test_the_condition_allows_the_programs_roles_for_other_workloads_and_nothing_else() -> None:
    text = conditions.azure(ASSIGNED, DEPLOYER)
    check(text)
    guids = ", ".join(role.guid for role in ASSIGNED)
    of = "[Microsoft.Authorization/roleAssignments"
    workload = "PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}"
    assert text == (
        "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR"
        f" (@Request{of}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{guids}}}"
        f" AND @Request{of}:{workload}"
        f" AND @Request{of}:PrincipalId] ForAnyOfAllValues:GuidNotEquals {{{DEPLOYER}}}))"
        " AND ((!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})) OR"
        f" (@Resource{of}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{guids}}}"
        f" AND @Resource{of}:{workload}))"
    )


def test_in_google_it_has_two_roles_and_the_one_that_grants_is_bound(preview: bool) -> None:
    recording = record(_rights(stack="pre-prod"), preview=preview)
    roles = {role.inputs["roleId"]: role.inputs for role in recording.of("IAMCustomRole")}
    assert {name: role["permissions"] for name, role in roles.items()} == {
        "apigee_deploy_pre_prod": union(google_needs.BY_CUSTOM_ROLE),
        "apigee_grant_pre_prod": union(google_needs.BY_CONDITION),
    }
    members = {member.name: member for member in recording.of("IAMMember")}
    assert {member.inputs["member"] for member in members.values()} == {MEMBER}
    for part in ("deploy", "grant"):
        role = recording.one("IAMCustomRole", f"deployer-google-{part}")
        member = members[f"deployer-google-{part}s"]
        assert member.property_dependencies["role"] == {role.urn}
        assert ("condition" in member.inputs) == (part == "grant")
    assert members["deployer-google-grants"].inputs["condition"]["expression"] == (
        "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', [])"
        ".hasOnly(['roles/logging.logWriter'])"
    )


def test_it_can_neither_act_as_every_account_nor_mint_nor_write_the_policy_unbound() -> None:
    rights = union(google_needs.BY_CUSTOM_ROLE)
    reaching = ("actAs", "getAccessToken", "getOpenIdToken", "sign", "Keys.", "projects.setIam")
    assert [right for right in rights if any(part in right for part in reaching)] == []
    assert [right for right in rights if "*" in right] == []


def test_two_deployers_of_one_project_have_roles_of_their_own() -> None:
    named = [
        (
            recording.one("RoleDefinition").inputs["roleDefinitionId"],
            recording.one("RoleDefinition").inputs["roleName"],
            *(role.inputs["roleId"] for role in recording.of("IAMCustomRole")),
        )
        for recording in (record(_rights(stack=stack), preview=False) for stack in ("dev", "prod"))
    ]
    assert len({name for names in named for name in names}) == 8


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"principal_id": "ci@example.com"}, "principal_id 'ci@example.com' is no GUID"),
        ({"member": "user:alice@example.com"}, "member 'user:alice@example.com' is no workload"),
        ({"member": "group:ci@example.com"}, "is no workload"),
        ({"scopes": []}, "no scopes: give the subscription"),
        ({"scopes": ["22222222-2222-4222-8222-222222222222"]}, "is no id of a subscription"),
        ({"scopes": [SUBNET_ID]}, "is no id of a subscription, resource group or vault"),
        ({"scopes": ["/"]}, "is no id of a subscription"),
        ({"uses": [GROUP]}, "is no resource id"),
        ({"scopes": [GROUP, GROUP.upper()]}, "is given twice: remove one"),
        ({"stack": "Prod"}, "stack 'Prod' is no stack name"),
        ({"project": "100000000001"}, "is no Google project id"),
    ],
)
def test_whom_and_where_it_refuses(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="the deployer of") as caught:
        _args(**given)
    assert message in str(caught.value)
