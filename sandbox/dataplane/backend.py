"""The backend behind the sample proxy: two read-only resources that want a key this backend issued.

Owns the issued keys (as digests; a key itself is never kept) and the two answers.
"""

from __future__ import annotations

import hashlib
import json
import secrets

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.cloud import Cloud
from sandbox.store import Store

HOSTS = ("orders.backend.example.com",)
TOO_LARGE = json.dumps({"error": "payload too large"})

_TABLE = """
CREATE TABLE IF NOT EXISTS backend_keys (digest TEXT PRIMARY KEY, issued REAL NOT NULL);
"""
_ORDERS = {"orders": [{"id": "o-1001", "item": "desk", "quantity": 1}]}
_INVOICES = {
    "invoices": [{"id": "i-2001", "order": "o-1001", "amount": "249.00", "currency": "EUR"}]
}


def issue_key(store: Store, now: float) -> str:
    """A new key, accepted from now on. `now` is seconds since 1970 on the sandbox's clock."""
    key = f"canary-{secrets.token_urlsafe(24)}"
    store.ensure(_TABLE)
    with store.transaction() as connection:
        connection.execute("INSERT INTO backend_keys VALUES (?, ?)", (_digest(key), now))
    return key


def revoke(store: Store, key: str) -> bool:
    """Accept `key` no longer. False when it wasn't accepted before."""
    store.ensure(_TABLE)
    with store.transaction() as connection:
        cursor = connection.execute("DELETE FROM backend_keys WHERE digest = ?", (_digest(key),))
    return cursor.rowcount > 0


def app(cloud: Cloud) -> Starlette:
    """The backend's app."""
    cloud.store.ensure(_TABLE)

    async def orders(request: Request) -> JSONResponse:
        return JSONResponse(_ORDERS) if _accepted(cloud.store, request) else _refused()

    async def invoices(request: Request) -> JSONResponse:
        return JSONResponse(_INVOICES) if _accepted(cloud.store, request) else _refused()

    return Starlette(routes=[Route("/orders", orders), Route("/invoices", invoices)])


def _accepted(store: Store, request: Request) -> bool:
    keys = request.headers.getlist("x-api-key")
    if len(keys) != 1:
        return False
    with store.transaction() as connection:
        row = connection.execute(
            "SELECT 1 FROM backend_keys WHERE digest = ?", (_digest(keys[0]),)
        ).fetchone()
    return row is not None


def _refused() -> JSONResponse:
    return JSONResponse({"error": "x-api-key is missing or not accepted"}, status_code=401)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
