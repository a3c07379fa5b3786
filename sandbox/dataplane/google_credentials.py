"""IAM Credentials: tokens of a service account for whoever may have them, decided at each request.

Owns `generateIdToken` and `generateAccessToken` ("IAM Service Account Credentials API",
"projects.serviceAccounts"): the API must be enabled, the caller must have the permission on the
account or the project, and the account must be there and not disabled. Delegation chains and
signing aren't served.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from sandbox import google_iam, google_tokens
from sandbox.cloud import Cloud
from sandbox.dataplane import google_access
from sandbox.dataplane.google_errors import GoogleError, not_served

HOST = "iamcredentials.googleapis.com"

_SCOPES = ("https://www.googleapis.com/auth/iam",)
_SECONDS = re.compile(r"(\d{1,9})(?:\.0{1,9})?s")

Asked = Mapping[str, Any]
Answer = dict[str, object]


def routes(cloud: Cloud) -> list[BaseRoute]:
    """The host's routes."""
    methods = {"generateIdToken": _id_token, "generateAccessToken": _access_token}
    return [
        *(_route(cloud, name, generate) for name, generate in methods.items()),
        not_served(),
    ]


def _route(cloud: Cloud, name: str, generate: Callable[[Cloud, str, str, Asked], Answer]) -> Route:
    async def endpoint(request: Request) -> JSONResponse:
        try:
            caller = google_access.caller(cloud, request, HOST, _SCOPES)
            google_access.require_api(cloud.store, HOST, "IAM Service Account Credentials API")
            asked = _object(await request.body())
            account = unquote(request.path_params["account"])
            return JSONResponse(generate(cloud, caller, account, asked))
        except GoogleError as error:
            return error.response()

    return Route(f"/v1/projects/-/serviceAccounts/{{account}}:{name}", endpoint, methods=["POST"])


def _id_token(cloud: Cloud, caller: str, account: str, asked: Asked) -> Answer:
    _check_names(asked, ("audience", "includeEmail"))
    audience, include = asked.get("audience"), asked.get("includeEmail", False)
    if not isinstance(audience, str) or not audience:
        raise GoogleError.invalid_argument(
            "Request contains an invalid argument: audience is required."
        )
    if not isinstance(include, bool):
        raise GoogleError.invalid_argument("Invalid value at 'include_email' (TYPE_BOOL).")
    email = _usable(cloud, caller, "iam.serviceAccounts.getOpenIdToken", account)
    return {"token": google_tokens.mint_id_token(cloud, email, audience, include)}


def _access_token(cloud: Cloud, caller: str, account: str, asked: Asked) -> Answer:
    _check_names(asked, ("scope", "lifetime"))
    scopes = asked.get("scope")
    if not isinstance(scopes, list) or not scopes or not all(_is_scope(item) for item in scopes):
        raise GoogleError.invalid_argument(
            "Request contains an invalid argument: scope is required, a list of scopes."
        )
    seconds = _lifetime(asked.get("lifetime"))
    email = _usable(cloud, caller, "iam.serviceAccounts.getAccessToken", account)
    expires = datetime.fromtimestamp(int(cloud.clock.now()) + seconds, UTC)
    return {
        "accessToken": google_tokens.mint_access_token(cloud, email, scopes, seconds),
        "expireTime": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _is_scope(value: object) -> bool:
    return isinstance(value, str) and value.startswith("https://www.googleapis.com/auth/")


def _lifetime(value: object) -> int:
    """Seconds of a `google.protobuf.Duration` in JSON; an hour where there is none."""
    if value is None:
        return google_tokens.LIFETIME
    written = _SECONDS.fullmatch(value) if isinstance(value, str) else None
    if written is None:
        raise GoogleError.invalid_argument(
            f"Invalid value at 'lifetime' (type.googleapis.com/google.protobuf.Duration), {value!r}"
        )
    seconds = int(written[1])
    if not 0 < seconds <= google_tokens.LIFETIME:
        raise GoogleError.invalid_argument(
            f"The lifetime must be between 1 and {google_tokens.LIFETIME} seconds, not {seconds}."
        )
    return seconds


def _usable(cloud: Cloud, caller: str, permission: str, named: str) -> str:
    """The email of the account that is named by email or unique id. Raises GoogleError."""
    account = google_iam.account(cloud.store, named)
    email = named if account is None else str(account["email"])
    if not google_iam.has_on_account(cloud.store, caller, permission, email):
        raise GoogleError.permission_denied(
            f"Permission '{permission}' denied on resource (or it may not exist).",
            reason="IAM_PERMISSION_DENIED",
            domain="iam.googleapis.com",
            metadata={"permission": permission},
        )
    if account is None:
        raise GoogleError.not_found(f"Not found; Gaia id not found for email {email}")
    if account.get("disabled"):
        raise GoogleError(400, "FAILED_PRECONDITION", f"Service account {email} is disabled.")
    return email


def _object(body: bytes) -> Asked:
    try:
        asked: Any = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise GoogleError.invalid_argument(f"Invalid JSON payload received. {error}") from error
    if not isinstance(asked, Mapping):
        raise GoogleError.invalid_argument("Invalid JSON payload received. Root must be an object.")
    return asked


def _check_names(asked: Asked, names: Collection[str]) -> None:
    for name in asked:
        if name not in {*names, "delegates"}:
            raise GoogleError.invalid_argument(
                f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
            )
    if asked.get("delegates"):
        raise GoogleError.invalid_argument("delegates: the sandbox serves no delegation chains.")
