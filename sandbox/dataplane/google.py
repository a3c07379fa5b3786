"""Google's token issuer: key set, discovery document, IAM Credentials' `generateIdToken`.

Owns who may mint a token for whom (IAM on the account or the project, and the API being enabled).
The tokens themselves are `sandbox.google_tokens`'s. Error bodies as in Google's "API errors"
(AIP-193).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Host, Route, Router

from sandbox import google_tokens, world
from sandbox.cloud import Cloud
from sandbox.dataplane import google_iam
from sandbox.dataplane.google_errors import GoogleError, too_large

HOSTS = ("accounts.google.com", "www.googleapis.com", "iamcredentials.googleapis.com")
TOO_LARGE = too_large()

_API = "iamcredentials.googleapis.com"
_PERMISSION = "iam.serviceAccounts.getOpenIdToken"
_JWKS_URI = "https://www.googleapis.com/oauth2/v3/certs"


def app(cloud: Cloud) -> Starlette:
    """The three hosts' endpoint."""

    async def certs(_: Request) -> JSONResponse:
        headers = {"cache-control": "public, max-age=21600, must-revalidate"}
        return JSONResponse(cloud.google_key.jwks(), headers=headers)

    async def generate(request: Request) -> JSONResponse:
        try:
            return JSONResponse({"token": await _generate_id_token(cloud, request)})
        except GoogleError as error:
            return error.response()

    async def no_method(request: Request) -> JSONResponse:
        return GoogleError.not_found(f"Method not found: {request.url.path}").response()

    every = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
    fallback = Route("/{rest:path}", no_method, methods=every)
    return Starlette(
        routes=[
            Host(
                "accounts.google.com",
                Router([Route("/.well-known/openid-configuration", _discovery), fallback]),
            ),
            Host("www.googleapis.com", Router([Route("/oauth2/v3/certs", certs), fallback])),
            Host(
                "iamcredentials.googleapis.com",
                Router(
                    [
                        Route(
                            "/v1/projects/-/serviceAccounts/{account}:generateIdToken",
                            generate,
                            methods=["POST"],
                        ),
                        fallback,
                    ]
                ),
            ),
        ]
    )


async def _discovery(_: Request) -> JSONResponse:
    return JSONResponse(
        {
            "issuer": world.GOOGLE_ISSUER,
            "jwks_uri": _JWKS_URI,
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": [
                "aud",
                "azp",
                "email",
                "email_verified",
                "exp",
                "iat",
                "iss",
                "sub",
            ],
        }
    )


async def _generate_id_token(cloud: Cloud, request: Request) -> str:
    """IAM Credentials API, "projects.serviceAccounts.generateIdToken". Raises GoogleError."""
    caller = google_iam.caller(cloud, request)
    google_iam.require_api(cloud.store, _API, "IAM Service Account Credentials API")
    email = unquote(request.path_params["account"])
    audience, include_email = _asked(await request.body())
    if not google_iam.may_on_account(cloud.store, caller, _PERMISSION, email):
        raise GoogleError.permission_denied(
            f"Permission '{_PERMISSION}' denied on resource (or it may not exist).",
            reason="IAM_PERMISSION_DENIED",
            domain="iam.googleapis.com",
            metadata={"permission": _PERMISSION},
        )
    account = google_iam.account(cloud.store, email)
    if account is None:
        raise GoogleError.not_found(f"Not found; Gaia id not found for email {email}")
    if account.get("disabled"):
        raise GoogleError(400, "FAILED_PRECONDITION", f"Service account {email} is disabled.")
    return google_tokens.mint_id_token(cloud, email, audience, include_email)


def _asked(body: bytes) -> tuple[str, bool]:
    try:
        asked: Any = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise GoogleError.invalid_argument(f"Invalid JSON payload received. {error}") from error
    if not isinstance(asked, Mapping):
        raise GoogleError.invalid_argument("Invalid JSON payload received. Root must be an object.")
    for name in asked:
        if name not in {"audience", "includeEmail", "delegates"}:
            raise GoogleError.invalid_argument(
                f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
            )
    if asked.get("delegates"):
        raise GoogleError.invalid_argument("delegates: the sandbox serves no delegation chains.")
    audience, include = asked.get("audience"), asked.get("includeEmail", False)
    if not isinstance(audience, str) or not audience:
        raise GoogleError.invalid_argument(
            "Request contains an invalid argument: audience is required."
        )
    if not isinstance(include, bool):
        raise GoogleError.invalid_argument("Invalid value at 'include_email' (TYPE_BOOL).")
    return audience, include
