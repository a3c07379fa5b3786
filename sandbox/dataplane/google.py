"""Google's token issuer: the discovery document and the key set, in both of its forms.

The tokens themselves are `sandbox.google_tokens`'s; minting them for a service account is
`google_credentials`'s, whose host this endpoint also serves.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Host, Route, Router

from sandbox import world
from sandbox.cloud import Cloud
from sandbox.dataplane import google_credentials
from sandbox.dataplane.google_errors import not_served, too_large

HOSTS = ("accounts.google.com", "www.googleapis.com", google_credentials.HOST)
TOO_LARGE = too_large()

_JWKS_URI = "https://www.googleapis.com/oauth2/v3/certs"
_SIGNER = "federated-signon.system.gserviceaccount.com"
_CACHED = {"cache-control": "public, max-age=21600, must-revalidate"}


def app(cloud: Cloud) -> Starlette:
    """The three hosts' endpoint."""
    key = cloud.google_key
    certificates = {key.key_id: key.certificate(_SIGNER)}

    async def certs(_: Request) -> JSONResponse:
        return JSONResponse(key.jwks(), headers=_CACHED)

    async def certs_as_pem(_: Request) -> JSONResponse:
        return JSONResponse(certificates, headers=_CACHED)

    keys = [Route("/oauth2/v3/certs", certs), Route("/oauth2/v1/certs", certs_as_pem), not_served()]
    discovery = [Route("/.well-known/openid-configuration", _discovery), not_served()]
    return Starlette(
        routes=[
            Host("accounts.google.com", Router(discovery)),
            Host("www.googleapis.com", Router(keys)),
            Host(google_credentials.HOST, Router(google_credentials.routes(cloud))),
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
