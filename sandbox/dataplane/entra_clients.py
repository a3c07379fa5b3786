"""Who can be a client of Entra's token endpoint: managed identities and applications.

An application needs its service principal in the tenant, and an enabled one (Microsoft Learn,
"Application and service principal objects in Microsoft Entra ID"). Owns which federated credentials
are in effect for a client, not whether an assertion fits one: that is `entra_trust`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import delays, world
from sandbox.cloud import Cloud
from sandbox.dataplane import entra_errors as errors
from sandbox.dataplane.entra_errors import EntraError
from sandbox.store import Body, StoredObject

_IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
_IDENTITY_CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
_APPLICATION = "azuread:index/application:Application"
_APPLICATION_CREDENTIAL = (
    "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
)
_SERVICE_PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"


@dataclass(frozen=True)
class Client:
    """A client as a token's subject.

    `principal_id` is its object id in the tenant, `resource_id` a managed identity's id in Azure
    (None for an application), `credentials` what it trusts now: issuer, subject, audiences.
    """

    client_id: str
    principal_id: str
    resource_id: str | None
    credentials: tuple[Body, ...]


def find(cloud: Cloud, client_id: str) -> Client:
    """The client with that client id. Raises EntraError (700016, 7000229, 7000112)."""
    identity = _with(cloud, _IDENTITY, client_id)
    if identity is not None:
        beneath = f"{identity.id}/federatedIdentityCredentials/"
        return Client(
            client_id=identity.body["clientId"],
            principal_id=identity.body["principalId"],
            resource_id=identity.id,
            credentials=_in_effect(cloud, _IDENTITY_CREDENTIAL, beneath, identity),
        )
    application = _with(cloud, _APPLICATION, client_id)
    if application is None:
        raise EntraError(errors.UNKNOWN_CLIENT, client_id=client_id, tenant=world.TENANT_ID)
    principal = _with(cloud, _SERVICE_PRINCIPAL, client_id)
    if principal is None:
        raise EntraError(errors.NO_PRINCIPAL, client_id=client_id, tenant=world.TENANT_ID)
    if not principal.body["accountEnabled"]:
        name = application.body["displayName"]
        raise EntraError(errors.DISABLED_CLIENT, client_id=client_id, name=name)
    beneath = f"{application.body['objectId']}/federatedIdentityCredential/"
    return Client(
        client_id=application.body["clientId"],
        principal_id=principal.body["objectId"],
        resource_id=None,
        credentials=_in_effect(cloud, _APPLICATION_CREDENTIAL, beneath, application),
    )


def _with(cloud: Cloud, type_: str, client_id: str) -> StoredObject | None:
    wanted = client_id.lower()
    found = cloud.store.all(type_)
    return next((o for o in found if str(o.body.get("clientId", "")).lower() == wanted), None)


def _in_effect(cloud: Cloud, type_: str, beneath: str, parent: StoredObject) -> tuple[Body, ...]:
    """Credentials that have spread, and those deleted so lately that the deletion hasn't."""
    effective = cloud.store.in_effect(type_, cloud.clock.now(), delays.FEDERATED_CREDENTIAL)
    return tuple(
        found.body
        for found in effective
        # One of an identity that had this name before is older than the identity.
        if found.id.lower().startswith(beneath.lower()) and found.created >= parent.created
    )
