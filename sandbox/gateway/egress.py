"""Where calls leave from: the source address that the called side sees.

Google Cloud documentation, "Provisioning NAT IPs": with active NAT addresses on the instance, calls
leave from these; without, from a dynamic address of Google's. Several active addresses take turns,
so whoever lets calls in must let in all of them. Owns one HTTP client for each address.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx

from sandbox import world
from sandbox.store import Store

_NAT_ADDRESS = "gcp:apigee/natAddress:NatAddress"

Connect = Callable[[str], httpx.AsyncClient]
"""Opens a client whose calls come from that IPv4 address."""


class Egress:
    """The runtime's clients. Used from the event loop only."""

    def __init__(self, store: Store, connect: Connect) -> None:
        self._store = store
        self._connect = connect
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._revision = -1
        self._addresses = [world.APIGEE_DYNAMIC_ADDRESS]
        self._calls = 0

    def client(self) -> httpx.AsyncClient:
        """The client for the next call."""
        revision = self._store.revision_of((_NAT_ADDRESS,))
        if self._revision != revision:
            self._addresses = self._active() or [world.APIGEE_DYNAMIC_ADDRESS]
            self._revision = revision
        self._calls += 1
        address = self._addresses[self._calls % len(self._addresses)]
        found = self._clients.get(address)
        if found is None:
            found = self._clients[address] = self._connect(address)
        return found

    async def close(self) -> None:
        """Close every client that was opened."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    def _active(self) -> list[str]:
        return [
            str(found.body["ipAddress"])
            for found in self._store.all(_NAT_ADDRESS)
            if found.body.get("state") == "ACTIVE"
        ]
