"""`azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential`.

Rules from Microsoft Learn, "Important considerations and restrictions for federated identity
credentials", and Microsoft Graph's reference, "federatedIdentityCredential resource type".
"""

from __future__ import annotations

import re
from http import HTTPStatus

from sandbox.controlplane import federation
from sandbox.controlplane.entra.base import APPLICATION, EntraType, examine, graph, guid
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

_APPLICATION_ID = re.compile(r"/applications/[^/]+")
_ACTION = "Adding federated identity credential for"


class ApplicationFederatedIdentityCredential(EntraType):
    """Issuer, subject, audience and description change in place; issuer and subject are used once.

    A new name is a new credential that is made before the old one goes: Entra refuses it, since the
    old one still has its issuer and subject. The provider makes an application's credentials one
    after the other, so writes never collide.
    """

    sdk = "pulumi_azuread.ApplicationFederatedIdentityCredential"
    noun = "Application Id Federated Identity Credential"
    terraform = "azuread_application_federated_identity_credential"
    path = "{applicationId}/federatedIdentityCredential/{id}"
    replace_on = frozenset({"applicationId", "displayName"})
    executed = frozenset({"description"})

    def invalid(self, inputs: Plain) -> list[str]:
        reasons = []
        application, name = inputs.get("applicationId"), inputs.get("displayName")
        audiences = inputs.get("audiences", [])
        if application is not None and not _APPLICATION_ID.fullmatch(application):
            reasons.append(
                f'parsing the Application ID: "{application}" is not like'
                ' "/applications/applicationId".' + examine("applicationId")
            )
        if name is not None and not 1 <= len(name) <= 120:
            reasons.append(
                "expected length of display_name to be in the range (1 - 120), got"
                f" {name}.{examine('displayName')}"
            )
        if len(audiences) > 1:
            reasons.append(
                "Too many list items. Attribute supports 1 item maximum, but config has"
                f" {len(audiences)} declared.{examine('audiences')}"
            )
        if "" in audiences:
            reasons.append(
                'expected "audiences.0" to not be an empty string.' + examine("audiences[0]")
            )
        return reasons

    def object_id(self, context: Context, inputs: Plain) -> str:
        """Without the `/applications/` of the application's own id."""
        application = inputs["applicationId"].removeprefix("/applications/")
        return super().object_id(context, {**inputs, "applicationId": application})

    def find(self, context: Context, inputs: Plain) -> StoredObject | None:
        of_application = _siblings(context, self.token, inputs["applicationId"])
        name = inputs["displayName"]
        return next((c for c in of_application if c.body["displayName"] == name), None)

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        application = context.find(APPLICATION, inputs["applicationId"])
        if application is None:
            about = f'Application (Application: "{guid(inputs["applicationId"])}")'
            raise self.not_there(f"retrieving {about}", inputs["applicationId"])
        _check_values(application.id, inputs)
        siblings = _siblings(context, self.token, application.id)
        _check_siblings(application.id, inputs, [c for c in siblings if c.id != object_id])
        return {
            "applicationId": application.id,
            "audiences": inputs["audiences"],
            "credentialId": guid(object_id),
            "description": inputs.get("description", ""),
            "displayName": inputs["displayName"],
            "issuer": inputs["issuer"],
            "subject": inputs["subject"],
        }

    def named(self, object_id: str) -> str:
        application, credential = object_id.split("/federatedIdentityCredential/")
        return (
            f'{self.noun} (Application: "{application}"\n'
            f'Federated Identity Credential: "{credential}")'
        )


def _siblings(context: Context, token: str, application: str) -> list[StoredObject]:
    return [c for c in context.all(token) if c.body["applicationId"] == application]


def _check_values(application: str, inputs: Plain) -> None:
    values = {name: inputs[name] for name in ("issuer", "subject")}
    values["audiences"] = inputs["audiences"][0] if inputs["audiences"] else ""
    if not federation.NAME.fullmatch(inputs["displayName"]):
        raise _invalid(
            application,
            "Name",
            inputs["displayName"],
            "The name must have 3 to 120 letters, digits, hyphens and underscores, starting with a"
            " letter or digit.",
        )
    for name, value in values.items():
        if not value or len(value) > federation.LONGEST or federation.WILDCARD in value:
            raise _invalid(
                application,
                name.capitalize(),
                value,
                f"The {name} must have 1 to {federation.LONGEST} characters and no wildcard.",
            )


def _check_siblings(application: str, inputs: Plain, others: list[StoredObject]) -> None:
    name, issuer, subject = (inputs[key] for key in ("displayName", "issuer", "subject"))
    about = _about(application)
    if any(other.body["displayName"] == name for other in others):
        raise graph(
            about,
            HTTPStatus.CONFLICT,
            "Request_MultipleObjectsWithSameKeyValue",
            f"FederatedIdentityCredential with name {name} already exists.",
        )
    if any((o.body["issuer"], o.body["subject"]) == (issuer, subject) for o in others):
        raise _invalid(
            application,
            "Subject",
            subject,
            "The combination of issuer and subject must be unique for the application. Issuer"
            f" {issuer} and Subject: {subject} already exist.",
        )
    if len(others) >= federation.MOST:
        raise graph(
            about,
            HTTPStatus.BAD_REQUEST,
            "Request_BadRequest",
            f"The limit of {federation.MOST} federated identity credentials per application has"
            " been reached.",
        )


def _about(application: str) -> str:
    return f'{_ACTION} Application (Application: "{guid(application)}")'


def _invalid(application: str, parameter: str, value: str, message: str) -> CloudError:
    return graph(
        _about(application),
        HTTPStatus.BAD_REQUEST,
        "InvalidFederatedIdentityCredentialValue",
        f"{message} paramName: FederatedIdentityCredential.{parameter}, paramValue: {value},"
        " objectType: Microsoft.Online.DirectoryServices.Application",
    )
