"""Who exists in the tenant's directory: whose object id is what kind of principal.

Owns the look-up. Principals are made by the control plane's types (managed identities, service
principals) and by `world`.
"""

from __future__ import annotations

from sandbox import world
from sandbox.cloud import Cloud

_IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
_SERVICE_PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"


def principal_type(cloud: Cloud, object_id: str) -> str | None:
    """The principal's type as role assignments name it, or None where the tenant has no such one.

    A managed identity's principal is a service principal too (Microsoft Learn, "Application and
    service principal objects in Microsoft Entra ID").
    """
    wanted = object_id.lower()
    if wanted == world.DEPLOYER_PRINCIPAL_ID:
        return "ServicePrincipal"
    if cloud.store.get(_SERVICE_PRINCIPAL, f"/servicePrincipals/{wanted}") is not None:
        return "ServicePrincipal"
    identities = cloud.store.shared(_IDENTITY)
    if any(str(found.body["principalId"]).lower() == wanted for found in identities):
        return "ServicePrincipal"
    return None
