"""A bundle, compiled: what the flow executor runs. Owns no reading of XML and no execution."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from sandbox.gateway.context import Context
from sandbox.gateway.messages import Message
from sandbox.gateway.revisions import Kind

HookPoint = Literal[
    "PreProxyFlowHook", "PreTargetFlowHook", "PostTargetFlowHook", "PostProxyFlowHook"
]

Condition = Callable[[Context], bool]

Run = Callable[[Context], Awaitable[None] | None]
"""Executes a policy; returns something to await where it has to wait for a call."""


@dataclass(frozen=True)
class Compiled:
    """What a policy's module makes of its XML.

    `shared_flow` is the flow that it calls; `google_token` says that it mints a Google token, which
    needs a deployment with a service account.
    """

    run: Run
    shared_flow: str | None = None
    google_token: bool = False


@dataclass(frozen=True)
class Policy:
    """A policy of a bundle. `type` is its XML element's name."""

    name: str
    type: str
    enabled: bool
    continue_on_error: bool
    compiled: Compiled


@dataclass(frozen=True)
class Step:
    """A policy where a flow attaches it."""

    policy: Policy
    condition: Condition | None


@dataclass(frozen=True)
class Flow:
    """A PreFlow, a conditional flow or a PostFlow; `description` is empty without one."""

    name: str
    description: str
    condition: Condition | None
    request: tuple[Step, ...]
    response: tuple[Step, ...]


@dataclass(frozen=True)
class FaultRule:
    """Steps for the error flow; `always` is DefaultFaultRule's AlwaysEnforce."""

    condition: Condition | None
    steps: tuple[Step, ...]
    always: bool = False


@dataclass(frozen=True)
class Flows:
    """What proxy and target endpoints have in common."""

    name: str
    pre: Flow
    conditional: tuple[Flow, ...]
    post: Flow
    fault_rules: tuple[FaultRule, ...]
    default_fault_rule: FaultRule | None


@dataclass(frozen=True)
class Route:
    """A RouteRule; no target means that no call is made."""

    name: str
    condition: Condition | None
    target: str | None


@dataclass(frozen=True)
class ProxyEndpoint:
    """Where a proxy listens and what it does there."""

    flows: Flows
    basepath: str
    routes: tuple[Route, ...]
    after: tuple[Step, ...]


class Connection(Protocol):
    """What sends a target endpoint's requests: `connection.Connection`."""

    @property
    def url(self) -> Callable[[Context, bool], str] | None:
        """The URL's template; None where a load balancer chooses."""

    @property
    def success(self) -> Callable[[int], bool]:
        """Whether a status is no error."""

    @property
    def mints(self) -> bool:
        """Whether a Google token is minted for it."""

    async def send(
        self, ctx: Context, message: Message, url: str | None, suffix: str = ""
    ) -> tuple[Message, str]:
        """Send the message; the answer and the URL that was called."""


@dataclass(frozen=True)
class TargetEndpoint:
    """A backend and the flows around its call."""

    flows: Flows
    connection: Connection


@dataclass(frozen=True)
class Bundle:
    """A proxy or a shared flow, ready to run.

    `shared_flows` are those that its policies call; `needs_service_account` holds where a policy
    mints a Google token (`<Authentication>`): Apigee refuses to deploy that without an account.
    `property_sets` holds the properties of each set by name.
    """

    kind: Kind
    name: str
    policies: dict[str, Policy]
    proxies: tuple[ProxyEndpoint, ...]
    targets: dict[str, TargetEndpoint]
    steps: tuple[Step, ...]
    shared_flows: frozenset[str]
    needs_service_account: bool
    property_sets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
