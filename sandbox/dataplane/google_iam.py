"""Who may do what in the Google project: callers, roles, enabled APIs.

Reads what the control plane keeps: IAM members of service accounts and of the project, and
services.
"""

from __future__ import annotations

from starlette.requests import Request

from sandbox import google_tokens, world
from sandbox.cloud import Cloud
from sandbox.dataplane.google_errors import GoogleError
from sandbox.store import Body, Store

_ACCOUNT = "gcp:serviceaccount/account:Account"
_ACCOUNT_MEMBER = "gcp:serviceaccount/iAMMember:IAMMember"
_PROJECT_MEMBER = "gcp:projects/iAMMember:IAMMember"
_SERVICE = "gcp:projects/service:Service"

# IAM documentation, "IAM roles and permissions index".
_ROLES_WITH = {
    "iam.serviceAccounts.getOpenIdToken": frozenset(
        {
            "roles/iam.serviceAccountOpenIdTokenCreator",
            "roles/iam.serviceAccountTokenCreator",
            "roles/iam.workloadIdentityUser",
        }
    ),
    "logging.logEntries.create": frozenset(
        {"roles/logging.admin", "roles/logging.logWriter", "roles/owner", "roles/editor"}
    ),
}


def caller(cloud: Cloud, request: Request) -> str:
    """The email behind a request's bearer token. Raises GoogleError (401)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    email = google_tokens.principal_of(cloud, token) if scheme.lower() == "bearer" else None
    if email is None:
        raise GoogleError.unauthenticated()
    return email


def account(store: Store, email: str) -> Body | None:
    """The service account with that email (or unique id), or None."""
    for found in store.all(_ACCOUNT):
        if email in (found.body.get("email"), found.body.get("uniqueId")):
            return found.body
    return None


def require_api(store: Store, service: str, title: str) -> None:
    """Raises GoogleError (403, SERVICE_DISABLED) unless the project has `service` enabled."""
    if any(found.body.get("service") == service for found in store.all(_SERVICE)):
        return
    raise GoogleError.permission_denied(
        f"{title} has not been used in project {world.PROJECT_NUMBER} before or it is disabled."
        f" Enable it by visiting https://console.developers.google.com/apis/api/{service}/overview?project="
        f"{world.PROJECT_NUMBER} then retry.",
        reason="SERVICE_DISABLED",
        domain="googleapis.com",
        metadata={"service": service, "consumer": f"projects/{world.PROJECT_NUMBER}"},
    )


def may_on_account(store: Store, email: str, permission: str, target: str) -> bool:
    """Whether the principal `email` has `permission` on the service account `target` (an email)."""
    resource = f"projects/{world.PROJECT_ID}/serviceAccounts/{target}"
    granted = any(
        _grants(member.body, email, permission)
        for member in store.all(_ACCOUNT_MEMBER)
        if member.body.get("serviceAccountId") == resource
    )
    return granted or may_on_project(store, email, permission)


def may_on_project(store: Store, email: str, permission: str) -> bool:
    """Whether the principal `email` has `permission` on the project."""
    return any(_grants(m.body, email, permission) for m in store.all(_PROJECT_MEMBER))


def _grants(member: Body, email: str, permission: str) -> bool:
    return (
        member.get("role") in _ROLES_WITH[permission]
        and member.get("member") == f"serviceAccount:{email}"
        # The sandbox evaluates no IAM conditions, so a conditional grant grants nothing.
        and not member.get("condition")
    )
