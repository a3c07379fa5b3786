"""Flow hooks: one URL for attaching and detaching."""

from __future__ import annotations

import pytest

from tests.sandbox.controlplane.rig import (
    ENVIRONMENT,
    FLOW,
    FLOW_DEPLOYMENT,
    FLOW_HOOK,
    ORGANIZATION,
    Clouds,
    Deployed,
    Plain,
    Refused,
)
from tests.sandbox.gateway.rig import pack, shared_files, steps

_RAISE = "<RaiseFault name='RF'><FaultResponse/></RaiseFault>"
_PLACE: Plain = {"orgId": "sandbox-gateway", "environment": "alpha"}
_HOOK: Plain = {**_PLACE, "flowHookPoint": "PreProxyFlowHook", "sharedflow": "one"}


@pytest.fixture(autouse=True)
def flows(clouds: Clouds) -> dict[str, Deployed]:
    """Two shared flows, deployed in `alpha`."""
    (clouds.directory / "flow.zip").write_bytes(pack(shared_files(_RAISE, steps=steps("RF"))))
    environment = {"orgId": ORGANIZATION, "type": "INTERMEDIATE"}
    clouds.gcp.create(ENVIRONMENT, {**environment, "name": "alpha"})
    deployed = {}
    for name in ("one", "two"):
        bare = {"orgId": "sandbox-gateway", "name": name, "configBundle": "flow.zip"}
        clouds.gcp.create(FLOW, bare)
        deployed[name] = clouds.gcp.create(
            FLOW_DEPLOYMENT, {**_PLACE, "sharedflowId": name, "revision": "1"}
        )
    return deployed


def test_hook_that_says_nothing_goes_on_after_an_error(clouds: Clouds) -> None:
    assert clouds.gcp.create(FLOW_HOOK, _HOOK)["continueOnError"] is True


def test_hook_point_that_is_taken_is_overwritten_without_a_word(clouds: Clouds) -> None:
    first = clouds.gcp.create(FLOW_HOOK, _HOOK)
    clouds.gcp.create(FLOW_HOOK, {**_HOOK, "sharedflow": "two", "continueOnError": False})
    found = clouds.gcp.read(first)
    assert found is not None
    assert (found["sharedflow"], found["continueOnError"]) == ("two", False)


@pytest.mark.parametrize(
    "change", [{"sharedflow": "two"}, {"continueOnError": False}, {"description": "d"}]
)
def test_every_field_replaces_and_the_create_comes_first(clouds: Clouds, change: Plain) -> None:
    made = clouds.gcp.create(FLOW_HOOK, _HOOK)
    difference = clouds.gcp.diff(made, {**_HOOK, **change})
    assert (difference.replaced, difference.deletes_first) == (set(change), False)


def test_replaced_hook_ends_detached_unless_the_program_deletes_first(clouds: Clouds) -> None:
    changed = {**_HOOK, "sharedflow": "two"}
    old = clouds.gcp.create(FLOW_HOOK, _HOOK)
    new = clouds.gcp.create(FLOW_HOOK, changed)
    clouds.gcp.delete(old)
    assert clouds.gcp.read(new) is None

    old = clouds.gcp.create(FLOW_HOOK, _HOOK)
    clouds.gcp.delete(old)
    new = clouds.gcp.create(FLOW_HOOK, changed)
    assert clouds.gcp.read(new) is not None


def test_hook_point_with_nothing_attached_is_not_there(clouds: Clouds) -> None:
    place = f"{ORGANIZATION}/environments/alpha/flowhooks/PostProxyFlowHook"
    assert clouds.gcp.import_(FLOW_HOOK, place) is None


def test_hook_point_is_one_of_four(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="is none of PreProxyFlowHook"):
        clouds.gcp.create(FLOW_HOOK, {**_HOOK, "flowHookPoint": "PreFlow"})


def test_hooks_shared_flow_must_be_deployed_in_the_environment(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="shared flow three is not deployed"):
        clouds.gcp.create(FLOW_HOOK, {**_HOOK, "sharedflow": "three"})


def test_base_environment_has_no_flow_hooks(clouds: Clouds) -> None:
    clouds.gcp.create(ENVIRONMENT, {"orgId": ORGANIZATION, "name": "small", "type": "BASE"})
    small = {**_PLACE, "environment": "small"}
    clouds.gcp.create(FLOW_DEPLOYMENT, {**small, "sharedflowId": "one", "revision": "1"})
    with pytest.raises(Refused, match="is of type BASE and has no flow hooks"):
        clouds.gcp.create(FLOW_HOOK, {**_HOOK, **small})


def test_environment_with_a_flow_hook_cannot_become_base(clouds: Clouds) -> None:
    clouds.gcp.create(FLOW_HOOK, _HOOK)
    alpha = clouds.gcp.import_(ENVIRONMENT, f"{ORGANIZATION}/environments/alpha")
    assert alpha is not None
    with pytest.raises(Refused, match=r"environment type update invalid.*PreProxyFlowHook"):
        clouds.gcp.update(alpha, {"orgId": ORGANIZATION, "name": "alpha", "type": "BASE"})


def test_hooked_shared_flow_cannot_be_undeployed(
    clouds: Clouds, flows: dict[str, Deployed]
) -> None:
    hook = clouds.gcp.create(FLOW_HOOK, _HOOK)
    with pytest.raises(Refused, match=r"SharedFlowInUse|in use by PreProxyFlowHook"):
        clouds.gcp.delete(flows["one"])
    clouds.gcp.delete(flows["two"])
    clouds.gcp.delete(hook)
    clouds.gcp.delete(flows["one"])
