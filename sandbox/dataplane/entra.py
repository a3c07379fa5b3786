"""Entra's token endpoint and what clients read before they use it: discovery documents and keys.

Owns the client credentials grant with a client assertion, and the tokens. What a request says is
`entra_requests`', who may be a client `entra_clients`', which assertions are trusted
`entra_trust`'s, the error bodies `entra_errors`'. No other grant, and no interactive endpoint, is
served.
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import world
from sandbox.cloud import Cloud
from sandbox.dataplane import entra_clients, entra_requests, entra_trust
from sandbox.dataplane import entra_errors as errors
from sandbox.dataplane.entra_clients import Client
from sandbox.dataplane.entra_errors import EntraError

HOSTS = ("login.microsoftonline.com",)
TOO_LARGE = json.dumps({"error": "invalid_request", "error_description": "Request body too large."})

MANAGED_IDENTITY_SECONDS = 86_399
"""A managed identity's token lives up to 24 hours (Microsoft Learn, "Managed identities FAQ")."""
APPLICATION_SECONDS = range(3_599, 5_400)
"""An application's lives between 60 and 90 minutes, at random (Microsoft Learn, "Access tokens")."""
BACKDATED_SECONDS = 300
"""Tokens are valid from a little before they are made, for resources whose clocks are behind."""

_BASE = "https://login.microsoftonline.com"
_ALIASES = (
    "login.microsoftonline.com",
    "login.windows.net",
    "login.microsoft.com",
    "sts.windows.net",
)
# All tenants have their keys in common; documents that are no tenant's own aren't served.
_ANY_TENANT = ("common", "organizations", "consumers")
_AUTHORITIES = tuple(f"https://{alias}/" for alias in _ALIASES)


def app(cloud: Cloud) -> Starlette:
    """The endpoint's app."""

    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, EntraError)
        return error.response(cloud.clock.now(), _correlation(request))

    async def token(request: Request) -> Response:
        entra_requests.require_tenant(request.path_params["tenant"])
        fields = entra_requests.form(request.headers.get("content-type", ""), await request.body())
        answer = _token(cloud, fields, request.headers.get("authorization", ""))
        return JSONResponse(answer, headers=_NO_STORE, media_type=errors.MEDIA_TYPE)

    async def keys(request: Request) -> Response:
        tenant = request.path_params["tenant"]
        if tenant.lower() not in _ANY_TENANT:
            entra_requests.require_tenant(tenant)
        return JSONResponse(cloud.entra_key.jwks())

    return Starlette(
        routes=[
            Route("/common/discovery/instance", _discover_instance),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", _discover_tenant),
            Route("/{tenant}/discovery/v2.0/keys", keys),
            Route("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/token", _not_post, methods=_OTHERS),
            Route("/{rest:path}", _not_served, methods=["POST", *_OTHERS]),
        ],
        exception_handlers={EntraError: refuse},
    )


_OTHERS = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")


async def _discover_instance(request: Request) -> Response:
    asked = request.query_params.get("authorization_endpoint", f"{_BASE}/")
    if not asked.startswith(_AUTHORITIES):
        raise EntraError(errors.UNKNOWN_INSTANCE)
    return JSONResponse(_instance())


async def _discover_tenant(request: Request) -> Response:
    tenant = request.path_params["tenant"]
    if tenant.lower() in _ANY_TENANT:
        return await _not_served(request)
    return JSONResponse(_configuration(entra_requests.require_tenant(tenant)))


async def _not_post(request: Request) -> Response:
    raise EntraError(errors.NOT_POST, method=request.method)


async def _not_served(request: Request) -> Response:
    """What Entra may have and the sandbox hasn't."""
    what = f"The sandbox's Entra doesn't serve {request.method} {request.url.path}."
    return JSONResponse({"error": "not_implemented", "error_description": what}, 501)


_NO_STORE = {"cache-control": "no-store, no-cache", "pragma": "no-cache"}


def _correlation(request: Request) -> str:
    """The client's own request id where it sent a GUID, as MSAL does; else a new one."""
    try:
        return str(uuid.UUID(request.headers.get("client-request-id", "")))
    except ValueError:
        return str(uuid.uuid4())


def _token(cloud: Cloud, fields: Mapping[str, str], authorization: str) -> dict[str, object]:
    grant = entra_requests.grant(fields, authorization)
    client = entra_clients.find(cloud, grant.client_id)
    entra_trust.check_assertion(cloud, client, grant.assertion)
    lifetime = (
        secrets.choice(APPLICATION_SECONDS)
        if client.resource_id is None
        else MANAGED_IDENTITY_SECONDS
    )
    claims = _claims(client, grant.resource, int(cloud.clock.now()), lifetime)
    return {
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": cloud.entra_key.sign(claims),
    }


def _claims(client: Client, resource: str, now: int, lifetime: int) -> dict[str, object]:
    """A version 1.0 access token's (Microsoft Learn, "Access token claims reference")."""
    claims: dict[str, object] = {
        "aud": resource,
        "iss": f"https://sts.windows.net/{world.TENANT_ID}/",
        "iat": now - BACKDATED_SECONDS,
        "nbf": now - BACKDATED_SECONDS,
        "exp": now + lifetime,
        "appid": client.client_id,
        "appidacr": "2",
        "idp": f"https://sts.windows.net/{world.TENANT_ID}/",
        "idtyp": "app",
        "oid": client.principal_id,
        "sub": client.principal_id,
        "tid": world.TENANT_ID,
        "uti": base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode(),
        "ver": "1.0",
    }
    if client.resource_id is not None:
        claims["xms_mirid"] = client.resource_id.replace("/resourceGroups/", "/resourcegroups/", 1)
    return claims


def _configuration(tenant: str) -> dict[str, object]:
    """OpenID Connect discovery 1.0, with the members that Entra's document has."""
    return {
        "token_endpoint": f"{_BASE}/{tenant}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "jwks_uri": f"{_BASE}/{tenant}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{_BASE}/{tenant}/v2.0",
        "authorization_endpoint": f"{_BASE}/{tenant}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{_BASE}/{tenant}/oauth2/v2.0/devicecode",
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
    }


def _instance() -> dict[str, object]:
    """Which host names are one and the same cloud. MSAL asks before it trusts an authority."""
    return {
        "tenant_discovery_endpoint": (
            f"{_BASE}/{world.TENANT_ID}/v2.0/.well-known/openid-configuration"
        ),
        "api-version": "1.1",
        "metadata": [
            {
                "preferred_network": "login.microsoftonline.com",
                "preferred_cache": "login.windows.net",
                "aliases": list(_ALIASES),
            }
        ],
    }
