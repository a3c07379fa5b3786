"""Types of the azuread provider, one module each."""

from sandbox.controlplane.entra.application import Application
from sandbox.controlplane.entra.federated_credential import ApplicationFederatedIdentityCredential
from sandbox.controlplane.entra.service_principal import ServicePrincipal
from sandbox.controlplane.resource_type import ResourceType

TYPES: tuple[type[ResourceType], ...] = (
    Application,
    ServicePrincipal,
    ApplicationFederatedIdentityCredential,
)
