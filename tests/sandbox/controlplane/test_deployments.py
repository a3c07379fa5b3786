"""Bundles, their revisions, and where they run."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.controlplane.values import UNKNOWN
from sandbox.gateway.revisions import Revisions
from tests.sandbox.controlplane.rig import (
    ACCOUNT,
    API,
    API_DEPLOYMENT,
    ENVIRONMENT,
    FLOW,
    FLOW_DEPLOYMENT,
    ORGANIZATION,
    Clouds,
    Deployed,
    Plain,
    Refused,
)
from tests.sandbox.gateway.rig import pack, proxy_files, shared_files, steps

_RAISE = "<RaiseFault name='RF'><FaultResponse/></RaiseFault>"
_CALL = "<FlowCallout name='FC'><SharedFlowBundle>flow</SharedFlowBundle></FlowCallout>"
_GOOGLE = (
    "<AssignMessage name='AM'><AssignTo createNew='true' transport='http' type='request'>m"
    "</AssignTo><Set><Authentication><HeaderName>X</HeaderName><GoogleIDToken><Audience>a"
    "</Audience></GoogleIDToken></Authentication></Set></AssignMessage>"
)
_FLOW: Plain = {"orgId": "sandbox-gateway", "name": "flow", "configBundle": "flow.zip"}
_API: Plain = {"orgId": "sandbox-gateway", "name": "api", "configBundle": "api.zip"}
_RUN_FLOW: Plain = {
    "orgId": "sandbox-gateway",
    "environment": "alpha",
    "sharedflowId": "flow",
    "revision": "1",
}
_RUN_API: Plain = {
    "orgId": "sandbox-gateway",
    "environment": "alpha",
    "api": "api",
    "revision": 1,
    "override": True,
}


def _flow(clouds: Clouds, policy: str = _RAISE, name: str = "RF") -> None:
    data = pack(shared_files(policy, steps=steps(name)))
    (clouds.directory / "flow.zip").write_bytes(data)


def _api(clouds: Clouds, policy: str = _RAISE, name: str = "RF", basepath: str = "/p") -> None:
    data = pack(proxy_files(policy, request=steps(name), basepath=basepath))
    (clouds.directory / "api.zip").write_bytes(data)


@pytest.fixture(autouse=True)
def alpha(clouds: Clouds) -> Deployed:
    _flow(clouds)
    _api(clouds)
    inputs = {"orgId": ORGANIZATION, "name": "alpha", "type": "INTERMEDIATE"}
    return clouds.gcp.create(ENVIRONMENT, inputs)


def test_bundle_is_found_in_the_launchs_own_directory(clouds: Clouds, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(Refused, match=r"open flow\.zip: no such file or directory.*other"):
        clouds.launch("gcp", other).create(FLOW, _FLOW)
    clouds.gcp.create(FLOW, _FLOW)


def test_bundle_that_cannot_run_is_refused_and_leaves_no_revision(clouds: Clouds) -> None:
    (clouds.directory / "flow.zip").write_bytes(b"no zip")
    with pytest.raises(Refused, match="Error 400"):
        clouds.gcp.create(FLOW, _FLOW)
    assert Revisions(clouds.cloud.store).numbers("sharedflow", "flow") == []


def test_changed_content_is_a_change_and_a_new_revision(clouds: Clouds) -> None:
    made = clouds.gcp.create(FLOW, _FLOW)
    assert clouds.gcp.diff(made, _FLOW).changed == set()
    _flow(clouds, _RAISE.replace("RF", "Other"), "Other")
    assert clouds.gcp.diff(made, _FLOW).changed == {"detectMd5hash"}
    preview = clouds.gcp.update(made, _FLOW, preview=True)
    assert preview["latestRevisionId"] is UNKNOWN
    clouds.gcp.update(made, _FLOW)
    assert (made["latestRevisionId"], made["revisions"]) == ("2", ["1", "2"])
    assert clouds.gcp.diff(made, _FLOW).changed == set()


def test_import_under_a_used_name_adds_a_revision(clouds: Clouds) -> None:
    clouds.gcp.create(API, _API)
    _api(clouds, basepath="/other")
    assert clouds.gcp.create(API, _API)["revisions"] == ["1", "2"]


def test_organization_is_bare(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="Error 403"):
        clouds.gcp.create(FLOW, {**_FLOW, "orgId": ORGANIZATION})


def test_revision_must_exist(clouds: Clouds) -> None:
    clouds.gcp.create(FLOW, _FLOW)
    with pytest.raises(Refused, match=r"Error 404.*sharedflows/flow/revisions/2"):
        clouds.gcp.create(FLOW_DEPLOYMENT, {**_RUN_FLOW, "revision": "2"})
    with pytest.raises(Refused, match=r"Error 404.*environments/beta"):
        clouds.gcp.create(FLOW_DEPLOYMENT, {**_RUN_FLOW, "environment": "beta"})


def test_google_authentication_needs_a_service_account_that_exists(clouds: Clouds) -> None:
    _flow(clouds, _GOOGLE, "AM")
    clouds.gcp.create(FLOW, _FLOW)
    with pytest.raises(Refused, match="a service account is required"):
        clouds.gcp.create(FLOW_DEPLOYMENT, _RUN_FLOW)
    email = "runtime@sandbox-gateway.iam.gserviceaccount.com"
    with pytest.raises(Refused, match=r"iam\.serviceAccounts\.actAs"):
        clouds.gcp.create(FLOW_DEPLOYMENT, {**_RUN_FLOW, "serviceAccount": email})
    clouds.gcp.create(ACCOUNT, {"accountId": "runtime"})
    clouds.gcp.create(FLOW_DEPLOYMENT, {**_RUN_FLOW, "serviceAccount": email})


def test_base_environment_takes_no_extensible_policy(clouds: Clouds) -> None:
    clouds.gcp.create(ENVIRONMENT, {"orgId": ORGANIZATION, "name": "small", "type": "BASE"})
    _flow(clouds, _GOOGLE, "AM")
    clouds.gcp.create(FLOW, _FLOW)
    with pytest.raises(Refused, match=r"extensible policies.*AssignMessage.*BASE"):
        clouds.gcp.create(FLOW_DEPLOYMENT, {**_RUN_FLOW, "environment": "small"})


def test_shared_flow_in_use_cannot_be_undeployed(clouds: Clouds) -> None:
    _api(clouds, _CALL, "FC")
    clouds.gcp.create(FLOW, _FLOW)
    clouds.gcp.create(API, _API)
    flow = clouds.gcp.create(FLOW_DEPLOYMENT, _RUN_FLOW)
    proxy = clouds.gcp.create(API_DEPLOYMENT, _RUN_API)
    with pytest.raises(Refused, match="WOULD_BREAK_DEPENDENT"):
        clouds.gcp.delete(flow)
    clouds.gcp.delete(proxy)
    clouds.gcp.delete(flow)


def test_shared_flows_new_revision_is_an_update_and_survives_refresh_and_delete(
    clouds: Clouds,
) -> None:
    flow = clouds.gcp.create(FLOW, _FLOW)
    deployed = clouds.gcp.create(FLOW_DEPLOYMENT, _RUN_FLOW)
    _flow(clouds, _RAISE.replace("RF", "Other"), "Other")
    clouds.gcp.update(flow, _FLOW)
    newer = {**_RUN_FLOW, "revision": "2"}
    assert clouds.gcp.diff(deployed, newer).replaced == set()
    clouds.gcp.update(deployed, newer)
    refreshed = clouds.gcp.read(deployed)
    assert refreshed is not None
    assert refreshed.inputs == deployed.inputs
    clouds.gcp.delete(deployed)
    assert clouds.gcp.read(deployed) is None


def test_proxys_new_revision_is_made_first_and_takes_over(clouds: Clouds) -> None:
    proxy = clouds.gcp.create(API, _API)
    first = clouds.gcp.create(API_DEPLOYMENT, _RUN_API)
    _api(clouds, _RAISE.replace("RF", "Other"), "Other")
    clouds.gcp.update(proxy, _API)
    newer = {**_RUN_API, "revision": 2}
    difference = clouds.gcp.diff(first, newer)
    assert (difference.replaced, difference.deletes_first) == ({"revision"}, False)
    second = clouds.gcp.create(API_DEPLOYMENT, newer)
    clouds.gcp.delete(first)
    assert clouds.gcp.read(second) is not None
    assert clouds.gcp.read(first) is None


def test_without_override_a_second_revision_is_refused(clouds: Clouds) -> None:
    proxy = clouds.gcp.create(API, _API)
    clouds.gcp.create(API_DEPLOYMENT, _RUN_API)
    _api(clouds, _RAISE.replace("RF", "Other"), "Other")
    clouds.gcp.update(proxy, _API)
    with pytest.raises(Refused, match="base path /p is already served"):
        clouds.gcp.create(API_DEPLOYMENT, {**_RUN_API, "revision": 2, "override": False})


def test_base_path_belongs_to_one_proxy(clouds: Clouds) -> None:
    clouds.gcp.create(API, _API)
    clouds.gcp.create(API_DEPLOYMENT, _RUN_API)
    clouds.gcp.create(API, {**_API, "name": "other"})
    with pytest.raises(Refused, match="base path /p is already served"):
        clouds.gcp.create(API_DEPLOYMENT, {**_RUN_API, "api": "other"})


def test_changed_service_account_alone_collides(clouds: Clouds) -> None:
    account = clouds.gcp.create(ACCOUNT, {"accountId": "runtime"})
    clouds.gcp.create(API, _API)
    made = clouds.gcp.create(API_DEPLOYMENT, _RUN_API)
    changed = {**_RUN_API, "serviceAccount": account["email"]}
    difference = clouds.gcp.diff(made, changed)
    assert (difference.replaced, difference.deletes_first) == ({"serviceAccount"}, False)
    with pytest.raises(Refused, match="is already deployed"):
        clouds.gcp.create(API_DEPLOYMENT, changed)


def test_deployed_bundle_cannot_be_deleted(clouds: Clouds) -> None:
    proxy = clouds.gcp.create(API, _API)
    deployed = clouds.gcp.create(API_DEPLOYMENT, _RUN_API)
    with pytest.raises(Refused, match="is in use by"):
        clouds.gcp.delete(proxy)
    clouds.gcp.delete(deployed)
    clouds.gcp.delete(proxy)
    assert Revisions(clouds.cloud.store).numbers("proxy", "api") == []


def test_environment_with_a_deployment_cannot_be_deleted(clouds: Clouds, alpha: Deployed) -> None:
    clouds.gcp.create(API, _API)
    clouds.gcp.create(API_DEPLOYMENT, _RUN_API)
    with pytest.raises(Refused, match="is in use by"):
        clouds.gcp.delete(alpha)
