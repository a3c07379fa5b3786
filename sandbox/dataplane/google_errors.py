"""Google's JSON error body (AIP-193, "Errors"), shared by its endpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


class GoogleError(Exception):
    """An answer other than success: HTTP status, canonical code, message and optional ErrorInfo."""

    def __init__(
        self, http: int, status: str, message: str, info: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.http, self.status, self.message, self.info = http, status, message, info

    @classmethod
    def unauthenticated(cls) -> GoogleError:
        """No valid access token: 401."""
        return cls(
            401,
            "UNAUTHENTICATED",
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login"
            " cookie or other valid authentication credential.",
        )

    @classmethod
    def permission_denied(
        cls, message: str, reason: str, domain: str, metadata: Mapping[str, str]
    ) -> GoogleError:
        """A missing permission or a disabled API (`reason` says which): 403."""
        info = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": domain,
            "metadata": dict(metadata),
        }
        return cls(403, "PERMISSION_DENIED", message, info)

    @classmethod
    def invalid_argument(cls, message: str) -> GoogleError:
        """A request that says something impossible: 400."""
        return cls(400, "INVALID_ARGUMENT", message)

    @classmethod
    def not_found(cls, message: str) -> GoogleError:
        """No such object: 404."""
        return cls(404, "NOT_FOUND", message)

    def body(self) -> dict[str, Any]:
        """The JSON object that Google's APIs answer with."""
        error = {"code": self.http, "message": self.message, "status": self.status}
        return {"error": error | ({"details": [self.info]} if self.info else {})}

    def response(self) -> JSONResponse:
        """The answer; a 401 names the scheme that is wanted."""
        headers = {"www-authenticate": 'Bearer realm="https://accounts.google.com/"'}
        return JSONResponse(self.body(), self.http, headers if self.http == 401 else None)


def too_large() -> str:
    """The body of a 413."""
    message = "Request payload size exceeds the limit."
    return json.dumps(GoogleError(413, "INVALID_ARGUMENT", message).body())


def not_served() -> Route:
    """The last route of an API's host: what Google may have and the sandbox hasn't, by name: 501."""

    async def answer(request: Request) -> JSONResponse:
        called = f"{request.method} https://{request.url.hostname}{request.url.path}"
        error = GoogleError(501, "UNIMPLEMENTED", f"The sandbox's Google doesn't serve {called}.")
        return error.response()

    return Route("/{rest:path}", answer, methods=_METHODS)


_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
