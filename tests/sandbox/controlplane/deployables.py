"""Small bundles, and the inputs that import and deploy them."""

from __future__ import annotations

from tests.sandbox.controlplane.rig import Clouds, Plain
from tests.sandbox.gateway.rig import pack, proxy_files, shared_files, steps

RAISE = "<RaiseFault name='RF'><FaultResponse/></RaiseFault>"
CALL = "<FlowCallout name='FC'><SharedFlowBundle>flow</SharedFlowBundle></FlowCallout>"
GOOGLE = (
    "<AssignMessage name='AM'><AssignTo createNew='true' transport='http' type='request'>m"
    "</AssignTo><Set><Authentication><HeaderName>X</HeaderName><GoogleIDToken><Audience>a"
    "</Audience></GoogleIDToken></Authentication></Set></AssignMessage>"
)
FLOW_INPUTS: Plain = {"orgId": "sandbox-gateway", "name": "flow", "configBundle": "flow.zip"}
API_INPUTS: Plain = {"orgId": "sandbox-gateway", "name": "api", "configBundle": "api.zip"}
RUN_FLOW: Plain = {
    "orgId": "sandbox-gateway",
    "environment": "alpha",
    "sharedflowId": "flow",
    "revision": "1",
}
RUN_API: Plain = {
    "orgId": "sandbox-gateway",
    "environment": "alpha",
    "api": "api",
    "revision": 1,
    "override": True,
}


def write_flow(clouds: Clouds, policy: str = RAISE, name: str = "RF") -> None:
    """A shared flow whose one step is the policy of that name, as `flow.zip`."""
    data = pack(shared_files(policy, steps=steps(name)))
    (clouds.directory / "flow.zip").write_bytes(data)


def write_api(clouds: Clouds, policy: str = RAISE, name: str = "RF", basepath: str = "/p") -> None:
    """A proxy whose one step is the policy of that name, as `api.zip`."""
    data = pack(proxy_files(policy, request=steps(name), basepath=basepath))
    (clouds.directory / "api.zip").write_bytes(data)
