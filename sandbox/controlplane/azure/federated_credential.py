"""`azure-native:managedidentity:FederatedIdentityCredential`.

Rules from Microsoft Learn, "Important considerations and restrictions for federated identity
credentials" and the API's own name pattern.
"""

from __future__ import annotations

import re

from pulumi_azure_native import managedidentity

from sandbox.controlplane import errors
from sandbox.controlplane.azure.arm import GROUP_PATH, AzureType, not_found
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

_IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}")
_MOST = 20


class FederatedIdentityCredential(AzureType):
    """Issuer, subject, audiences change in place; issuer and subject are used once."""

    sdk = managedidentity.FederatedIdentityCredential
    arm_type = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
    path = (
        f"{GROUP_PATH}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{{resourceName}}"
        "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}"
    )
    name_input = "federatedIdentityCredentialResourceName"
    replace_on = frozenset(
        {"resourceGroupName", "resourceName", "federatedIdentityCredentialResourceName"}
    )

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        identity = object_id.rsplit("/", 2)[0]
        if context.find(_IDENTITY, identity) is None:
            raise not_found(identity)
        _check_inputs(inputs)
        others = [
            other
            for other in self._siblings(context, identity)
            if other.id.lower() != object_id.lower()
        ]
        if len(others) >= _MOST:
            raise errors.arm(
                400,
                "BadRequest",
                f"Too many Federated Identity Credentials. The limit of {_MOST} Federated Identity"
                " Credentials per User Assigned Identity has been exceeded.",
            )
        for other in others:
            if (other.body["issuer"], other.body["subject"]) == (
                inputs["issuer"],
                inputs["subject"],
            ):
                raise errors.arm(
                    409,
                    "Conflict",
                    "Issuer and subject combination already exists for this Managed Identity:"
                    f" federated identity credential '{other.body['name']}'.",
                )
        return {name: inputs[name] for name in ("issuer", "subject", "audiences")}

    def _siblings(self, context: Context, identity: str) -> list[StoredObject]:
        beneath = f"{identity}/federatedIdentityCredentials/".lower()
        return [c for c in context.all(self.token) if c.id.lower().startswith(beneath)]


def _check_inputs(inputs: Plain) -> None:
    name = inputs["federatedIdentityCredentialResourceName"]
    if not _NAME.fullmatch(name):
        raise errors.arm(
            400,
            "BadRequest",
            f"The federated identity credential name '{name}' is invalid: 3 to 120 letters,"
            " digits, hyphens and underscores, starting with a letter or digit.",
        )
    if len(inputs["audiences"]) != 1:
        raise errors.arm(
            400, "BadRequest", "The audiences property must contain exactly one audience."
        )
    if not inputs["issuer"].startswith("https://"):
        raise errors.arm(
            400,
            "BadRequest",
            f"The issuer '{inputs['issuer']}' is invalid: it must be an https URL.",
        )
    for name in ("issuer", "subject"):
        if not inputs[name] or len(inputs[name]) > 600:
            raise errors.arm(
                400, "BadRequest", f"The {name} must have between 1 and 600 characters."
            )
