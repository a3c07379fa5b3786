"""Who may do what in the Google project: which roles hold which permission, and who has the roles.

Reads what the control plane keeps: an IAM policy is the set of its members, each a stored object of
its own (`PROJECT_MEMBER`, `ACCOUNT_MEMBER`). Owns no wording; who asks says what a refusal means.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sandbox import world
from sandbox.cloud import Cloud
from sandbox.store import Body, Store

PROJECT_MEMBER = "gcp:projects/iAMMember:IAMMember"
ACCOUNT_MEMBER = "gcp:serviceaccount/iAMMember:IAMMember"
ACCOUNT = "gcp:serviceaccount/account:Account"
SERVICE = "gcp:projects/service:Service"
CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"

_MINTING = frozenset({"roles/iam.serviceAccountTokenCreator", "roles/iam.workloadIdentityUser"})

ROLES_WITH: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "iam.serviceAccounts.getAccessToken": _MINTING,
        "iam.serviceAccounts.getOpenIdToken": _MINTING
        | {"roles/iam.serviceAccountOpenIdTokenCreator"},
        "iam.serviceAccounts.actAs": frozenset(
            {"roles/iam.serviceAccountUser", "roles/owner", "roles/editor"}
        ),
        "logging.logEntries.list": frozenset(
            {
                "roles/logging.admin",
                "roles/logging.viewer",
                "roles/owner",
                "roles/editor",
                "roles/viewer",
            }
        ),
        "logging.logEntries.create": frozenset(
            {"roles/logging.admin", "roles/logging.logWriter", "roles/owner", "roles/editor"}
        ),
    }
)
"""Predefined and basic roles by permission (IAM documentation, "IAM roles and permissions index").

Owners can't mint tokens: the index lists neither token permission under `roles/owner`.
"""

ROLES = frozenset().union(*ROLES_WITH.values()) | {
    "roles/apigee.admin",
    "roles/apigee.apiAdminV2",
    "roles/apigee.developerAdmin",
    "roles/apigee.environmentAdmin",
    "roles/apigee.readOnlyAdmin",
    "roles/browser",
    "roles/iam.serviceAccountAdmin",
    "roles/iam.serviceAccountViewer",
    "roles/logging.configWriter",
    "roles/logging.privateLogViewer",
}
"""All predefined roles that the sandbox knows: those above, and others that grant nothing it evaluates."""


def custom_role(store: Store, role: str) -> Body | None:
    """The custom role of that name (`projects/…/roles/…`), unless it is deleted."""
    found = next((item.body for item in store.shared(CUSTOM_ROLE) if item.id == role), None)
    return None if found is None or found["deleted"] else found


def account(store: Store, email: str) -> Body | None:
    """The service account with that email or unique id, or None."""
    for found in store.shared(ACCOUNT):
        if email in (found.body.get("email"), found.body.get("uniqueId")):
            return found.body
    return None


def is_enabled(store: Store, service: str) -> bool:
    """Whether the project has the API `service` (`logging.googleapis.com`) enabled."""
    return any(found.body.get("service") == service for found in store.shared(SERVICE))


def has_on_account(store: Store, email: str, permission: str, target: str) -> bool:
    """Whether the principal `email` has `permission` on the service account `target` (an email)."""
    resource = f"projects/{world.PROJECT_ID}/serviceAccounts/{target}"
    granted = any(
        _grants(store, member.body, email, permission)
        for member in store.shared(ACCOUNT_MEMBER)
        if member.body.get("serviceAccountId") == resource
    )
    return granted or has_on_project(store, email, permission)


def has_on_project(store: Store, email: str, permission: str) -> bool:
    """Whether the principal `email` has `permission` on the project."""
    members = store.shared(PROJECT_MEMBER)
    return any(_grants(store, member.body, email, permission) for member in members)


def may_act_as(cloud: Cloud, email: str) -> bool:
    """Whether the deployer may deploy something that runs as the service account `email`.

    It needs `iam.serviceAccounts.actAs` on an account that is there (IAM documentation, "Attach
    service accounts to resources"). An owner of the project has it on the project's accounts, and
    on no other project's.
    """
    found = account(cloud.store, email)
    return found is not None and has_on_account(
        cloud.store, world.DEPLOYER_ACCOUNT, "iam.serviceAccounts.actAs", str(found["email"])
    )


def _grants(store: Store, member: Body, email: str, permission: str) -> bool:
    return (
        _includes(store, str(member.get("role")), permission)
        and member.get("member") == f"serviceAccount:{email}"
        # The sandbox evaluates no IAM conditions, so a conditional grant grants nothing.
        and not member.get("condition")
    )


def _includes(store: Store, role: str, permission: str) -> bool:
    custom = custom_role(store, role)
    return role in ROLES_WITH[permission] if custom is None else permission in custom["permissions"]
