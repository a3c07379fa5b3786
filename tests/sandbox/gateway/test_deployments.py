"""What is deployed reaches the message processors one after another, and no request is lost by it."""

from __future__ import annotations

import httpx
import pytest

from sandbox import delays
from sandbox.gateway import deployments
from sandbox.gateway.deployments import Deployments
from sandbox.gateway.revisions import Revisions
from tests.sandbox.gateway.policies.support import with_processors
from tests.sandbox.gateway.rig import HOST, Site, pack, proxy_files, shared_files, steps
from tests.sandbox.gateway.test_flow import assign

_PROXY = "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment"
_FLOW = "gcp:apigee/sharedflowDeployment:SharedflowDeployment"
_ALPHA = "organizations/sandbox-gateway/environments/alpha"


def _revision(basepath: str = "/p") -> dict[str, str | bytes]:
    """A proxy that shows its revision."""
    show = assign("A", "x-v", "{apiproxy.revision}")
    return proxy_files(show, response=steps("A"), basepath=basepath)


def _release(site: Site, number: int) -> None:
    """Deploy a further revision with override, as the provider does, and don't wait."""
    Revisions(site.cloud.store).add("proxy", "p", pack(_revision()))
    site.deploy_again("p", "alpha", number)


def _undeploy(site: Site, number: int) -> None:
    found = f"{_ALPHA}/apis/p/revisions/{number}/deployments"
    site.cloud.store.remove(_PROXY, found, site.cloud.clock.now())


def _seen(site: Site) -> list[str]:
    """What each processor answers, from the first on: its revision, or a status."""
    answers = [site.request() for _ in range(site.processors)]
    return [answer.headers.get("x-v", str(answer.status)) for answer in answers]


@pytest.fixture
def four(site: Site) -> Site:
    """A site with four processors that serves revision 1."""
    site.processors = 4
    with_processors(site, 4)
    site.deploy(_revision())
    assert _seen(site) == ["1"] * 4
    return site


def test_a_new_revision_reaches_the_processors_one_after_another(four: Site) -> None:
    _release(four, 2)
    assert _seen(four) == ["2", "1", "1", "1"]
    four.cloud.clock.advance(delays.DEPLOYMENT / 2)
    assert _seen(four) == ["2", "2", "1", "1"]
    four.cloud.clock.advance(delays.DEPLOYMENT / 2)
    assert _seen(four) == ["2"] * 4


def test_the_old_revision_serves_on_though_it_is_undeployed(four: Site) -> None:
    _release(four, 2)
    _undeploy(four, 1)
    assert _seen(four) == ["2", "1", "1", "1"]
    four.spread()
    assert _seen(four) == ["2"] * 4


def test_an_undeployment_reaches_the_processors_one_after_another(four: Site) -> None:
    _undeploy(four, 1)
    assert _seen(four) == ["404", "1", "1", "1"]
    four.spread()
    assert _seen(four) == ["404"] * 4


def test_what_nobody_had_yet_serves_at_once(four: Site) -> None:
    four.deploy(_revision("/q"), name="q")
    assert [four.request("/q").status for _ in range(4)] == [200] * 4


def test_a_processor_goes_from_each_change_to_the_next(four: Site) -> None:
    _release(four, 2)
    assert _seen(four) == ["2", "1", "1", "1"]
    four.cloud.clock.advance(delays.DEPLOYMENT / 2)
    _release(four, 3)
    assert _seen(four) == ["3", "2", "1", "1"]
    four.cloud.clock.advance(delays.DEPLOYMENT / 2)
    assert _seen(four) == ["3", "3", "2", "2"]
    four.spread()
    assert _seen(four) == ["3"] * 4


def test_after_a_restart_every_processor_knows_what_is_deployed(four: Site) -> None:
    _release(four, 2)
    four.restart()
    assert _seen(four) == ["2"] * 4


def test_a_request_keeps_to_one_view_of_what_is_deployed(four: Site) -> None:
    """A shared flow that is replaced in the middle of a request is the one that it began with."""
    call = '<FlowCallout name="F"><SharedFlowBundle>s</SharedFlowBundle></FlowCallout>'
    four.deploy(shared_files(assign("S", "x-s", "old"), steps=steps("S")), name="s")
    four.deploy(proxy_files(call, basepath="/q", response=steps("F")), name="q")
    answer = four.hosts["backend.test"]

    def replaced(request: httpx.Request) -> httpx.Response:
        flow = four.cloud.store.all(_FLOW)[0]
        four.cloud.store.remove(_FLOW, flow.id, four.cloud.clock.now())
        return answer(request)

    four.hosts["backend.test"] = replaced
    got = four.request("/q")
    assert (got.status, got.headers["x-s"]) == (200, "old")


def test_a_write_of_a_key_value_map_builds_no_view_anew(site: Site) -> None:
    site.deploy(_revision())
    made = Deployments(site.cloud.store, 1)
    before, hosts = made.newest(), deployments.hosts(site.cloud.store)
    site.key_value("k", "v")
    assert made.newest() is before
    assert hosts == {HOST}
    site.deploy(_revision("/q"), name="q")
    assert made.newest() is not before
