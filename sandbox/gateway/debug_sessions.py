"""Debug sessions: which requests are recorded, and for whom.

API reference, `environments.apis.revisions.debugsessions`: a session belongs to a deployed revision
and takes a number of requests (10 unless given, 15 at most). A session keeps the environment's mask as
it was when the session began ("Masking and hiding data"). Sessions end with the process.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from sandbox import world
from sandbox.gateway.context import Context
from sandbox.gateway.debug_masks import Mask, mask_of
from sandbox.gateway.debug_trace import Trace
from sandbox.gateway.deployments import Deployments
from sandbox.store import Store

DEFAULT_COUNT = 10
MOST_REQUESTS = 15
SECONDS = 600.0
"""How long a session takes requests."""

_KEPT = 20


@dataclass
class Session:
    """A session and what it has recorded. `ends` is seconds since 1970 on the sandbox's clock."""

    id: str
    environment: str
    proxy: str
    revision: int
    count: int
    ends: float
    mask: Mask
    traces: list[Trace] = field(default_factory=list)

    def takes(self, ctx: Context, now: float) -> bool:
        """Whether the request is to be recorded."""
        deployed = ctx.deployed
        return (
            len(self.traces) < self.count
            and now < self.ends
            and (deployed.environment, deployed.name, deployed.revision)
            == (self.environment, self.proxy, self.revision)
        )


class DebugSessions:
    """The last twenty sessions. Used from the event loop only."""

    def __init__(self, store: Store, deployments: Deployments) -> None:
        self._store = store
        self._deployments = deployments
        self._sessions: dict[str, Session] = {}

    def start(self, environment: str, proxy: str, now: float, count: int = DEFAULT_COUNT) -> str:
        """Begin a session for the revision that is deployed, and return its id.

        Raises ValueError for a proxy that isn't deployed there and for a count out of bounds.
        """
        if not 1 <= count <= MOST_REQUESTS:
            raise ValueError(f"a session takes 1 to {MOST_REQUESTS} requests, not {count}")
        revision = self._deployments.newest().proxy_revision(environment, proxy)
        if revision is None:
            raise ValueError(f"proxy {proxy} isn't deployed in environment {environment}")
        while len(self._sessions) >= _KEPT:
            del self._sessions[next(iter(self._sessions))]
        session = Session(
            id=str(uuid.uuid4()),
            environment=environment,
            proxy=proxy,
            revision=revision,
            count=count,
            ends=now + SECONDS,
            mask=mask_of(self._store, world.ORGANIZATION, environment),
        )
        self._sessions[session.id] = session
        return session.id

    def transactions(self, session_id: str) -> list[dict[str, Any]]:
        """What a session has recorded, oldest first. Raises ValueError for an unknown session."""
        session = self._sessions.get(session_id)
        if session is None:
            raise ValueError(f"there is no debug session {session_id}")
        return [trace.as_json() for trace in session.traces]

    def watch(self, ctx: Context, now: float) -> None:
        """Record a request that begins, if a session takes it; the newest session goes first."""
        for session in reversed(self._sessions.values()):
            if session.takes(ctx, now):
                session.traces.append(Trace(ctx, session.mask))
                return
