"""Warm requests to the gateway, each answer checked and each external call counted.

The client is an ordinary HTTPS one with a connection kept alive, through the sandbox's CONNECT
proxy. Owns what is sent and what must come of it, not what is made of the durations.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from benchmarks.figures import MeasurementError
from sandbox.client import Sandbox

REQUESTS = 2_000
_WARM_UP = 200
# The journal keeps ten thousand calls; a batch makes fewer.
_BATCH = 500
# A token is kept for 600 seconds and a value for 300: both are fetched anew in the warm-up, so that
# neither ends while requests are measured.
LIFETIME = 600
BACKEND_HOST = "orders.backend.example.com"
LOG_HOST = "logging.googleapis.com"
_VAULTS = ".vault.azure.net"
# What a request reaches besides its own gateway host and that is no part of fetching a secret.
_NO_FETCH = frozenset({BACKEND_HOST, LOG_HOST})


@dataclass(frozen=True)
class Request:
    """A GET of the sample proxy, and how many calls (to the vault alone) it makes when warm."""

    name: str
    url: str
    fetches: int

    @property
    def host(self) -> str:
        """The gateway's host name."""
        return httpx.URL(self.url).host


WARM_TOKEN = Request("warm token", "https://alpha.api.example.com/orders/v1/orders", 1)
CACHED = Request("cached value", "https://beta.api.example.com/orders/v1/invoices", 0)


def durations(sandbox: Sandbox, request: Request) -> list[float]:
    """Send the warm-up and then REQUESTS requests, one after the other.

    Returns:
        Milliseconds from sending until the answer is there, for each request of these.

    Raises:
        MeasurementError: An answer isn't 200, or the calls aren't those of a warm request.
    """
    sandbox.advance_clock(LIFETIME)
    measured: list[float] = []
    with sandbox.http() as client:
        for _ in range(_WARM_UP):
            _send(client, request)
        while len(measured) < REQUESTS:
            before = sandbox.status()["calls"]
            count = min(_BATCH, REQUESTS - len(measured))
            measured += [_send(client, request) for _ in range(count)]
            check_calls(sandbox.calls_after(before), request, count, before)
    return measured


def check_calls(
    calls: Sequence[Mapping[str, Any]], request: Request, count: int, before: int
) -> None:
    """Compare the journal's calls after number `before` with those of `count` warm requests.

    Raises MeasurementError when they differ, or when the journal hasn't kept all of them.
    """
    if not calls or calls[0]["sequence"] != before + 1:
        raise MeasurementError(f"the journal hasn't kept the calls after number {before}")
    hosts = Counter(str(call["host"]) for call in calls)
    served = hosts.pop(request.host, 0)
    fetches = {host: number for host, number in hosts.items() if host not in _NO_FETCH}
    elsewhere = [host for host in fetches if not host.endswith(_VAULTS)]
    if served != count or elsewhere or sum(fetches.values()) != count * request.fetches:
        raise MeasurementError(
            f"{count} requests to {request.url} should make {count * request.fetches} calls, to the"
            f" vault only; {served} were served and made {fetches}"
        )


def _send(client: httpx.Client, request: Request) -> float:
    started = time.perf_counter()
    answer = client.get(request.url)
    milliseconds = (time.perf_counter() - started) * 1000
    if answer.status_code != httpx.codes.OK:
        raise MeasurementError(f"{request.url} answered {answer.status_code}: {answer.text}")
    return milliseconds
