"""`azure-native:managedidentity:FederatedIdentityCredential`.

Rules from Microsoft Learn, "Important considerations and restrictions for federated identity
credentials".
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from sandbox.controlplane import errors, federation
from sandbox.controlplane.azure.arm import GROUP_PATH, AzureType
from sandbox.controlplane.azure.credential_writes import CredentialWrites
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

_IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"


class FederatedIdentityCredential(AzureType):
    """Issuer, subject, audiences change in place; issuer and subject are used once."""

    sdk = "pulumi_azure_native.managedidentity.FederatedIdentityCredential"
    arm_type = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
    path = (
        f"{GROUP_PATH}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{{resourceName}}"
        "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}"
    )
    name_input = "federatedIdentityCredentialResourceName"
    replace_on = frozenset(
        {"resourceGroupName", "resourceName", "federatedIdentityCredentialResourceName"}
    )

    def __init__(self) -> None:
        self.writes = CredentialWrites()

    def exclusive(
        self, context: Context, operation: str, values: Plain
    ) -> AbstractContextManager[None]:
        object_id = values["id"] if operation == "delete" else self.object_id(context, values)
        return self.writes.retried(context.cloud, _identity(object_id))

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        identity = _identity(object_id)
        if context.find(_IDENTITY, identity) is None:
            raise errors.arm(
                404,
                "ParentResourceNotFound",
                "Can not perform requested operation on nested resource. Parent resource"
                f" '{identity.rsplit('/', 1)[1]}' not found.",
            )
        _check_inputs(inputs)
        others = [
            other
            for other in self._siblings(context, identity)
            if other.id.lower() != object_id.lower()
        ]
        if len(others) >= federation.MOST:
            raise _bad_request(
                f"Too many Federated Identity Credentials. The limit of {federation.MOST} Federated"
                " Identity Credentials per User Assigned Identity has been exceeded."
            )
        pair = (inputs["issuer"], inputs["subject"])
        if any((other.body["issuer"], other.body["subject"]) == pair for other in others):
            raise errors.arm(
                409,
                "Conflict",
                "Issuer and subject combination already exists for this Managed Identity.",
            )
        return {name: inputs[name] for name in ("issuer", "subject", "audiences")}

    def _siblings(self, context: Context, identity: str) -> list[StoredObject]:
        beneath = f"{identity}/federatedIdentityCredentials/".lower()
        return [c for c in context.all(self.token) if c.id.lower().startswith(beneath)]


def _identity(object_id: str) -> str:
    """The id of the identity that a credential lies beneath."""
    return object_id.rsplit("/", 2)[0]


def _check_inputs(inputs: Plain) -> None:
    name = inputs["federatedIdentityCredentialResourceName"]
    if not federation.NAME.fullmatch(name):
        raise _bad_request(f"Federated Identity Credential name '{name}' is invalid.")
    if len(inputs["audiences"]) != 1:
        raise errors.arm(
            400,
            "InvalidFederatedIdentityCredentialsAudienceLength",
            "Federated identity credentials must have exactly 1 audience.",
        )
    values = {
        "issuer": inputs["issuer"],
        "subject": inputs["subject"],
        "audience": inputs["audiences"][0],
    }
    if not all(values.values()):
        raise _bad_request(
            "The request format was unexpected. Federated Identity Credential must specify"
            " 'issuer', 'subject' and 'audience'."
        )
    if not inputs["issuer"].startswith("https://"):
        raise _bad_request(f"The issuer '{inputs['issuer']}' is invalid: it must be an https URL.")
    for name, value in values.items():
        if len(value) > federation.LONGEST:
            raise _bad_request(f"The {name} must have at most {federation.LONGEST} characters.")
        if federation.WILDCARD in value:
            raise _bad_request(
                f"The {name} '{value}' is invalid: wildcard characters aren't supported."
            )


def _bad_request(message: str) -> CloudError:
    return errors.arm(400, "BadRequest", message)
