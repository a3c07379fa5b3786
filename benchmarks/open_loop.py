"""Requests at a fixed rate, whether or not the earlier ones are answered: an open loop.

A request's latency counts from when it was due, so a server that falls behind, or a client that
does, shows in it and doesn't slow the schedule down. Owns the schedule and the client.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from sandbox.client import Sandbox

_TIMEOUT_SECONDS = 30
_MOST_CONNECTIONS = 50


@dataclass(frozen=True)
class Sent:
    """One request. `due`, `started` and `ended` are seconds since the load began.

    `failure` says what was wrong with the answer, if anything.
    """

    due: float
    started: float
    ended: float
    failure: str | None

    @property
    def latency(self) -> float:
        """Milliseconds from when it was due until its answer was there."""
        return (self.ended - self.due) * 1000

    @property
    def late(self) -> float:
        """Milliseconds by which the client sent it too late."""
        return (self.started - self.due) * 1000


@dataclass(frozen=True)
class Load:
    """GETs of `url`, `rate` a second for so many `seconds`."""

    url: str
    rate: int
    seconds: int

    def due(self) -> list[float]:
        """When each request is due, in seconds since the beginning."""
        return [number / self.rate for number in range(self.rate * self.seconds)]


def send(sandbox: Sandbox, load: Load, every: float, watch: Callable[[], None]) -> list[Sent]:
    """Send a load through the sandbox's proxy, over kept-alive connections; in the order of dues.

    `watch` is called at the beginning and then every `every` seconds of the load.
    """
    return asyncio.run(_send(sandbox, load, every, watch))


async def _send(
    sandbox: Sandbox, load: Load, every: float, watch: Callable[[], None]
) -> list[Sent]:
    context = ssl.create_default_context(cafile=str(sandbox.paths.ca_certificate))
    async with (
        httpx.AsyncClient(
            proxy=f"http://{sandbox.running.proxy}",
            verify=context,
            trust_env=False,
            timeout=_TIMEOUT_SECONDS,
            limits=httpx.Limits(
                max_connections=_MOST_CONNECTIONS, max_keepalive_connections=_MOST_CONNECTIONS
            ),
        ) as client,
        asyncio.TaskGroup() as group,
    ):
        began = time.perf_counter()
        watching = group.create_task(_watch(every, watch))
        tasks = []
        for due in load.due():
            await asyncio.sleep(max(0.0, due - (time.perf_counter() - began)))
            tasks.append(group.create_task(_request(client, load.url, began, due)))
        sent = await asyncio.gather(*tasks)
        watching.cancel()
    return sent


async def _request(client: httpx.AsyncClient, url: str, began: float, due: float) -> Sent:
    started = time.perf_counter() - began
    try:
        answer = await client.get(url)
        failure = None if answer.status_code == httpx.codes.OK else f"status {answer.status_code}"
    except httpx.HTTPError as error:
        failure = type(error).__name__
    return Sent(due, started, time.perf_counter() - began, failure)


async def _watch(every: float, watch: Callable[[], None]) -> None:
    while True:
        watch()
        await asyncio.sleep(every)


def rate_of(sent: Sequence[Sent]) -> float:
    """Answers without failure a second, from the first due to the last answer."""
    good = sum(request.failure is None for request in sent)
    return good / (max(request.ended for request in sent) - sent[0].due)
