"""`azuread:index/application:Application`: an app registration.

Executes what a workload's identity needs. Redirects, scopes, roles and passwords are refused: no
flow that uses them is served.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.controlplane import errors
from sandbox.controlplane.entra.base import (
    CREDENTIAL,
    SERVICE_PRINCIPAL,
    EntraType,
    check_owners,
    examine,
    feature_tags,
    guid,
    not_a_guid,
    not_one_of,
)
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

PUBLISHER_DOMAIN = "sandbox.onmicrosoft.com"
"""The tenant's first domain, which names the publisher of its applications."""

_AUDIENCES = ("AzureADMyOrg", "AzureADMultipleOrgs")
_PERSONAL_AUDIENCES = ("AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
_TEXTS = (
    "description",
    "marketingUrl",
    "notes",
    "privacyStatementUrl",
    "serviceManagementReference",
    "supportUrl",
    "termsOfServiceUrl",
)


class Application(EntraType):
    """Names are not unique: an equal create makes a second one, unless `preventDuplicateNames`.

    Its service principal and credentials go with it (Microsoft Learn, "Application and service
    principal objects in Microsoft Entra ID").
    """

    sdk = "pulumi_azuread.Application"
    noun = "Application"
    terraform = "azuread_application"
    path = "/applications/{id}"
    executed = frozenset(
        {"owners", "preventDuplicateNames", "signInAudience", "tags", *_TEXTS},
    )
    provided: ClassVar[Mapping[str, Any]] = {"signInAudience": "AzureADMyOrg"}
    local: ClassVar[Mapping[str, Any]] = {"preventDuplicateNames": False}
    sets = frozenset({"owners", "tags"})

    def invalid(self, inputs: Plain) -> list[str]:
        audience = inputs.get("signInAudience")
        owners = inputs.get("owners", [])
        reasons = [
            *not_one_of("signInAudience", audience, (*_AUDIENCES, *_PERSONAL_AUDIENCES)),
            *(r for n, owner in enumerate(owners) for r in not_a_guid(f"owners[{n}]", owner)),
        ]
        if inputs.get("displayName") == "":
            reasons.append(
                'expected "display_name" to not be an empty string.' + examine("displayName")
            )
        if audience in _PERSONAL_AUDIENCES:
            reasons.append(
                "`requested_access_token_version` must be 2 when `sign_in_audience` is"
                f' "{_PERSONAL_AUDIENCES[0]}" or "{_PERSONAL_AUDIENCES[1]}"'
            )
        return reasons

    def find(self, context: Context, inputs: Plain) -> StoredObject | None:
        found = _of_name(context, self.token, str(inputs["displayName"]))
        return max(found, key=lambda app: app.created, default=None)

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        before: Plain = previous or {"clientId": str(uuid.uuid4()), "tags": []}
        if inputs.get("preventDuplicateNames"):
            self._check_name(context, object_id, inputs["displayName"])
        owners = sorted({owner.lower() for owner in inputs.get("owners", [])})
        check_owners(context, "Could not create application", owners)
        tags = sorted(inputs["tags"] if "tags" in inputs else before["tags"])
        return {
            **_UNUSED,
            **{name: inputs.get(name, "") for name in _TEXTS},
            "clientId": before["clientId"],
            "displayName": inputs["displayName"],
            "featureTags": [feature_tags(tags)],
            "objectId": guid(object_id),
            "owners": owners,
            "publisherDomain": PUBLISHER_DOMAIN,
            "signInAudience": inputs["signInAudience"],
            "tags": tags,
        }

    def _check_name(self, context: Context, object_id: str, name: str) -> None:
        for other in _of_name(context, self.token, name):
            if other.id != object_id:
                raise errors.bridged(
                    f'An existing "{self.terraform}" with name "{name}" (ID: "{guid(other.id)}")'
                    f" was found and `prevent_duplicate_names` was specified:"
                    f" {self.to_be_imported()}"
                )

    def before_delete(self, context: Context, found: StoredObject) -> None:
        """Grants to the service principal stay behind, as a managed identity's do."""
        store = context.cloud.store
        for credential in context.all(CREDENTIAL):
            if credential.body["applicationId"] == found.id:
                store.remove(CREDENTIAL, credential.id, context.now)
        for principal in context.all(SERVICE_PRINCIPAL):
            if principal.body["clientId"] == found.body["clientId"]:
                store.remove(SERVICE_PRINCIPAL, principal.id, context.now)


def _of_name(context: Context, token: str, name: str) -> list[StoredObject]:
    """Applications of that display name; Graph compares without regard to case."""
    wanted = name.lower()
    return [app for app in context.all(token) if app.body["displayName"].lower() == wanted]


# What an application of which nothing of this is declared reads back as.
_UNUSED: Mapping[str, Any] = {
    "api": {
        "knownClientApplications": [],
        "mappedClaimsEnabled": False,
        "oauth2PermissionScopes": [],
        "requestedAccessTokenVersion": 1,
    },
    "appRoleIds": {},
    "appRoles": [],
    "deviceOnlyAuthEnabled": False,
    "disabledByMicrosoft": "",
    "fallbackPublicClientEnabled": False,
    "groupMembershipClaims": [],
    "identifierUris": [],
    "logoImage": "",
    "logoUrl": "",
    "oauth2PermissionScopeIds": {},
    "oauth2PostResponseRequired": False,
    "publicClient": {"redirectUris": []},
    "requiredResourceAccesses": [],
    "singlePageApplication": {"redirectUris": []},
    "templateId": "",
    "web": {
        "homepageUrl": "",
        "implicitGrant": {"accessTokenIssuanceEnabled": False, "idTokenIssuanceEnabled": False},
        "logoutUrl": "",
        "redirectUris": [],
    },
}
