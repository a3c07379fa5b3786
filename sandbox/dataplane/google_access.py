"""The checks that Google's endpoints share: who calls, and whether an API is enabled.

Who may do what is `sandbox.google_iam`'s.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.requests import Request

from sandbox import google_iam, google_tokens, world
from sandbox.cloud import Cloud
from sandbox.dataplane.google_errors import GoogleError
from sandbox.store import Store


def caller(cloud: Cloud, request: Request, service: str, scopes: Collection[str]) -> str:
    """The email behind a request's bearer token.

    `service` is the API that is asked, `scopes` those beside `cloud-platform` that open it. Raises
    GoogleError (401; 403 for a token of another scope).
    """
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    token = google_tokens.read_access_token(cloud, text) if scheme.lower() == "bearer" else None
    if token is None:
        raise GoogleError.unauthenticated()
    if token.scopes.isdisjoint((google_tokens.CLOUD_PLATFORM, *scopes)):
        raise GoogleError.permission_denied(
            "Request had insufficient authentication scopes.",
            reason="ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            domain="googleapis.com",
            metadata={"service": service},
        )
    return token.email


def require_api(store: Store, service: str, title: str) -> None:
    """Raises GoogleError (403, SERVICE_DISABLED) unless the project has `service` enabled."""
    if google_iam.is_enabled(store, service):
        return
    raise GoogleError.permission_denied(
        f"{title} has not been used in project {world.PROJECT_NUMBER} before or it is disabled."
        f" Enable it by visiting https://console.developers.google.com/apis/api/{service}/overview?project="
        f"{world.PROJECT_NUMBER} then retry.",
        reason="SERVICE_DISABLED",
        domain="googleapis.com",
        metadata={"service": service, "consumer": f"projects/{world.PROJECT_NUMBER}"},
    )
