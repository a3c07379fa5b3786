"""Flow hooks: where their shared flows run, and what their faults do."""

from __future__ import annotations

import httpx
import pytest

from tests.sandbox.gateway.rig import Site, proxy_files, shared_files, steps
from tests.sandbox.gateway.test_flow import assign, fault

POINTS = ("PreProxyFlowHook", "PreTargetFlowHook", "PostTargetFlowHook", "PostProxyFlowHook")


def trail(name: str, word: str) -> str:
    """A policy that adds a word to the variable `trail`."""
    return (
        f'<AssignMessage name="{name}"><AssignVariable><Name>trail</Name>'
        f"<Template>{{trail}} {word}</Template></AssignVariable>"
        "<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables></AssignMessage>"
    )


def attach(site: Site, point: str, shared_flow: str, *, continue_on_error: bool = False) -> None:
    site.put(
        "flowhook:Flowhook",
        f"organizations/sandbox-gateway/environments/alpha/flowhooks/{point}",
        orgId="sandbox-gateway",
        environment="alpha",
        flowHookPoint=point,
        sharedflow=shared_flow,
        continueOnError=continue_on_error,
    )


def hooks(site: Site) -> None:
    """A shared flow at each point that leaves the point's name in the trail."""
    for point in POINTS:
        site.deploy(shared_files(trail("T", point), steps=steps("T")), name=point.lower())
        attach(site, point, point.lower())


def test_hooks_run_around_the_endpoints_own_flows(site: Site) -> None:
    hooks(site)
    names = ("proxy-request", "target-request", "target-response", "proxy-response")
    both = (
        f"<PreFlow><Request>{steps('target-request')}</Request>"
        f"<Response>{steps('target-response')}</Response></PreFlow>"
    )
    after = "<Step><Name>show</Name></Step>"
    site.deploy(shared_files(assign("show", "x-trail", "{trail}"), steps=after), name="end")
    policies = [trail(name, name) for name in names]
    site.deploy(
        proxy_files(
            *policies,
            request=steps("proxy-request"),
            response=steps("proxy-response"),
            target=both,
        )
    )
    site.cloud.store.replace(
        "gcp:apigee/flowhook:Flowhook",
        "organizations/sandbox-gateway/environments/alpha/flowhooks/PostProxyFlowHook",
        {"environment": "alpha", "flowHookPoint": "PostProxyFlowHook", "sharedflow": "end"},
        0.0,
    )
    assert site.request().headers["x-trail"].split() == [
        "PreProxyFlowHook",
        "proxy-request",
        "PreTargetFlowHook",
        "target-request",
        "target-response",
        "PostTargetFlowHook",
        "proxy-response",
    ]


def test_route_without_target_passes_the_target_hooks_by(site: Site) -> None:
    for point in ("PreTargetFlowHook", "PostTargetFlowHook"):
        site.deploy(shared_files(fault("R"), steps=steps("R")), name=point.lower())
        attach(site, point, point.lower())
    site.deploy(proxy_files(route='<RouteRule name="r"/>'))
    assert site.request().status == 200


@pytest.mark.parametrize("point", POINTS)
def test_a_hooks_fault_refuses_the_request_unless_it_may_go_on(site: Site, point: str) -> None:
    site.deploy(shared_files(fault("R", 418), steps=steps("R")), name="s")
    site.deploy(proxy_files())
    attach(site, point, "s")
    assert site.request().status == 418
    assert len(site.calls) == (0 if point.startswith("Pre") else 1)
    hook = f"organizations/sandbox-gateway/environments/alpha/flowhooks/{point}"
    site.cloud.store.remove("gcp:apigee/flowhook:Flowhook", hook, 0.0)
    attach(site, point, "s", continue_on_error=True)
    site.spread()
    assert site.request().status == 200


def test_a_hook_without_its_shared_flow_refuses_the_request(site: Site) -> None:
    attach(site, "PreProxyFlowHook", "gone")
    site.deploy(proxy_files())
    assert site.request().fault == "flow.SharedFlowNotFound"
    assert site.calls == []


def test_hooks_of_another_environment_do_not_run(site: Site) -> None:
    site.deploy(shared_files(fault("R"), steps=steps("R")), name="s")
    site.put(
        "flowhook:Flowhook",
        "organizations/sandbox-gateway/environments/beta/flowhooks/PreProxyFlowHook",
        environment="beta",
        flowHookPoint="PreProxyFlowHook",
        sharedflow="s",
        continueOnError=False,
    )
    site.deploy(proxy_files())
    assert site.request().status == 200


def test_the_proxys_fault_rules_see_a_hooks_fault(site: Site) -> None:
    site.deploy(shared_files(fault("R"), steps=steps("R")), name="s")
    attach(site, "PreProxyFlowHook", "s")
    rule = f"<DefaultFaultRule name='d'>{steps('A')}</DefaultFaultRule>"
    site.deploy(proxy_files(assign("A", "x-rule", "proxy"), proxy=rule))
    assert site.request().headers["x-rule"] == "proxy"


def test_hooks_do_not_run_in_the_error_flow(site: Site) -> None:
    site.deploy(shared_files(assign("A", "x-hook"), steps=steps("A")), name="s")
    attach(site, "PostProxyFlowHook", "s")
    site.deploy(proxy_files())
    assert site.request().headers["x-hook"] == "1"
    site.hosts["backend.test"] = lambda request: httpx.Response(500)
    assert "x-hook" not in site.request().headers
