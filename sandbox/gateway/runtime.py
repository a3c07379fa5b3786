"""What requests of the runtime share: the clouds, processors, maps, egress, late work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine

import httpx

from sandbox import google_tokens
from sandbox.cloud import Cloud
from sandbox.gateway.caches import Cache
from sandbox.gateway.egress import Connect, Egress
from sandbox.gateway.key_values import KeyValues
from sandbox.gateway.log_lines import LogLines
from sandbox.gateway.processors import Processors

_log = logging.getLogger(__name__)
_MOST_LATE = 1_000
_TOKEN_SECONDS = google_tokens.LIFETIME / 2


class Runtime:
    """The organization's runtime. Used from the event loop only.

    `processors` is the number of message processors.
    """

    def __init__(self, cloud: Cloud, connect: Connect, processors: int) -> None:
        self.cloud = cloud
        self.processors = Processors(processors)
        self.key_values = KeyValues(cloud.store)
        self._egress = Egress(cloud.store, connect)
        self._tokens: Cache[str] = Cache()
        self._late: set[asyncio.Task[None]] = set()
        self.log_lines = LogLines(self.later, self._egress.client, self.access_token)

    @property
    def client(self) -> httpx.AsyncClient:
        """The HTTP client for the next call that leaves the runtime."""
        return self._egress.client()

    def now(self) -> float:
        """Seconds since 1970 on the sandbox's clock."""
        return self.cloud.clock.now()

    def access_token(self, email: str) -> str:
        """A Google access token, as the platform's own metadata hands it out: kept for a while."""
        token = self._tokens.get((email,), self.now())
        if token is None:
            token = google_tokens.mint_access_token(self.cloud, email)
            self._tokens.put((email,), token, self.now(), _TOKEN_SECONDS)
        return token

    def later(self, work: Coroutine[object, object, None]) -> bool:
        """Run work that no request waits for; beyond a thousand at once it is dropped: False."""
        if len(self._late) >= _MOST_LATE:
            work.close()
            _log.warning("more than %d pieces of late work: one is dropped", _MOST_LATE)
            return False
        task = asyncio.get_running_loop().create_task(work)
        self._late.add(task)
        task.add_done_callback(self._finished)
        return True

    async def drain(self) -> None:
        """Wait for late work that is under way."""
        while self._late:
            await asyncio.gather(*self._late, return_exceptions=True)

    async def close(self) -> None:
        """Wait for late work, then close connections."""
        await self.drain()
        await self._egress.close()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._late.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("late work failed", exc_info=task.exception())
