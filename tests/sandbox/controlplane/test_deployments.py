"""Where revisions run: what may be deployed, replaced and undeployed."""

from __future__ import annotations

import pytest

from sandbox import world
from sandbox.gateway.revisions import Revisions
from tests.sandbox.controlplane.deployables import (
    API_INPUTS,
    CALL,
    FLOW_INPUTS,
    GOOGLE,
    RAISE,
    RUN_API,
    RUN_FLOW,
    write_api,
    write_flow,
)
from tests.sandbox.controlplane.rig import (
    ACCOUNT,
    API,
    API_DEPLOYMENT,
    ENVIRONMENT,
    FLOW,
    FLOW_DEPLOYMENT,
    INSTANCE_ATTACHMENT,
    ORGANIZATION,
    PROJECT_MEMBER,
    Clouds,
    Deployed,
    Refused,
)


@pytest.fixture(autouse=True)
def alpha(clouds: Clouds) -> Deployed:
    write_flow(clouds)
    write_api(clouds)
    inputs = {"orgId": ORGANIZATION, "name": "alpha", "type": "INTERMEDIATE"}
    return clouds.gcp.create(ENVIRONMENT, inputs)


def test_revision_must_exist(clouds: Clouds) -> None:
    clouds.gcp.create(FLOW, FLOW_INPUTS)
    with pytest.raises(Refused, match=r"Error 404.*sharedflows/flow/revisions/2"):
        clouds.gcp.create(FLOW_DEPLOYMENT, {**RUN_FLOW, "revision": "2"})
    with pytest.raises(Refused, match=r"Error 404.*environments/beta"):
        clouds.gcp.create(FLOW_DEPLOYMENT, {**RUN_FLOW, "environment": "beta"})


def test_google_authentication_needs_a_service_account_that_exists(clouds: Clouds) -> None:
    write_flow(clouds, GOOGLE, "AM")
    clouds.gcp.create(FLOW, FLOW_INPUTS)
    with pytest.raises(Refused, match="a service account is required"):
        clouds.gcp.create(FLOW_DEPLOYMENT, RUN_FLOW)
    email = "runtime@sandbox-gateway.iam.gserviceaccount.com"
    with pytest.raises(Refused, match=r"iam\.serviceAccounts\.actAs"):
        clouds.gcp.create(FLOW_DEPLOYMENT, {**RUN_FLOW, "serviceAccount": email})
    clouds.gcp.create(ACCOUNT, {"accountId": "runtime"})
    clouds.gcp.create(FLOW_DEPLOYMENT, {**RUN_FLOW, "serviceAccount": email})


def test_base_environment_takes_no_extensible_policy(clouds: Clouds) -> None:
    clouds.gcp.create(ENVIRONMENT, {"orgId": ORGANIZATION, "name": "small", "type": "BASE"})
    write_flow(clouds, GOOGLE, "AM")
    clouds.gcp.create(FLOW, FLOW_INPUTS)
    with pytest.raises(Refused, match=r"extensible policies.*AssignMessage.*BASE"):
        clouds.gcp.create(FLOW_DEPLOYMENT, {**RUN_FLOW, "environment": "small"})


def test_shared_flow_in_use_cannot_be_undeployed(clouds: Clouds) -> None:
    write_api(clouds, CALL, "FC")
    clouds.gcp.create(FLOW, FLOW_INPUTS)
    clouds.gcp.create(API, API_INPUTS)
    flow = clouds.gcp.create(FLOW_DEPLOYMENT, RUN_FLOW)
    proxy = clouds.gcp.create(API_DEPLOYMENT, RUN_API)
    with pytest.raises(Refused, match="WOULD_BREAK_DEPENDENT"):
        clouds.gcp.delete(flow)
    clouds.gcp.delete(proxy)
    clouds.gcp.delete(flow)


def test_shared_flows_new_revision_is_an_update_and_survives_refresh_and_delete(
    clouds: Clouds,
) -> None:
    flow = clouds.gcp.create(FLOW, FLOW_INPUTS)
    deployed = clouds.gcp.create(FLOW_DEPLOYMENT, RUN_FLOW)
    write_flow(clouds, RAISE.replace("RF", "Other"), "Other")
    clouds.gcp.update(flow, FLOW_INPUTS)
    newer = {**RUN_FLOW, "revision": "2"}
    assert clouds.gcp.diff(deployed, newer).replaced == set()
    clouds.gcp.update(deployed, newer)
    refreshed = clouds.gcp.read(deployed)
    assert refreshed is not None
    assert refreshed.inputs == deployed.inputs
    clouds.gcp.delete(deployed)
    assert clouds.gcp.read(deployed) is None


def test_proxys_new_revision_is_made_first_and_takes_over(clouds: Clouds) -> None:
    proxy = clouds.gcp.create(API, API_INPUTS)
    first = clouds.gcp.create(API_DEPLOYMENT, RUN_API)
    write_api(clouds, RAISE.replace("RF", "Other"), "Other")
    clouds.gcp.update(proxy, API_INPUTS)
    newer = {**RUN_API, "revision": 2}
    difference = clouds.gcp.diff(first, newer)
    assert (difference.replaced, difference.deletes_first) == ({"revision"}, False)
    second = clouds.gcp.create(API_DEPLOYMENT, newer)
    clouds.gcp.delete(first)
    assert clouds.gcp.read(second) is not None
    assert clouds.gcp.read(first) is None


def test_without_override_a_second_revision_is_refused(clouds: Clouds) -> None:
    proxy = clouds.gcp.create(API, API_INPUTS)
    clouds.gcp.create(API_DEPLOYMENT, RUN_API)
    write_api(clouds, RAISE.replace("RF", "Other"), "Other")
    clouds.gcp.update(proxy, API_INPUTS)
    with pytest.raises(Refused, match=r"CONFLICTING_DEPLOYMENT"):
        clouds.gcp.create(API_DEPLOYMENT, {**RUN_API, "revision": 2, "override": False})


def test_base_path_belongs_to_one_proxy(clouds: Clouds) -> None:
    clouds.gcp.create(API, API_INPUTS)
    clouds.gcp.create(API_DEPLOYMENT, RUN_API)
    clouds.gcp.create(API, {**API_INPUTS, "name": "other"})
    with pytest.raises(Refused, match=r"Existing deployment.*conflicting base paths: /p"):
        clouds.gcp.create(API_DEPLOYMENT, {**RUN_API, "api": "other"})


def test_changed_service_account_alone_collides(clouds: Clouds) -> None:
    account = clouds.gcp.create(ACCOUNT, {"accountId": "runtime"})
    clouds.gcp.create(API, API_INPUTS)
    made = clouds.gcp.create(API_DEPLOYMENT, RUN_API)
    changed = {**RUN_API, "serviceAccount": account["email"]}
    difference = clouds.gcp.diff(made, changed)
    assert (difference.replaced, difference.deletes_first) == ({"serviceAccount"}, False)
    with pytest.raises(Refused, match="is already deployed"):
        clouds.gcp.create(API_DEPLOYMENT, changed)


def test_new_revision_and_a_new_account_together_replace_without_a_gap(clouds: Clouds) -> None:
    account = clouds.gcp.create(ACCOUNT, {"accountId": "runtime"})
    proxy = clouds.gcp.create(API, API_INPUTS)
    first = clouds.gcp.create(API_DEPLOYMENT, RUN_API)
    write_api(clouds, RAISE.replace("RF", "Other"), "Other")
    clouds.gcp.update(proxy, API_INPUTS)
    newer = {**RUN_API, "revision": 2, "serviceAccount": account["email"]}
    second = clouds.gcp.create(API_DEPLOYMENT, newer)
    clouds.gcp.delete(first)
    assert clouds.gcp.read(second) is not None


def test_proxys_deployment_is_read_back_without_the_calls_parameters(clouds: Clouds) -> None:
    account = clouds.gcp.create(ACCOUNT, {"accountId": "runtime"})
    clouds.gcp.create(API, API_INPUTS)
    inputs = {**RUN_API, "serviceAccount": account["email"], "sequencedRollout": True}
    made = clouds.gcp.create(API_DEPLOYMENT, inputs)
    assert made.id.endswith("/apis/api/revisions/1")
    assert made["serviceAccount"] == account["email"]
    imported = clouds.gcp.import_(API_DEPLOYMENT, made.id)
    assert imported is not None
    assert "serviceAccount" not in imported.inputs
    replaced = clouds.gcp.diff(imported, inputs).replaced
    assert replaced == {"serviceAccount", "override", "sequencedRollout"}


@pytest.mark.parametrize("switch", ["override", "sequencedRollout"])
def test_parameter_of_the_deploy_call_replaces(clouds: Clouds, switch: str) -> None:
    clouds.gcp.create(API, API_INPUTS)
    made = clouds.gcp.create(API_DEPLOYMENT, RUN_API)
    assert made["sequencedRollout"] is False
    changed = {**RUN_API, switch: not made[switch]}
    assert clouds.gcp.diff(made, changed).replaced == {switch}


def test_state_is_read_right_after_the_deployment_and_ready_later(clouds: Clouds) -> None:
    instance = f"{ORGANIZATION}/instances/europe-west1"
    clouds.gcp.create(INSTANCE_ATTACHMENT, {"instanceId": instance, "environment": "alpha"})
    clouds.gcp.create(API, API_INPUTS)
    made = clouds.gcp.create(API_DEPLOYMENT, RUN_API)
    assert (made["state"], made["basepaths"]) == ("PROGRESSING", [])
    assert made["deployStartTime"].isdecimal()
    clouds.cloud.clock.advance(60)
    later = clouds.gcp.read(made)
    assert later is not None
    assert (later["state"], later.inputs) == ("READY", made.inputs)


def test_state_stays_progressing_where_no_instance_serves_the_environment(clouds: Clouds) -> None:
    clouds.gcp.create(API, API_INPUTS)
    made = clouds.gcp.create(API_DEPLOYMENT, RUN_API)
    clouds.cloud.clock.advance(3600)
    later = clouds.gcp.read(made)
    assert later is not None
    assert later["state"] == "PROGRESSING"


def test_proxy_that_calls_a_shared_flow_is_deployed_after_it(clouds: Clouds) -> None:
    write_api(clouds, CALL, "FC")
    clouds.gcp.create(FLOW, FLOW_INPUTS)
    clouds.gcp.create(API, API_INPUTS)
    with pytest.raises(Refused, match=r"deployment validations failed(?s:.*)flow is not deployed"):
        clouds.gcp.create(API_DEPLOYMENT, RUN_API)
    clouds.gcp.create(FLOW_DEPLOYMENT, RUN_FLOW)
    clouds.gcp.create(API_DEPLOYMENT, RUN_API)


def test_shared_flows_changed_account_alone_ends_undeployed(clouds: Clouds) -> None:
    clouds.gcp.create(FLOW, FLOW_INPUTS)
    first = clouds.gcp.create(FLOW_DEPLOYMENT, RUN_FLOW)
    account = clouds.gcp.create(ACCOUNT, {"accountId": "runtime"})
    changed = {**RUN_FLOW, "serviceAccount": account["email"]}
    difference = clouds.gcp.diff(first, changed)
    assert (difference.replaced, difference.deletes_first) == ({"serviceAccount"}, False)
    second = clouds.gcp.create(FLOW_DEPLOYMENT, changed)
    clouds.gcp.delete(first)
    assert clouds.gcp.read(second) is None


def test_deployer_must_be_allowed_to_act_as_the_account(clouds: Clouds) -> None:
    account = clouds.gcp.create(ACCOUNT, {"accountId": "runtime"})
    clouds.gcp.create(API, API_INPUTS)
    owner = clouds.gcp.import_(
        PROJECT_MEMBER,
        f"{world.PROJECT_ID} roles/owner serviceAccount:{world.DEPLOYER_ACCOUNT}",
    )
    assert owner is not None
    clouds.gcp.delete(owner)
    inputs = {**RUN_API, "serviceAccount": account["email"]}
    with pytest.raises(Refused, match=r"iam\.serviceAccounts\.actAs"):
        clouds.gcp.create(API_DEPLOYMENT, inputs)


def test_environment_becomes_base_only_without_extensible_policies(
    clouds: Clouds, alpha: Deployed
) -> None:
    account = clouds.gcp.create(ACCOUNT, {"accountId": "runtime"})
    write_flow(clouds, GOOGLE, "AM")
    clouds.gcp.create(FLOW, FLOW_INPUTS)
    inputs = {**RUN_FLOW, "serviceAccount": account["email"]}
    deployed = clouds.gcp.create(FLOW_DEPLOYMENT, inputs)
    smaller = {**alpha.inputs, "type": "BASE"}
    clouds.gcp.update(alpha, {**alpha.inputs, "type": "COMPREHENSIVE"})
    with pytest.raises(Refused, match=r"environment type update invalid: .*sharedflows/flow"):
        clouds.gcp.update(alpha, smaller)
    clouds.gcp.delete(deployed)
    clouds.gcp.update(alpha, smaller)
    assert alpha["type"] == "BASE"


def test_caching_policies_are_extensible(clouds: Clouds) -> None:
    clouds.gcp.create(ENVIRONMENT, {"orgId": ORGANIZATION, "name": "small", "type": "BASE"})
    key = "<CacheKey><Prefix>p</Prefix><KeyFragment>k</KeyFragment></CacheKey>"
    write_flow(clouds, f"<LookupCache name='LC'>{key}<AssignTo>v</AssignTo></LookupCache>", "LC")
    clouds.gcp.create(FLOW, FLOW_INPUTS)
    with pytest.raises(Refused, match=r"extensible policies.*LookupCache"):
        clouds.gcp.create(FLOW_DEPLOYMENT, {**RUN_FLOW, "environment": "small"})


def test_deployed_bundle_cannot_be_deleted(clouds: Clouds) -> None:
    proxy = clouds.gcp.create(API, API_INPUTS)
    deployed = clouds.gcp.create(API_DEPLOYMENT, RUN_API)
    with pytest.raises(Refused, match="is in use by"):
        clouds.gcp.delete(proxy)
    clouds.gcp.delete(deployed)
    clouds.gcp.delete(proxy)
    assert Revisions(clouds.cloud.store).numbers("proxy", "api") == []


def test_environment_with_a_deployment_cannot_be_deleted(clouds: Clouds, alpha: Deployed) -> None:
    clouds.gcp.create(API, API_INPUTS)
    clouds.gcp.create(API_DEPLOYMENT, RUN_API)
    with pytest.raises(Refused, match="is in use by"):
        clouds.gcp.delete(alpha)
