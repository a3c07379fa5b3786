"""`azuread:index/servicePrincipal:ServicePrincipal`: an application's principal in the tenant.

Executes what a workload's identity needs; what concerns people's sign-ins is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from sandbox import world
from sandbox.controlplane.entra.base import (
    APPLICATION,
    SERVICE_PRINCIPAL,
    EntraType,
    check_owners,
    feature_tags,
    graph,
    guid,
    not_a_guid,
)
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject


class ServicePrincipal(EntraType):
    """One an application. `useExisting` takes over the one that is there, and destroys it too."""

    sdk = "pulumi_azuread.ServicePrincipal"
    noun = "Service Principal"
    terraform = "azuread_service_principal"
    path = "/servicePrincipals/{id}"
    replace_on = frozenset({"clientId"})
    executed = frozenset(
        {
            "accountEnabled",
            "appRoleAssignmentRequired",
            "description",
            "notes",
            "owners",
            "tags",
            "useExisting",
        }
    )
    provided: ClassVar[Mapping[str, Any]] = {"accountEnabled": True}
    local: ClassVar[Mapping[str, Any]] = {"useExisting": None}
    sets = frozenset({"owners", "tags"})

    def invalid(self, inputs: Plain) -> list[str]:
        owners = inputs.get("owners", [])
        return [
            *not_a_guid("clientId", inputs.get("clientId")),
            *(r for n, owner in enumerate(owners) for r in not_a_guid(f"owners[{n}]", owner)),
        ]

    def find(self, context: Context, inputs: Plain) -> StoredObject | None:
        return find_principal(context, str(inputs["clientId"]))

    def create(self, context: Context, inputs: Plain) -> str:
        existing = self.existing(context, inputs)
        if existing is None:
            return super().create(context, inputs)
        if not inputs.get("useExisting"):
            raise self.already_exists(existing.id)
        self.update(context, existing.id, inputs, {})
        return existing.id

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        application = find_application(context, inputs["clientId"])
        if application is None:
            raise graph(
                "Could not create service principal",
                HTTPStatus.BAD_REQUEST,
                "Request_BadRequest",
                f"The appId '{inputs['clientId']}' of the service principal does not reference a"
                " valid application object.",
            )
        owners = sorted({owner.lower() for owner in inputs.get("owners", [])})
        check_owners(context, "Could not create service principal", owners)
        before: Plain = previous or {"tags": []}
        tags = sorted(inputs["tags"] if "tags" in inputs else before["tags"])
        return {
            **_UNUSED,
            "accountEnabled": inputs["accountEnabled"],
            "appRoleAssignmentRequired": inputs.get("appRoleAssignmentRequired", False),
            "applicationTenantId": world.TENANT_ID,
            "clientId": application.body["clientId"],
            "description": inputs.get("description", ""),
            "featureTags": [feature_tags(tags)],
            "features": [_features(tags)],
            "notes": inputs.get("notes", ""),
            "objectId": guid(object_id),
            "owners": owners,
            "tags": tags,
            "type": "Application",
        }

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        """What the application says shows in its principal as well."""
        body = super().read(context, object_id, state)
        application = None if body is None else find_application(context, body["clientId"])
        if body is None or application is None:
            return None
        shown = {name: application.body[name] for name in ("displayName", "signInAudience")}
        return {**body, **shown}

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        """With `useExisting` the provider doesn't look at Graph's answer."""
        if context.find(self.token, object_id) is not None or not state.get("useExisting"):
            super().delete(context, object_id, state)


def find_application(context: Context, client_id: str) -> StoredObject | None:
    """The application with that client id, or None."""
    wanted = client_id.lower()
    applications = context.all(APPLICATION)
    return next((app for app in applications if app.body["clientId"] == wanted), None)


def find_principal(context: Context, client_id: str) -> StoredObject | None:
    """The service principal of the application with that client id, or None."""
    wanted = client_id.lower()
    principals = context.all(SERVICE_PRINCIPAL)
    return next((found for found in principals if found.body["clientId"] == wanted), None)


def _features(tags: list[str]) -> Plain:
    """The same as `featureTags`, in the words of the deprecated block."""
    block = feature_tags(tags)
    return {
        "customSingleSignOnApp": block["customSingleSignOn"],
        "enterpriseApplication": block["enterprise"],
        "galleryApplication": block["gallery"],
        "visibleToUsers": not block["hide"],
    }


# What a service principal of which nothing of this is declared reads back as.
_UNUSED: Mapping[str, Any] = {
    "alternativeNames": [],
    "appRoleIds": {},
    "appRoles": [],
    "homepageUrl": "",
    "loginUrl": "",
    "logoutUrl": "",
    "notificationEmailAddresses": [],
    "oauth2PermissionScopeIds": {},
    "oauth2PermissionScopes": [],
    "preferredSingleSignOnMode": "",
    "redirectUris": [],
    "samlMetadataUrl": "",
    "servicePrincipalNames": [],
}
