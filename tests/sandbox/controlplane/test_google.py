"""Service accounts, IAM members, enabled APIs and what every gcp type keeps."""

from __future__ import annotations

import pytest

from sandbox import world
from tests.sandbox.controlplane.rig import (
    ACCOUNT,
    ACCOUNT_MEMBER,
    KVM,
    PROJECT_MEMBER,
    SERVICE,
    Clouds,
    Deployed,
    Refused,
)

_EMAIL = "apigee-kv-alpha@sandbox-gateway.iam.gserviceaccount.com"
_MEMBER = f"serviceAccount:{world.WRITER_SERVICE_ACCOUNT}"


@pytest.fixture
def account(clouds: Clouds) -> Deployed:
    return clouds.gcp.create(ACCOUNT, {"accountId": "apigee-kv-alpha"})


def test_account_is_named_by_its_email(account: Deployed) -> None:
    assert account.id == f"projects/sandbox-gateway/serviceAccounts/{_EMAIL}"
    assert account["email"] == _EMAIL
    assert account["member"] == f"serviceAccount:{_EMAIL}"
    assert account["uniqueId"].isdigit()
    assert len(account["uniqueId"]) == 21


def test_recreated_account_is_another_subject(clouds: Clouds, account: Deployed) -> None:
    clouds.gcp.delete(account)
    again = clouds.gcp.create(ACCOUNT, {"accountId": "apigee-kv-alpha"})
    assert again["uniqueId"] != account["uniqueId"]


def test_creating_what_exists_is_refused_unless_asked_to_adopt(
    clouds: Clouds, account: Deployed
) -> None:
    with pytest.raises(Refused, match=r"googleapi: Error 409.*already exists"):
        clouds.gcp.create(ACCOUNT, {"accountId": "apigee-kv-alpha"})
    adopted = clouds.gcp.create(
        ACCOUNT, {"accountId": "apigee-kv-alpha", "createIgnoreAlreadyExists": True}
    )
    assert adopted["uniqueId"] == account["uniqueId"]


@pytest.mark.parametrize("name", ["short", "Upper-case", "1starts-wrong", "a" * 31, "ends-wrong-"])
def test_bad_account_id_is_refused_before_any_call(clouds: Clouds, name: str) -> None:
    with pytest.raises(Refused, match=r'"account_id".*doesn\'t match'):
        clouds.gcp.create(ACCOUNT, {"accountId": name})


def test_unknown_project_is_refused(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="Error 403: Permission denied on resource project nowhere"):
        clouds.gcp.create(ACCOUNT, {"accountId": "apigee-kv-alpha", "project": "nowhere"})
    bare = clouds.launch("gcp", settings={})
    with pytest.raises(Refused, match="pulumi config set gcp:project"):
        bare.create(ACCOUNT, {"accountId": "apigee-kv-alpha"})


def test_grant_on_an_account_needs_its_name_not_its_email(
    clouds: Clouds, account: Deployed
) -> None:
    role = "roles/iam.serviceAccountTokenCreator"
    grant = {"serviceAccountId": account["email"], "role": role, "member": _MEMBER}
    with pytest.raises(Refused, match="Error 404: Unknown service account"):
        clouds.gcp.create(ACCOUNT_MEMBER, grant)
    made = clouds.gcp.create(ACCOUNT_MEMBER, {**grant, "serviceAccountId": account["name"]})
    assert made.id == f"{account['name']}/{role}/{_MEMBER}"


def test_grant_that_is_there_is_taken_over(clouds: Clouds) -> None:
    grant = {"project": world.PROJECT_ID, "role": "roles/logging.logWriter", "member": _MEMBER}
    first = clouds.gcp.create(PROJECT_MEMBER, grant)
    second = clouds.gcp.create(PROJECT_MEMBER, grant)
    assert first.id == second.id


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"member": "apigee"}, "IAM members must have one of"),
        ({"member": "deleted:serviceAccount:a@b.c?uid=1"}, "IAM members for deleted principals"),
        ({"member": "person:a@example.com"}, "unknown type"),
        ({"member": "serviceAccount:a@nowhere.iam.gserviceaccount.com"}, "does not exist"),
        ({"role": "logWriter"}, "is not supported"),
        ({"role": "roles/logging.poet"}, "Error 400: Role roles/logging.poet is not supported"),
        ({"role": "projects/sandbox-gateway/roles/own"}, r"roles/own\) does not exist in the"),
        ({"member": "allUsers"}, "Error 400: Request contains an invalid argument., badRequest"),
        ({"member": "allAuthenticatedUsers"}, "Error 400: Request contains an invalid argument"),
        ({"project": "nowhere"}, "Error 403"),
    ],
)
def test_bad_grant_is_refused(clouds: Clouds, change: dict[str, str], message: str) -> None:
    grant = {"project": world.PROJECT_ID, "role": "roles/logging.logWriter", "member": _MEMBER}
    with pytest.raises(Refused, match=message):
        clouds.gcp.create(PROJECT_MEMBER, {**grant, **change})


def test_an_account_may_be_opened_to_everybody_but_not_by_a_role_that_is_not_there(
    clouds: Clouds, account: Deployed
) -> None:
    grant = {"serviceAccountId": account["name"], "member": "allUsers"}
    clouds.gcp.create(ACCOUNT_MEMBER, {**grant, "role": "roles/iam.serviceAccountUser"})
    with pytest.raises(Refused, match=r"Error 400: Role roles/iam\.poet is not supported"):
        clouds.gcp.create(ACCOUNT_MEMBER, {**grant, "role": "roles/iam.poet"})


def test_every_part_of_a_grant_replaces_it(clouds: Clouds, account: Deployed) -> None:
    grant = {"project": world.PROJECT_ID, "role": "roles/logging.logWriter", "member": _MEMBER}
    made = clouds.gcp.create(PROJECT_MEMBER, grant)
    for name, other in {"project": "p", "role": "roles/viewer", "member": "user:a@b.c"}.items():
        assert clouds.gcp.diff(made, {**grant, name: other}).replaced == {name}


def test_grants_on_an_account_go_with_it(clouds: Clouds, account: Deployed) -> None:
    grant = {"role": "roles/iam.serviceAccountTokenCreator", "member": _MEMBER}
    made = clouds.gcp.create(ACCOUNT_MEMBER, {**grant, "serviceAccountId": account["name"]})
    clouds.gcp.delete(account)
    assert clouds.gcp.read(made) is None


def test_enabled_api_stays_enabled_unless_told_to_go(clouds: Clouds) -> None:
    inputs = {"service": "iamcredentials.googleapis.com"}
    made = clouds.gcp.create(SERVICE, inputs)
    assert made.id == "sandbox-gateway/iamcredentials.googleapis.com"
    clouds.gcp.create(SERVICE, inputs)
    clouds.gcp.delete(made)
    assert clouds.gcp.read(made) is not None
    told = clouds.gcp.create(SERVICE, {**inputs, "disableOnDestroy": True})
    clouds.gcp.delete(told)
    assert clouds.gcp.read(told) is None


def test_bad_api_name_is_refused(clouds: Clouds) -> None:
    with pytest.raises(Refused, match=r"googleapis.com"):
        clouds.gcp.create(SERVICE, {"service": "iamcredentials"})


def test_deletion_policy_prevents_or_abandons(clouds: Clouds) -> None:
    held = clouds.gcp.create(ACCOUNT, {"accountId": "apigee-kv-held", "deletionPolicy": "PREVENT"})
    with pytest.raises(Refused, match="deletion_policy"):
        clouds.gcp.delete(held)
    left = clouds.gcp.create(ACCOUNT, {"accountId": "apigee-kv-left", "deletionPolicy": "ABANDON"})
    clouds.gcp.delete(left)
    assert clouds.gcp.read(left) is not None


def test_mistakes_are_told_in_the_bridges_words(clouds: Clouds) -> None:
    with pytest.raises(Refused) as refused:
        clouds.gcp.create(KVM, {"bogus": 1})
    lines = str(refused.value).splitlines()
    assert any("Missing required argument" in line and "envId" in line for line in lines)
    assert any("Invalid or unknown key" in line and "bogus" in line for line in lines)


def test_account_changes_in_place_but_for_its_name(clouds: Clouds, account: Deployed) -> None:
    described = {"accountId": "apigee-kv-alpha", "description": "reads"}
    assert clouds.gcp.diff(account, described).replaced == set()
    unique = account["uniqueId"]
    clouds.gcp.update(account, described)
    assert (account["description"], account["uniqueId"]) == ("reads", unique)
    renamed = clouds.gcp.diff(account, {"accountId": "apigee-kv-beta"})
    assert renamed.replaced == {"accountId"}
