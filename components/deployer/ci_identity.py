"""An identity for one GitHub environment of one repository, in both clouds, without any credential.

Owns the identity and its trust; what it may do is `deployer_rights`' or `reader_rights`' business. The
workload identity pool in Google, with its provider for GitHub's tokens, is its project's own and there
already (docs/ci.md): here one subject of it is let in.

    ci_identity = CiIdentity(
        "ci-prod",
        CiIdentityArgs(
            stack="prod",
            environment="prod",
            repository="your-org/your-repo",
            resource_group_name=group.name,
            location="westeurope",
            project="my-project",
            pool="projects/100000000001/locations/global/workloadIdentityPools/github",
        ),
    )
"""

from dataclasses import dataclass

import pulumi
import pulumi_azure_native.managedidentity as managedidentity
import pulumi_gcp.serviceaccount as serviceaccount

from components import naming
from components.identity.federation import AUDIENCE

# GitHub, 'About security hardening with OpenID Connect'.
ISSUER = "https://token.actions.githubusercontent.com"
IMPERSONATE_ROLE = "roles/iam.workloadIdentityUser"


@dataclass(frozen=True)
class CiIdentityArgs:
    """Who is trusted, and where the identity lies.

    Attributes:
        stack: the stack that it is for, which it is named after.
        environment: the GitHub environment, such as `prod`: jobs in no other are trusted.
        repository: the repository as the subject of its tokens has it: `OWNER/NAME`, or
            `OWNER@ID/NAME@ID` where it was made or renamed since July 2026.
        resource_group_name: the Azure resource group of the managed identity.
        location: its Azure location.
        project: id of the Google project of the service account.
        pool: name of the workload identity pool that takes GitHub's tokens:
            `projects/NUMBER/locations/global/workloadIdentityPools/NAME`.

    Raises:
        ValueError: for names that are none of that kind.
    """

    stack: str
    environment: str
    repository: str
    resource_group_name: pulumi.Input[str]
    location: str
    project: str
    pool: str

    def __post_init__(self) -> None:
        for field, rule, value in (
            ("stack", naming.STACK, self.stack),
            ("environment", naming.GITHUB_ENVIRONMENT, self.environment),
            ("repository", naming.GITHUB_REPOSITORY, self.repository),
            ("location", naming.AZURE_LOCATION, self.location),
            ("project", naming.GOOGLE_PROJECT, self.project),
            ("pool", naming.IDENTITY_POOL, self.pool),
        ):
            if not rule.allows(value):
                raise ValueError(
                    f"the identity of CI for {self.stack}: {field} {value!r} is no {rule.kind}: use"
                    f" {rule.description}"
                )

    @property
    def subject(self) -> str:
        """The subject of the tokens that GitHub gives to jobs in the environment."""
        return f"repo:{self.repository}:environment:{self.environment}"

    @property
    def member(self) -> str:
        """The service account, as Google's IAM names it."""
        account = naming.ci_identity(self.environment)
        return f"serviceAccount:{account}@{self.project}.iam.gserviceaccount.com"


class CiIdentity(pulumi.ComponentResource):
    """A managed identity and a service account that jobs in one GitHub environment sign in as.

    Attributes:
        client_id: the managed identity's client id: the environment's `AZURE_CLIENT_ID`.
        principal_id: its object id, which roles are assigned to.
        service_account: the service account's email: `GOOGLE_SERVICE_ACCOUNT`.
    """

    client_id: pulumi.Output[str]
    principal_id: pulumi.Output[str]
    service_account: pulumi.Output[str]

    def __init__(
        self, name: str, args: CiIdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("apigee-keyvault:components:CiIdentity", name, None, opts)
        children = pulumi.ResourceOptions(parent=self)
        named = naming.ci_identity(args.environment)
        identity = managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_name_=named,
            resource_group_name=args.resource_group_name,
            location=args.location,
            tags=naming.tags(args.stack),
            opts=children,
        )
        managedidentity.FederatedIdentityCredential(
            f"{name}-federation",
            federated_identity_credential_resource_name=named,
            resource_name_=identity.name,
            resource_group_name=args.resource_group_name,
            issuer=ISSUER,
            subject=args.subject,
            audiences=[AUDIENCE],
            opts=children,
        )
        account = serviceaccount.Account(
            f"{name}-account",
            account_id=named,
            project=args.project,
            display_name=f"CI, GitHub environment {args.environment}",
            description=f"Jobs of {args.repository} sign in as this account; it has no keys.",
            opts=children,
        )
        serviceaccount.IAMMember(
            f"{name}-impersonates",
            service_account_id=account.name,
            role=IMPERSONATE_ROLE,
            member=f"principal://iam.googleapis.com/{args.pool}/subject/{args.subject}",
            opts=children,
        )
        self.client_id = identity.client_id
        self.principal_id = identity.principal_id
        self.service_account = account.email
        self.register_outputs(
            {
                "clientId": self.client_id,
                "principalId": self.principal_id,
                "serviceAccount": self.service_account,
            }
        )
