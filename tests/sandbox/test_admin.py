"""The administration's answers to what it can't do: JSON with a reason, whatever was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox import admin
from sandbox.cloud import Cloud
from sandbox.dataplane.hosts import Hosts
from sandbox.faults import Faults
from sandbox.gateway import ingress

TOKEN = "canary-token"


class Administered:
    """A cloud and its administration, asked without a socket."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        debug = ingress.app(cloud, lambda _: httpx.AsyncClient()).debug
        self._app = admin.app(cloud, Faults(Hosts(cloud)), debug, TOKEN)

    def post(self, path: str, content: bytes = b"{}") -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            headers = {"authorization": f"Bearer {TOKEN}"}
            async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
                return await client.post(path, content=content, headers=headers)

        return asyncio.run(sent())

    def limit_pages(self, more: int) -> None:
        """Let the state grow by so many pages before it finds the disk full."""
        with self.cloud.store.transaction() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages + more}")


@pytest.fixture
def administered(tmp_path: Path, pki: Path) -> Iterator[Administered]:
    cloud = Cloud.open(tmp_path / "state.db", pki)
    yield Administered(cloud)
    cloud.store.close()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/clock", b""),
        ("/clock", b"{"),
        ("/clock", b"[]"),
        ("/clock", b"{}"),
        ("/clock", b'{"seconds": null}'),
        ("/clock", b'{"seconds": -1}'),
        ("/identity-token", b'{"audience": "a"}'),
        ("/interrupt", b'{"victim": "me", "moment": "after", "spared": 0}'),
        ("/interrupt", b'{"victim": "engine", "moment": "after", "spared": []}'),
        ("/existing", b'{"type": 7, "inputs": {}}'),
        ("/faults/on", b'{"host": "h", "kind": "outage", "value": null, "requests": null}'),
        ("/debug/start", b'{"environment": "e", "proxy": "p", "count": "x"}'),
    ],
)
def test_a_malformed_question_is_answered_with_a_reason(
    administered: Administered, path: str, content: bytes
) -> None:
    answer = administered.post(path, content)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_full_disk_is_told_and_work_goes_on_once_there_is_room(
    administered: Administered,
) -> None:
    administered.limit_pages(0)
    answer = administered.post("/backend-key")
    while answer.status_code == 200:
        answer = administered.post("/backend-key")
    assert answer.status_code == 500
    assert answer.json()["error"].startswith("the sandbox can't use its state: ")
    administered.limit_pages(1_000)
    assert administered.post("/backend-key").status_code == 200
