"""What the clouds answer, as tests script it: canaries for all that is secret."""

from __future__ import annotations

from collections.abc import Callable

import httpx

NAME = "orders-backend-key"
VALUE = "canary-value"
ASSERTION = "canary-assertion"
TOKEN = "canary-token"  # a canary
VERSION = "0123456789abcdef0123456789abcdef"

Responder = Callable[[httpx.Request], "httpx.Response | type[Exception]"]
Answer = httpx.Response | type[Exception] | Responder


def vault_answer(
    value: str = VALUE, version: str = VERSION, **attributes: object
) -> httpx.Response:
    """Key Vault's answer to a read that it allows."""
    return httpx.Response(
        200,
        json={
            "value": value,
            "id": f"https://kv-alpha.vault.azure.net/secrets/{NAME}/{version}",
            "attributes": {"enabled": True, **attributes},
        },
    )


def vault_refusal(status: int, inner: str | None = None) -> httpx.Response:
    """Key Vault's answer to a read that it refuses."""
    error: dict[str, object] = {"code": "Refused", "message": "canary-detail"}
    if inner:
        error["innererror"] = {"code": inner}
    return httpx.Response(status, json={"error": error})


def entra_answer(expires_in: int = 3599) -> httpx.Response:
    """Microsoft Entra's answer to a credential that it accepts."""
    return httpx.Response(200, json={"access_token": TOKEN, "expires_in": expires_in})


def entra_refusal(status: int, error: str, code: int = 700213) -> httpx.Response:
    """Microsoft Entra's answer to a credential that it doesn't accept."""
    body = {"error": error, "error_description": "canary-detail", "error_codes": [code]}
    return httpx.Response(status, json=body)
