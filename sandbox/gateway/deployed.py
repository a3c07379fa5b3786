"""What is deployed, as a message processor knows it: routes, shared flows, flow hooks.

Owns how a request finds its proxy in that; where it comes from is `deployments`'.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.gateway.model import Bundle, HookPoint, ProxyEndpoint


@dataclass(frozen=True)
class Deployed:
    """A revision in an environment, under a service account's email (None without one)."""

    name: str
    revision: int
    environment: str
    service_account: str | None
    bundle: Bundle


@dataclass(frozen=True)
class FlowHook:
    """What is attached to a flow hook; whether its faults are passed over."""

    shared_flow: str
    continue_on_error: bool


Route = tuple[str, Deployed, ProxyEndpoint]
"""A base path and what serves beneath it."""


@dataclass(frozen=True)
class View:
    """What was deployed at a time, `since` (seconds since 1970); never changed.

    `routes` are by host name, in lower case, the longest base path first; the rest is by
    environment and name.
    """

    since: float
    routes: dict[str, list[Route]]
    shared_flows: dict[tuple[str, str], Deployed]
    flow_hooks: dict[tuple[str, str], FlowHook]

    def find(self, host: str, path: str) -> tuple[Deployed, ProxyEndpoint] | None:
        """The deployed proxy whose base path is the longest that the path lies beneath."""
        for basepath, deployed, endpoint in self.routes.get(host, ()):
            if path.startswith(basepath) and path[len(basepath) : len(basepath) + 1] in ("", "/"):
                return deployed, endpoint
        return None

    def shared_flow(self, environment: str, name: str) -> Deployed | None:
        """A shared flow that is deployed in the environment."""
        return self.shared_flows.get((environment, name))

    def proxy_revision(self, environment: str, name: str) -> int | None:
        """The revision of a proxy that serves in the environment, or None."""
        for routes in self.routes.values():
            for _, deployed, _ in routes:
                if (deployed.environment, deployed.name) == (environment, name):
                    return deployed.revision
        return None

    def flow_hook(self, environment: str, point: HookPoint) -> FlowHook | None:
        """What is attached to a flow hook of the environment."""
        return self.flow_hooks.get((environment, point))
