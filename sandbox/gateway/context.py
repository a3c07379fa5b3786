"""The state of one request on its way through the flows. Owns no rule of variables' names."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from sandbox.gateway.faults import Fault
from sandbox.gateway.messages import Message, Value
from sandbox.gateway.processors import Processor
from sandbox.gateway.runtime import Runtime

if TYPE_CHECKING:  # what is deployed runs on a context
    from sandbox.gateway.deployed import Deployed, View

Phase = Literal["request", "response", "error"]


@dataclass(frozen=True)
class Client:
    """Who called. Times are seconds since 1970 on the sandbox's clock."""

    ip: str
    port: int
    scheme: str
    host: str
    received: float


@dataclass
class Target:
    """Where the request goes: the target endpoint's name and its URL once that is known.

    `url` is the configured one, without the request's own path and query, and empty where a load
    balancer chooses; `called` is what was called, path included, once an answer has come. `sent` and
    `received` are when it was called and when its answer had come, in seconds since 1970 on the
    sandbox's clock; None before.
    """

    name: str = ""
    url: str = ""
    called: str = ""
    sent: float | None = None
    received: float | None = None


class Trace(Protocol):
    """Is told where the request is on its way; `debug_trace` records it."""

    def enter(self, policy: str, type_: str) -> None:
        """A policy begins."""

    def leave(self, fault: Fault | None) -> None:
        """The policy that began last is done."""

    def skipped(self, policy: str, type_: str) -> None:
        """A policy's condition didn't hold."""

    def passed(self, point: str) -> None:
        """The request came to a point of its way that isn't a policy."""


@dataclass
class Context:
    """Variables and position of one request.

    `variables` holds messages too (`request`, `response`, `error` and those that policies make).
    `after` collects work for the time after the response, such as log lines. `processor` is the
    message processor that serves the request; what isn't shared between processors lives there.
    `view` is what was deployed when the request began, and `deployed` the proxy.
    `in_target` holds while the flows of the target endpoint run; `trace` records for a debug session.
    `depth` counts the shared flows around the policy that runs, `executed` the policies that have run.
    `sent` is when the client had its answer, in seconds since 1970; None before.
    """

    runtime: Runtime
    processor: Processor
    view: View
    deployed: Deployed
    client: Client
    basepath: str
    pathsuffix: str
    endpoint: str
    variables: dict[str, Value]
    phase: Phase = "request"
    fault: Fault | None = None
    flow_name: str = ""
    flow_description: str = ""
    shared_flow: str | None = None
    route: str = ""
    target: Target = field(default_factory=Target)
    in_target: bool = False
    after: list[Callable[[], None]] = field(default_factory=list)
    sent: float | None = None
    depth: int = 0
    executed: int = 0
    trace: Trace | None = None
    message_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def message(self, name: str) -> Message | None:
        """The message variable of that name; `message` is the phase's own."""
        # Past a trace's watch: looking for a message is no reading of a variable.
        value = dict.get(self.variables, self.phase if name == "message" else name)
        return value if isinstance(value, Message) else None
