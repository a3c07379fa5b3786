"""The shared flow as deployed, in the sandbox's runtime, asked by a proxy that takes a secret's name.

Owns the rig: the declaration, the clouds' answers, the clock. It is a `Peer` like the others.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.gateway.clouds import Clouds, OutageError, RefusalError
from benchmarks.gateway.peers.peer import Answer
from benchmarks.gateway.trace import SECRETS
from sandbox.clock import Clock
from sandbox.store import Store
from tests.apigee import scene as scenes
from tests.apigee.answers import entra_answer, vault_refusal
from tests.apigee.scene import Scene

PROCESSORS = 4
_PATH = "/orders/v1/orders"
_FROM_HEADER = (
    "policies/FC-OrdersKey.xml",
    '<Parameter name="secret.name">orders-backend-key</Parameter>',
    '<Parameter name="secret.name" ref="request.header.x-secret"/>',
)


class StillClock(Clock):
    """Stands still until it is set, so that a second of the trace takes as long as it takes."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._now = float(int(super().now()))

    def now(self) -> float:
        """Seconds since 1970, as set."""
        return self._now

    def set(self, now: float) -> None:
        """Set it, never back."""
        self._now = max(now, self._now)


class SharedFlow:
    """The flow with a declaration that is the same for each secret.

    Arguments:
        scene: the gateway, its clouds scripted here.
        cache, stale: the declaration's `cache.seconds` and `staleSeconds`; 0: none.

    Attributes:
        calls: how often Google, Entra and the vault were called.
    """

    def __init__(self, scene: Scene, cache: int, stale: int) -> None:
        self.name = f"azure-key-vault, cache {cache} s, staleSeconds {stale}"
        self.scene = scene
        self.calls: Counter[str] = Counter()
        self._clouds = Clouds()
        assert isinstance(scene.cloud.clock, StillClock)
        self._clock = scene.cloud.clock
        self._began = self._clock.now()
        self._loop = asyncio.new_event_loop()
        for secret in SECRETS:
            scene.declare(f"grant.{secret}.orders-v1", "allowed")
            scene.declare(f"cache.{secret}", str(cache) if cache else None)
            scene.declare(f"stale.{secret}", str(stale) if stale else None)
        scene.entra, scene.vault = [self._entra], [self._vault]

    def ask(self, now: float, secret: str, clouds: Clouds) -> Answer | None:
        """Send a request for a secret, at that many seconds since the trace began."""
        self._clouds = clouds
        self._clock.set(self._began + now)
        headers = {"x-secret": secret}
        self.scene.sent.clear()
        self.scene.lines.clear()
        response = self._loop.run_until_complete(self.scene.send("GET", _PATH, "alpha", headers))
        self.calls.update(name for name, _ in self.scene.sent if name != "backend")
        if response.status_code != 200:
            return None
        version = int(self.scene.request("backend").headers["x-api-key"].removeprefix("canary-"))
        return Answer(version, self.scene.lines[-1]["fetched"] / 1000 - self._began)

    def ask_together(self, now: float, secrets: Sequence[str], clouds: Clouds) -> int:
        """Send requests of one moment, each before any other is answered; how many were served."""
        self._clouds = clouds
        self._clock.set(self._began + now)
        self.scene.sent.clear()
        self.scene.lines.clear()
        sends = [self.scene.send("GET", _PATH, "alpha", {"x-secret": name}) for name in secrets]
        responses = self._loop.run_until_complete(self.scene.together(sends))
        self.calls.update(name for name, _ in self.scene.sent if name != "backend")
        return sum(response.status_code == 200 for response in responses)

    def close(self) -> None:
        """End the event loop."""
        self._loop.close()

    def _entra(self, request: httpx.Request) -> httpx.Response | type[Exception]:
        try:
            self._clouds.token()
        except OutageError:
            return httpx.ConnectTimeout
        return entra_answer()

    def _vault(self, request: httpx.Request) -> httpx.Response | type[Exception]:
        try:
            version = self._clouds.read()
        except OutageError:
            return httpx.Response(503)
        except RefusalError:
            return vault_refusal(403, "ForbiddenByRbac")
        body = {"value": f"canary-{version}", "id": f"{request.url}/{version:032x}"}
        return httpx.Response(200, json=body)


@contextmanager
def shared_flow(cache: int, stale: int, processors: int = PROCESSORS) -> Iterator[SharedFlow]:
    """A gateway of its own with nothing cached, until the context ends."""
    with tempfile.TemporaryDirectory(prefix="apigee-keyvault-bench-") as text:
        folder = Path(text)
        for name in ("state", "keys"):
            (folder / name).mkdir()
        sources = scenes.edited_sources(folder, _FROM_HEADER)
        scene = scenes.open_scene(
            folder / "state", folder / "keys", sources, processors=processors, clock=StillClock
        )
        flow = SharedFlow(scene, cache, stale)
        try:
            yield flow
        finally:
            flow.close()
            scene.cloud.store.close()
