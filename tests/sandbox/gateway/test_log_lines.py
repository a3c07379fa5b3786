"""Log entries go to Cloud Logging in the order in which they came, as few calls as there may be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field

import httpx
import pytest

from sandbox.gateway.log_lines import LogLines


@dataclass
class _Cloud:
    """Cloud Logging, which answers a call when `open_` is set; and whether late work is taken."""

    status: int = 200
    takes_work: bool = True
    calls: list[tuple[str, list[object]]] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.open_ = asyncio.Event()
        self._client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        self.lines = LogLines(self._later, lambda: self._client, lambda account: f"t-{account}")

    def _later(self, work: Coroutine[object, object, None]) -> bool:
        if not self.takes_work:
            work.close()
            return False
        self.tasks.append(asyncio.get_running_loop().create_task(work))
        return True

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        entries = [entry["n"] for entry in json.loads(request.content)["entries"]]
        self.calls.append((request.headers["authorization"], entries))
        await self.open_.wait()
        return httpx.Response(self.status, json={})

    async def finish(self) -> None:
        self.open_.set()
        await asyncio.gather(*self.tasks)


async def _under_way(cloud: _Cloud, calls: int) -> None:
    while len(cloud.calls) < calls:
        await asyncio.sleep(0)


@pytest.mark.parametrize("status", [200, 503])
def test_what_comes_during_a_call_goes_with_the_next_whatever_becomes_of_the_first(
    status: int,
) -> None:
    async def run() -> _Cloud:
        cloud = _Cloud(status)
        cloud.lines.write("a", {"n": 0})
        await _under_way(cloud, 1)
        for number in range(1, 5):
            cloud.lines.write("a", {"n": number})
        await cloud.finish()
        cloud.lines.write("a", {"n": 5})
        await cloud.finish()
        return cloud

    assert asyncio.run(run()).calls == [
        ("Bearer t-a", [0]),
        ("Bearer t-a", [1, 2, 3, 4]),
        ("Bearer t-a", [5]),
    ]


def test_no_account_waits_for_anothers_call() -> None:
    async def run() -> _Cloud:
        cloud = _Cloud()
        cloud.lines.write("a", {"n": 0})
        cloud.lines.write("b", {"n": 1})
        await _under_way(cloud, 2)
        await cloud.finish()
        return cloud

    assert sorted(asyncio.run(run()).calls) == [("Bearer t-a", [0]), ("Bearer t-b", [1])]


def test_beyond_a_call_that_hangs_a_bounded_number_waits() -> None:
    async def run() -> _Cloud:
        cloud = _Cloud()
        cloud.lines.write("a", {"n": -1})
        await _under_way(cloud, 1)
        for number in range(1_500):
            cloud.lines.write("a", {"n": number})
        await cloud.finish()
        return cloud

    assert [entries for _, entries in asyncio.run(run()).calls] == [[-1], list(range(1_000))]


def test_a_line_that_could_not_be_sent_does_not_keep_the_next_from_it() -> None:
    async def run() -> _Cloud:
        cloud = _Cloud(takes_work=False)
        cloud.lines.write("a", {"n": 0})
        cloud.takes_work = True
        cloud.lines.write("a", {"n": 1})
        await cloud.finish()
        return cloud

    assert asyncio.run(run()).calls == [("Bearer t-a", [1])]
