"""Debug sessions through the sandbox's administration, as the command line starts and reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest

from sandbox import admin
from sandbox.dataplane.hosts import Hosts
from sandbox.faults import Faults
from tests.sandbox.gateway.rig import Site, proxy_files

Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(site: Site) -> Ask:
    """Sends a request to the administration, as its owner unless another token is given."""
    app = admin.app(site.cloud, Faults(Hosts(site.cloud)), site.gateway.debug, "canary-token")

    async def send(path: str, body: object, token: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://admin.test") as client:
            if body is None:
                return await client.get(path, headers=headers)
            return await client.post(path, json=body, headers=headers)

    return lambda path, body=None, token="canary-token": asyncio.run(send(path, body, token))


def test_a_session_is_started_and_read(site: Site, ask: Ask) -> None:
    site.deploy(proxy_files())
    asked = {"environment": "alpha", "proxy": "p", "count": 1}
    session = ask("/debug/start", asked).json()["session"]
    site.request()
    (found,) = ask(f"/debug?session={session}").json()
    assert found["points"][0]["messages"]["request"]["path"] == "/p"


def test_a_mistake_is_told(ask: Ask) -> None:
    answer = ask("/debug/start", {"environment": "alpha", "proxy": "gone", "count": 1})
    assert answer.status_code == 400
    assert "gone" in answer.json()["error"]
    assert ask("/debug?session=gone").status_code == 400


def test_only_the_owner_reads_a_session(ask: Ask) -> None:
    assert ask("/debug?session=gone", token="other").status_code == 401
