"""`<LoadBalancer>`: which target server gets the next request.

Apigee documentation, "Load balancing across backend servers". Each message processor balances and
counts failures on its own. A server that has failed `MaxFailures` times in a row stays out of
rotation until the proxy is deployed anew; health monitors, which would bring it back, are refused.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sandbox.gateway.catalog import catalog
from sandbox.gateway.context import Context
from sandbox.gateway.markup import Element
from sandbox.gateway.reading import whole_number
from sandbox.store import Body

_ALGORITHMS = ("RoundRobin", "Weighted", "LeastConnections")
_STATE = "load balancers"


@dataclass(frozen=True)
class Server:
    """A target server as a `<LoadBalancer>` names it."""

    name: str
    weight: int
    fallback: bool


@dataclass(frozen=True)
class LoadBalancer:
    """The servers and how to choose among them. `where` tells one element from another."""

    where: str
    algorithm: str
    servers: tuple[Server, ...]
    most_failures: int
    retry: bool
    unhealthy: frozenset[int]

    def available(self, ctx: Context, tried: frozenset[str]) -> list[Server]:
        """The servers that may be asked: enabled, not failing, not tried yet."""
        state, bases = self._state(ctx), self._bases(ctx)
        return [
            server
            for server in self.servers
            if server.name in bases and server.name not in tried and self._healthy(state, server)
        ]

    def choice(self, ctx: Context, tried: frozenset[str]) -> tuple[Server, str] | None:
        """The server for the next request, and `scheme://host:port`; None when none is left."""
        able = self.available(ctx, tried)
        if not able:
            return None
        regular = [server for server in able if not server.fallback]
        chosen = self._state(ctx).pick(self.algorithm, regular) if regular else able[0]
        return chosen, self._bases(ctx)[chosen.name]

    def begin(self, ctx: Context, server: Server) -> None:
        """Count a request that is under way."""
        self._state(ctx).active[server.name] += 1

    def end(self, ctx: Context, server: Server, failed: bool | None) -> None:
        """Count how a request has ended: an answer ends a row of failures, None says nothing."""
        state = self._state(ctx)
        state.active[server.name] -= 1
        if failed is not None:
            state.failures[server.name] = state.failures[server.name] + 1 if failed else 0

    def _healthy(self, state: _Rotation, server: Server) -> bool:
        return self.most_failures == 0 or state.failures[server.name] < self.most_failures

    def _state(self, ctx: Context) -> _Rotation:
        """The rotation of this deployment on the request's message processor."""
        deployed = ctx.deployed
        key = (deployed.environment, deployed.name, self.where)
        states = ctx.processor.state(_STATE)
        found: _Rotation | None = states.get(key)
        if found is None or found.revision != deployed.revision:
            found = states[key] = _Rotation(deployed.revision)
        return found

    def _bases(self, ctx: Context) -> dict[str, str]:
        """Scheme, host and port of the enabled servers by name."""
        known = catalog(ctx.runtime.cloud.store).target_servers
        found = {}
        for server in self.servers:
            body = known.get((ctx.deployed.environment, server.name))
            if body is not None and body.get("isEnabled", True):
                found[server.name] = _base(body)
        return found


def _base(body: Body) -> str:
    tls = (body.get("sSlInfo") or {}).get("enabled")
    return f"{'https' if tls else 'http'}://{body.get('host')}:{body.get('port')}"


@dataclass
class _Rotation:
    """What one message processor remembers of one load balancer."""

    revision: int
    failures: Counter[str] = field(default_factory=Counter)
    active: Counter[str] = field(default_factory=Counter)
    current: Counter[str] = field(default_factory=Counter)

    def pick(self, algorithm: str, servers: list[Server]) -> Server:
        """One of the servers, which must not be empty."""
        if algorithm == "LeastConnections":
            return min(servers, key=lambda server: self.active[server.name])
        # Weights are spread evenly: each server gains its weight, the chosen one pays for all.
        weights = {s.name: s.weight if algorithm == "Weighted" else 1 for s in servers}
        for server in servers:
            self.current[server.name] += weights[server.name]
        chosen = max(servers, key=lambda server: self.current[server.name])
        self.current[chosen.name] -= sum(weights.values())
        return chosen


def read_load_balancer(element: Element) -> LoadBalancer:
    """Read the element. Raises BundleError."""
    algorithm = element.value_of("Algorithm") or "RoundRobin"
    if algorithm not in _ALGORITHMS:
        raise element.error(f'algorithm "{algorithm}" is not one of {", ".join(_ALGORITHMS)}')
    servers = tuple(_server(child) for child in element.children("Server"))
    if not servers:
        raise element.error("a <Server> is needed")
    names = [server.name for server in servers]
    if len(set(names)) < len(names):
        raise element.error("a server is named twice")
    if sum(server.fallback for server in servers) > 1:
        raise element.error("one server at most can be the fallback")
    failures = element.child("MaxFailures")
    unhealthy = element.child("ServerUnhealthyResponse")
    codes = unhealthy.children("ResponseCode") if unhealthy is not None else []
    return LoadBalancer(
        where=f"{element.file}: {element.path}",
        algorithm=algorithm,
        servers=servers,
        most_failures=whole_number(failures, failures.text(), 0, 10**6) if failures else 0,
        retry=element.boolean_of("RetryEnabled", default=True),
        unhealthy=frozenset(whole_number(code, code.text(), 100, 599) for code in codes),
    )


def _server(element: Element) -> Server:
    enabled = element.child("IsEnabled")
    if enabled is not None and not enabled.boolean(default=True):
        raise enabled.error("only true is supported: leave the server out instead")
    weight = element.child("Weight")
    return Server(
        name=element.required("name"),
        weight=whole_number(weight, weight.text(), 1, 10**6) if weight is not None else 1,
        fallback=element.boolean_of("IsFallback", default=False),
    )
