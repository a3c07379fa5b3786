"""Entra's token endpoint and what clients read before they use it: discovery documents and keys.

Owns the client credentials grant with a client assertion. Which assertions are trusted is
`entra_trust`'s, the error bodies are `entra_errors`'. No other grant, and no interactive endpoint,
is served.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import world
from sandbox.cloud import Cloud
from sandbox.dataplane import entra_errors as errors
from sandbox.dataplane import entra_trust
from sandbox.dataplane.entra_errors import EntraError

HOSTS = ("login.microsoftonline.com",)
TOO_LARGE = json.dumps({"error": "invalid_request", "error_description": "Request body too large."})

VAULT_RESOURCE = "https://vault.azure.net"
RESOURCES = frozenset({VAULT_RESOURCE})
"""Resources that the sandbox's tenant has; a token for any other can't be had."""

MANAGED_IDENTITY_SECONDS = 86_399
"""A managed identity's token lives up to 24 hours (Microsoft Learn, "Managed identities FAQ")."""

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_DEFAULT_SCOPE = "/.default"
_BASE = "https://login.microsoftonline.com"


@dataclass(frozen=True)
class _Grant:
    """The fields of a client credentials request with a client assertion."""

    client_id: str
    assertion: str
    resource: str


def app(cloud: Cloud) -> Starlette:
    """The endpoint's app."""

    async def token(request: Request) -> Response:
        try:
            _require_tenant(request.path_params["tenant"])
            return JSONResponse(
                _token(cloud, _form(request, await request.body())), headers=_NO_STORE
            )
        except EntraError as error:
            return error.response(cloud.clock.now(), _correlation(request))

    async def configuration(request: Request) -> Response:
        try:
            tenant = _require_tenant(request.path_params["tenant"])
        except EntraError as error:
            return error.response(cloud.clock.now(), _correlation(request))
        return JSONResponse(_configuration(tenant))

    async def keys(_: Request) -> Response:
        return JSONResponse(cloud.entra_key.jwks())

    async def not_post(request: Request) -> Response:
        error = EntraError(errors.NOT_POST, method=request.method)
        return error.response(cloud.clock.now(), _correlation(request))

    others = ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return Starlette(
        routes=[
            Route("/common/discovery/instance", _instance),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", configuration),
            Route("/{tenant}/discovery/v2.0/keys", keys),
            Route("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/token", not_post, methods=others),
        ]
    )


_NO_STORE = {"cache-control": "no-store, no-cache", "pragma": "no-cache"}


def _require_tenant(tenant: str) -> str:
    if tenant.lower() != world.TENANT_ID:
        raise EntraError(errors.UNKNOWN_TENANT, tenant=tenant)
    return world.TENANT_ID


def _correlation(request: Request) -> str:
    """The client's own request id where it sent a GUID, as MSAL does; else a new one."""
    try:
        return str(uuid.UUID(request.headers.get("client-request-id", "")))
    except ValueError:
        return str(uuid.uuid4())


def _form(request: Request, body: bytes) -> dict[str, str]:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if media != "application/x-www-form-urlencoded":
            raise ValueError(media)
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50
        )
    except ValueError as error:
        raise EntraError(errors.MALFORMED_REQUEST) from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise EntraError(errors.MALFORMED_REQUEST)
    return fields


def _grant(form: Mapping[str, str]) -> _Grant:
    """The request's fields, each checked as far as it can be alone. Raises EntraError."""
    grant_type = _required(form, "grant_type")
    if grant_type != "client_credentials":
        raise EntraError(errors.UNSUPPORTED_GRANT, grant_type=grant_type)
    client_id, scope = _required(form, "client_id"), _required(form, "scope")
    if form.get("client_secret"):
        raise EntraError(errors.INVALID_SECRET, client_id=client_id)
    assertion = form.get("client_assertion", "")
    if not assertion or form.get("client_assertion_type") != _ASSERTION_TYPE:
        raise EntraError(errors.MISSING_ASSERTION)
    return _Grant(client_id, assertion, _resource(scope))


def _required(form: Mapping[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value.strip():
        raise EntraError(errors.MISSING_PARAMETER, name=name)
    return value


def _resource(scope: str) -> str:
    """The resource that a scope's `/.default` names. Raises EntraError."""
    asked = scope.split()
    if len(asked) != 1:
        raise EntraError(errors.INVALID_SCOPE, scope=scope)
    if not asked[0].endswith(_DEFAULT_SCOPE):
        raise EntraError(errors.SCOPE_WITHOUT_DEFAULT, scope=scope)
    resource = asked[0].removesuffix(_DEFAULT_SCOPE)
    if resource not in RESOURCES:
        raise EntraError(errors.UNKNOWN_RESOURCE, resource=resource)
    return resource


def _token(cloud: Cloud, form: Mapping[str, str]) -> dict[str, object]:
    grant = _grant(form)
    identity = entra_trust.identity(cloud.store, grant.client_id)
    entra_trust.check_assertion(cloud, identity, grant.assertion)
    now = int(cloud.clock.now())
    claims = {
        "aud": grant.resource,
        "iss": f"https://sts.windows.net/{world.TENANT_ID}/",
        "iat": now,
        "nbf": now,
        "exp": now + MANAGED_IDENTITY_SECONDS,
        "appid": identity.client_id,
        "appidacr": "2",
        "idp": f"https://sts.windows.net/{world.TENANT_ID}/",
        "idtyp": "app",
        "oid": identity.principal_id,
        "sub": identity.principal_id,
        "tid": world.TENANT_ID,
        "uti": base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode(),
        "ver": "1.0",
        "xms_mirid": identity.resource_id,
    }
    return {
        "token_type": "Bearer",
        "expires_in": MANAGED_IDENTITY_SECONDS,
        "ext_expires_in": MANAGED_IDENTITY_SECONDS,
        "access_token": cloud.entra_key.sign(claims),
    }


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


async def _instance(_: Request) -> Response:
    """Which host names are one and the same cloud. MSAL asks before it trusts an authority."""
    return JSONResponse(
        {
            "tenant_discovery_endpoint": (
                f"{_BASE}/{world.TENANT_ID}/v2.0/.well-known/openid-configuration"
            ),
            "api-version": "1.1",
            "metadata": [
                {
                    "preferred_network": "login.microsoftonline.com",
                    "preferred_cache": "login.windows.net",
                    "aliases": [
                        "login.microsoftonline.com",
                        "login.windows.net",
                        "login.microsoft.com",
                        "sts.windows.net",
                    ],
                }
            ],
        }
    )
