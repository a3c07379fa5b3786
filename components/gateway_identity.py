"""The identity that one Apigee environment has in both clouds, without any static credential.

Owns the Google service account, the user-assigned Azure identity, the federated credential that
lets the first act as the second, and what the account needs on Google's side. Doesn't own what
the identity may read (`vault_access`). Never makes a key, password or certificate.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_azure_native.managedidentity as managedidentity
import pulumi_gcp.projects as projects
import pulumi_gcp.serviceaccount as serviceaccount

from components import naming

# Microsoft Learn, 'Configure a user-assigned managed identity to trust an external identity
# provider'. Entra compares all three exactly, with case.
ISSUER = "https://accounts.google.com"
AUDIENCE = "api://AzureADTokenExchange"

MINT_ROLE = "roles/iam.serviceAccountTokenCreator"
LOG_ROLE = "roles/logging.logWriter"


@dataclass(frozen=True)
class GatewayIdentityArgs:
    """What an environment's identity needs.

    Attributes:
        environment: the Apigee environment that acts as this identity.
        project: id of the Google project that holds the Apigee organization.
        apigee_service_agent: email of the agent as which Apigee mints tokens in that project.
        resource_group_name: the Azure resource group of the identity.
        location: the Azure location, such as `westeurope`.
        tags: tags of the Azure identity.
    """

    environment: str
    project: str
    apigee_service_agent: str
    resource_group_name: pulumi.Input[str]
    location: str
    tags: Mapping[str, str]


class GatewayIdentity(pulumi.ComponentResource):
    """One Google service account, one Azure identity, one federated credential between them.

    Attributes:
        google_service_account: the account's email; deployments run as it.
        client_id: the Azure identity's client id, which the gateway asks tokens for.
        principal_id: the Azure identity's object id, which roles are assigned to.
    """

    google_service_account: pulumi.Output[str]
    client_id: pulumi.Output[str]
    principal_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: GatewayIdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("apigee-keyvault:components:GatewayIdentity", name, None, opts)
        account = self._google_account(name, args)
        identity = self._azure_identity(name, args, account)
        self.google_service_account = account.email
        self.client_id = identity.client_id
        self.principal_id = identity.principal_id
        self.register_outputs(
            {
                "googleServiceAccount": self.google_service_account,
                "clientId": self.client_id,
                "principalId": self.principal_id,
            }
        )

    def _google_account(self, name: str, args: GatewayIdentityArgs) -> serviceaccount.Account:
        """The account, and what it takes for Apigee to act and to log as it."""
        children = pulumi.ResourceOptions(parent=self)
        account = serviceaccount.Account(
            f"{name}-account",
            account_id=naming.gateway_identity(args.environment),
            project=args.project,
            display_name=f"Apigee environment {args.environment}",
            description="Apigee reads Azure Key Vault as this account; it has no keys.",
            opts=children,
        )
        serviceaccount.IAMMember(
            f"{name}-token-creator",
            service_account_id=account.name,  # the full resource name: an email is refused
            role=MINT_ROLE,
            member=f"serviceAccount:{args.apigee_service_agent}",
            opts=children,
        )
        projects.IAMMember(
            f"{name}-log-writer",
            project=args.project,
            role=LOG_ROLE,
            member=pulumi.Output.concat("serviceAccount:", account.email),
            opts=children,
        )
        return account

    def _azure_identity(
        self, name: str, args: GatewayIdentityArgs, account: serviceaccount.Account
    ) -> managedidentity.UserAssignedIdentity:
        """The identity, and the trust in tokens that Google issues to the account."""
        children = pulumi.ResourceOptions(parent=self)
        # `resource_name_`, with its underscore, is the Azure name; the args classes can't be used.
        identity = managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_name_=naming.gateway_identity(args.environment),
            resource_group_name=args.resource_group_name,
            location=args.location,
            tags=args.tags,
            opts=children,
        )
        managedidentity.FederatedIdentityCredential(
            f"{name}-federation",
            federated_identity_credential_resource_name=naming.gateway_identity(args.environment),
            resource_name_=identity.name,
            resource_group_name=args.resource_group_name,
            issuer=ISSUER,
            # The number, never given to another account: an email could be taken up again.
            subject=account.unique_id,
            audiences=[AUDIENCE],
            opts=children,
        )
        return identity
