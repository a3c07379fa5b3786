"""IAM policies as several types edit them, service agents, APIs, and who may act as whom."""

from __future__ import annotations

import pytest

from sandbox import google_iam, world
from tests.sandbox.controlplane.rig import (
    ACCOUNT,
    ACCOUNT_MEMBER,
    CUSTOM_ROLE,
    PROJECT_BINDING,
    PROJECT_MEMBER,
    SERVICE,
    SERVICE_IDENTITY,
    Clouds,
    Deployed,
    Plain,
    Refused,
)

ROLE = "roles/logging.logWriter"
ALICE = "user:alice@example.com"
BOB = "user:bob@example.com"
CONDITION = {"title": "only today", "expression": "request.time < timestamp('2030-01-01')"}
RESOURCE_MANAGER = f"{world.PROJECT_ID}/cloudresourcemanager.googleapis.com"


@pytest.fixture
def account(clouds: Clouds) -> Deployed:
    return clouds.gcp.create(ACCOUNT, {"accountId": "apigee-kv-alpha"})


def grant(member: str = ALICE, **other: object) -> Plain:
    return {"project": world.PROJECT_ID, "role": ROLE, "member": member, **other}


def binding(*members: str, **other: object) -> Plain:
    return {"project": world.PROJECT_ID, "role": ROLE, "members": list(members), **other}


def members(clouds: Clouds, made: Deployed) -> list[str]:
    found = clouds.gcp.read(made)
    assert found is not None
    return list(found["members"])


# A binding is authoritative for its role


def test_a_binding_takes_over_its_role_and_members_it_omits_are_gone(clouds: Clouds) -> None:
    alice = clouds.gcp.create(PROJECT_MEMBER, grant(ALICE))
    bob = clouds.gcp.create(PROJECT_MEMBER, grant(BOB))
    made = clouds.gcp.create(PROJECT_BINDING, binding(ALICE))
    assert made.id == f"{world.PROJECT_ID}/{ROLE}"
    assert clouds.gcp.read(alice) is not None
    assert clouds.gcp.read(bob) is None


def test_a_member_added_beside_a_binding_is_drift_that_the_next_update_removes(
    clouds: Clouds,
) -> None:
    made = clouds.gcp.create(PROJECT_BINDING, binding(ALICE))
    bob = clouds.gcp.create(PROJECT_MEMBER, grant(BOB))
    refreshed = clouds.gcp.read(made)
    assert refreshed is not None
    assert refreshed["members"] == [ALICE, BOB]
    assert clouds.gcp.diff(refreshed, binding(ALICE)).changed == {"members[1]"}
    clouds.gcp.update(refreshed, binding(ALICE))
    assert clouds.gcp.read(bob) is None


def test_a_binding_leaves_other_roles_and_conditions_alone(clouds: Clouds) -> None:
    other_role = clouds.gcp.create(PROJECT_MEMBER, grant(role="roles/viewer"))
    conditional = clouds.gcp.create(PROJECT_MEMBER, grant(condition=CONDITION))
    clouds.gcp.delete(clouds.gcp.create(PROJECT_BINDING, binding(BOB)))
    assert clouds.gcp.read(other_role) is not None
    assert clouds.gcp.read(conditional) is not None


def test_a_deleted_binding_takes_every_member_of_the_role_along(clouds: Clouds) -> None:
    alice = clouds.gcp.create(PROJECT_MEMBER, grant(ALICE))
    made = clouds.gcp.create(PROJECT_BINDING, binding(ALICE, BOB))
    clouds.gcp.delete(made)
    assert clouds.gcp.read(alice) is None
    # As the provider reads it: not gone, but without members.
    assert members(clouds, made) == []


def test_a_bindings_members_are_a_set(clouds: Clouds) -> None:
    made = clouds.gcp.create(PROJECT_BINDING, binding(ALICE, BOB))
    again = binding(BOB, "user:Alice@Example.com", BOB)
    assert clouds.gcp.diff(made, again).changed == set()
    assert clouds.gcp.diff(made, binding(BOB)).changed != set()


def test_a_bindings_role_project_and_condition_replace_it(clouds: Clouds) -> None:
    made = clouds.gcp.create(PROJECT_BINDING, binding(ALICE))
    for change in ({"role": "roles/viewer"}, {"project": "other"}, {"condition": CONDITION}):
        found = clouds.gcp.diff(made, binding(ALICE, **change))
        assert found.replaced == set(change)
        assert not found.deletes_first


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("alice", "IAM members must have one of"),
        ("deleted:serviceAccount:a@b.c?uid=1", "IAM members for deleted principals"),
        ("serviceAccount:a@nowhere.iam.gserviceaccount.com", "does not exist"),
        ("allUsers", "Error 400: Request contains an invalid argument., badRequest"),
    ],
)
def test_one_bad_member_refuses_the_whole_binding(
    clouds: Clouds, member: str, message: str
) -> None:
    before = clouds.cloud.store.revision
    with pytest.raises(Refused, match=message):
        clouds.gcp.create(PROJECT_BINDING, binding(ALICE, member))
    assert clouds.cloud.store.revision == before


def test_a_binding_of_a_role_that_is_not_there_is_refused_whoever_its_members_are(
    clouds: Clouds,
) -> None:
    for members_ in ((), (ALICE,)):
        with pytest.raises(Refused, match=r"Error 400: Role roles/logging\.poet is not supported"):
            clouds.gcp.create(PROJECT_BINDING, binding(*members_, role="roles/logging.poet"))


# Import, by the ids that the provider documents


def test_members_and_bindings_are_imported_by_words_and_not_by_their_state_ids(
    clouds: Clouds, account: Deployed
) -> None:
    on_account = {"serviceAccountId": account["name"], "role": "roles/viewer", "member": ALICE}
    cases = [
        (PROJECT_MEMBER, grant(), f"{world.PROJECT_ID} {ROLE} {ALICE}"),
        (
            PROJECT_MEMBER,
            grant(condition=CONDITION),
            f"{world.PROJECT_ID} {ROLE} {ALICE} only today",
        ),
        (ACCOUNT_MEMBER, on_account, f"{account['name']} roles/viewer {ALICE}"),
        (PROJECT_BINDING, binding(ALICE), f"{world.PROJECT_ID} {ROLE}"),
        (
            PROJECT_BINDING,
            binding(ALICE, condition=CONDITION),
            f"{world.PROJECT_ID} {ROLE} only today",
        ),
    ]
    for token, inputs, named in cases:
        made = clouds.gcp.create(token, inputs)
        found = clouds.gcp.import_(token, named)
        assert found is not None, named
        assert (found.id, found.outputs) == (made.id, made.outputs)
        assert found.inputs == inputs
        if " " not in made.id:
            with pytest.raises(Refused, match="Wrong number of parts"):
                clouds.gcp.import_(token, made.id)


def test_a_member_that_is_not_there_cannot_be_imported(clouds: Clouds) -> None:
    clouds.gcp.create(PROJECT_MEMBER, grant(condition=CONDITION))
    for named in (
        f"{world.PROJECT_ID} {ROLE} {BOB}",
        f"{world.PROJECT_ID} {ROLE} {ALICE}",
        f"{world.PROJECT_ID} {ROLE} {ALICE} another title",
    ):
        with pytest.raises(Refused, match="Cannot find binding"):
            clouds.gcp.import_(PROJECT_MEMBER, named)


def test_a_conditional_grant_counts_for_nothing(clouds: Clouds, account: Deployed) -> None:
    clouds.gcp.create(PROJECT_MEMBER, grant(account["member"], condition=CONDITION))
    store, permission = clouds.cloud.store, "logging.logEntries.create"
    assert not google_iam.has_on_project(store, account["email"], permission)


# Deleted accounts


def test_a_deleted_accounts_grants_stay_and_count_for_nobody(
    clouds: Clouds, account: Deployed
) -> None:
    made = clouds.gcp.create(PROJECT_MEMBER, grant(account["member"]))
    held = clouds.gcp.create(PROJECT_BINDING, binding(account["member"], role="roles/viewer"))
    store, permission = clouds.cloud.store, "logging.logEntries.create"
    assert google_iam.has_on_project(store, account["email"], permission)
    clouds.gcp.delete(account)
    left = f"deleted:{account['member']}?uid={account['uniqueId']}"
    assert clouds.gcp.read(made) is None
    assert members(clouds, held) == [left]
    clouds.gcp.create(ACCOUNT, {"accountId": "apigee-kv-alpha"})
    assert not google_iam.has_on_project(store, account["email"], permission)
    assert members(clouds, held) == [left]
    again = clouds.gcp.create(PROJECT_MEMBER, grant(account["member"]))
    assert google_iam.has_on_project(store, account["email"], permission)
    clouds.gcp.delete(again)


def test_an_account_deleted_twice_leaves_one_member_for_each_of_its_lives(clouds: Clouds) -> None:
    for _ in range(2):
        account = clouds.gcp.create(ACCOUNT, {"accountId": "apigee-kv-alpha"})
        clouds.gcp.create(PROJECT_MEMBER, grant(account["member"]))
        clouds.gcp.delete(account)
    held = clouds.gcp.import_(PROJECT_BINDING, f"{world.PROJECT_ID} {ROLE}")
    assert held is not None
    assert len(held["members"]) == 2
    assert all(member.startswith("deleted:serviceAccount:") for member in held["members"])


# Service agents


def test_no_role_is_granted_to_an_agent_before_it_is_made(
    clouds: Clouds, account: Deployed
) -> None:
    agent = f"serviceAccount:{world.APIGEE_SERVICE_AGENT}"
    role = "roles/iam.serviceAccountTokenCreator"
    inputs = {"serviceAccountId": account["name"], "role": role, "member": agent}
    with pytest.raises(Refused, match=f"Error 400: .*{world.APIGEE_SERVICE_AGENT} does not exist"):
        clouds.gcp.create(ACCOUNT_MEMBER, inputs)
    made = clouds.gcp.create(SERVICE_IDENTITY, {"service": "apigee.googleapis.com"})
    assert (made["email"], made["member"]) == (world.APIGEE_SERVICE_AGENT, agent)
    clouds.gcp.create(ACCOUNT_MEMBER, inputs)


def test_an_agent_is_made_once_and_outlives_its_resource(clouds: Clouds) -> None:
    made = clouds.gcp.create(SERVICE_IDENTITY, {"service": "apigee.googleapis.com"})
    clouds.gcp.delete(made)
    again = clouds.gcp.create(SERVICE_IDENTITY, {"service": "apigee.googleapis.com"})
    assert (again.id, again["email"]) == (made.id, made["email"])


def test_an_agent_that_the_sandbox_does_not_know_is_refused_by_name(clouds: Clouds) -> None:
    with pytest.raises(Refused, match=r"no service agent of pubsub\.googleapis\.com"):
        clouds.gcp.create(SERVICE_IDENTITY, {"service": "pubsub.googleapis.com"})
    with pytest.raises(Refused, match="project nowhere"):
        service = {"service": "apigee.googleapis.com", "project": "nowhere"}
        clouds.gcp.create(SERVICE_IDENTITY, service)


# APIs


def test_a_service_that_google_does_not_know_is_refused(clouds: Clouds) -> None:
    for service in ("keyvault.googleapis.com", "logging.example.com"):
        with pytest.raises(
            Refused, match=f"Error 403: Not found or permission denied for service.*{service}"
        ):
            clouds.gcp.create(SERVICE, {"service": service})


def test_without_resource_manager_neither_apis_nor_the_projects_grants_can_be_managed(
    clouds: Clouds,
) -> None:
    made = clouds.gcp.create(SERVICE, {"service": "logging.googleapis.com"})
    clouds.cloud.store.remove(SERVICE, RESOURCE_MANAGER, clouds.cloud.clock.now())
    refusal = "Error 403: Cloud Resource Manager API has not been used in project 100000000001"
    for token, inputs in (
        (SERVICE, {"service": "iamcredentials.googleapis.com"}),
        (PROJECT_MEMBER, grant()),
        (PROJECT_BINDING, binding(ALICE)),
    ):
        with pytest.raises(Refused, match=refusal):
            clouds.gcp.create(token, inputs)
    with pytest.raises(Refused, match=refusal):
        clouds.gcp.read(made)


# actAs


def test_an_owner_may_act_as_the_projects_accounts_and_as_no_others(
    clouds: Clouds, account: Deployed
) -> None:
    assert google_iam.may_act_as(clouds.cloud, account["email"])
    assert not google_iam.may_act_as(clouds.cloud, "runtime@elsewhere.iam.gserviceaccount.com")
    assert not google_iam.may_act_as(clouds.cloud, world.APIGEE_SERVICE_AGENT)
    clouds.gcp.delete(account)
    assert not google_iam.may_act_as(clouds.cloud, account["email"])


def test_a_deployer_without_the_project_needs_the_role_on_the_account(
    clouds: Clouds, account: Deployed
) -> None:
    clouds.gcp.create(PROJECT_BINDING, binding(ALICE, role="roles/owner"))
    assert not google_iam.may_act_as(clouds.cloud, account["email"])
    inputs = {
        "serviceAccountId": account["name"],
        "role": "roles/iam.serviceAccountUser",
        "member": f"serviceAccount:{world.DEPLOYER_ACCOUNT}",
    }
    clouds.gcp.create(ACCOUNT_MEMBER, inputs)
    assert google_iam.may_act_as(clouds.cloud, account["email"])
    assert not google_iam.may_act_as(clouds.cloud, world.WRITER_SERVICE_ACCOUNT)


# Custom roles


def custom(**change: object) -> Plain:
    return {
        "roleId": "actor",
        "title": "Actor",
        "permissions": ["iam.serviceAccounts.actAs"],
        **change,
    }


def test_a_custom_role_grants_what_is_in_it_until_it_is_deleted(
    clouds: Clouds, account: Deployed
) -> None:
    role = clouds.gcp.create(CUSTOM_ROLE, custom())
    assert role.id == role["name"] == f"projects/{world.PROJECT_ID}/roles/actor"
    clouds.gcp.create(PROJECT_BINDING, binding(ALICE, role="roles/owner"))
    deployer = f"serviceAccount:{world.DEPLOYER_ACCOUNT}"
    clouds.gcp.create(PROJECT_MEMBER, grant(deployer, role=role["name"]))
    assert google_iam.may_act_as(clouds.cloud, account["email"])
    store = clouds.cloud.store
    email = world.DEPLOYER_ACCOUNT
    assert not google_iam.has_on_project(store, email, "logging.logEntries.create")
    clouds.gcp.delete(role)
    assert not google_iam.may_act_as(clouds.cloud, account["email"])
    with pytest.raises(Refused, match="does not exist in the resource's hierarchy"):
        clouds.gcp.create(PROJECT_MEMBER, grant(ALICE, role=role["name"]))


def test_a_custom_role_is_granted_only_once_it_is_there(clouds: Clouds) -> None:
    for role in (f"projects/{world.PROJECT_ID}/roles/actor", "projects/elsewhere/roles/actor"):
        with pytest.raises(Refused, match="does not exist in the resource's hierarchy"):
            clouds.gcp.create(PROJECT_MEMBER, grant(role=role))


def test_a_deleted_custom_role_is_taken_back_by_a_create(clouds: Clouds) -> None:
    role = clouds.gcp.create(CUSTOM_ROLE, custom())
    clouds.gcp.delete(role)
    found = clouds.gcp.read(role)
    assert found is not None
    assert found["deleted"]
    again = clouds.gcp.create(CUSTOM_ROLE, custom(title="Actor again"))
    assert (again.id, again["deleted"], again["title"]) == (role.id, False, "Actor again")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"roleId": "an-actor"}, "doesn't match regexp"),
        ({"roleId": "ab"}, "doesn't match regexp"),
        ({"permissions": []}, "requires 1 item minimum"),
        ({"permissions": ["apigee.*"]}, r"Permission apigee\.\* is not valid"),
        ({"permissions": ["roles/owner"]}, "Permission roles/owner is not valid"),
        ({"stage": "LATER"}, "expected stage to be one of"),
        ({"title": "x" * 101}, "at most 100 characters"),
        ({"description": "x" * 301}, "at most 300 characters"),
        ({"project": "nowhere"}, "project nowhere"),
    ],
)
def test_what_google_refuses_in_a_custom_role(clouds: Clouds, change: Plain, message: str) -> None:
    with pytest.raises(Refused, match=message):
        clouds.gcp.create(CUSTOM_ROLE, custom(**change))
