"""The identity that one Apigee environment has in both clouds, without any static credential.

Owns the Google service account, the Azure identity, the federated credential that lets the first
act as the second, and what the account needs on Google's side. Doesn't own what the identity may
read (`vault_access`), nor Apigee's service agent and the APIs that must be on (`apigee_gateway`).
Never makes a key, password or certificate.

    identity = GatewayIdentity(
        "alpha",
        GatewayIdentityArgs(
            environment="alpha",
            project="my-project",
            apigee_service_agent=gateway.service_agent,
            resource_group_name=group.name,
            location="westeurope",
            tags={},
        ),
        pulumi.ResourceOptions(depends_on=gateway.services),
    )
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azure_native.managedidentity as managedidentity
import pulumi_gcp.projects as projects
import pulumi_gcp.serviceaccount as serviceaccount

from components import naming
from components.identity.federation import AUDIENCE, ISSUER, EntraIdentity
from components.ordering import child_after

MINT_ROLE = "roles/iam.serviceAccountTokenCreator"
ACT_AS_ROLE = "roles/iam.serviceAccountUser"
LOG_ROLE = "roles/logging.logWriter"

MANAGED = "managed"
APPLICATION = "application"

# Workloads alone: service accounts, and what a workload identity pool vouches for (Google Cloud,
# 'Principal identifiers'). A pool of the workforce vouches for people.
_WORKLOAD = re.compile(
    r"serviceAccount:[^@\s]+@[^@\s]+"
    r"|principal(Set)?://iam\.googleapis\.com/projects/[0-9]+/locations/global"
    r"/workloadIdentityPools/\S+"
)


@dataclass(frozen=True)
class GatewayIdentityArgs:
    """What an environment's identity needs.

    Attributes:
        environment: the Apigee environment that acts as this identity.
        project: id of the Google project that holds the Apigee organization.
        apigee_service_agent: email of the agent as which Apigee mints tokens in that project.
        resource_group_name: the Azure resource group of a managed identity.
        location: the Azure location of a managed identity, such as `westeurope`.
        tags: tags of a managed identity.
        kind: `managed`, a user-assigned identity, or `application`, an app registration.
        generations: one generation of the identity, or two consecutive ones while it is rotated
            from the first to the second: both work, and the gateway turns to the older where the
            newer one is refused still, so that no request is lost. To go from [1] to [2] at once,
            or sooner than the new identity has spread, cuts the gateway off until it has.
        deployer: the workload that deploys, as a member of Google's IAM, where it isn't allowed to
            act as every service account of the project: `serviceAccount:EMAIL`, or a principal of a
            workload identity pool.
        application_owners: object ids of an application's owners. A deployer that may write the
            applications it owns, but no others (`Application.ReadWrite.OwnedBy`), must be among
            them.

    Raises:
        ValueError: for an unknown kind, generations that don't follow each other, a deployer that
            isn't a workload, or owners of what has none.
    """

    environment: str
    project: str
    apigee_service_agent: pulumi.Input[str]
    resource_group_name: pulumi.Input[str]
    location: str
    tags: Mapping[str, str]
    kind: str = MANAGED
    generations: Sequence[int] = (1,)
    deployer: str | None = None
    application_owners: Sequence[str] = ()

    def __post_init__(self) -> None:
        where = f"the identity of environment {self.environment}"
        if self.kind not in (MANAGED, APPLICATION):
            raise ValueError(f"{where}: kind {self.kind!r}: use {MANAGED} or {APPLICATION}")
        first = self.generations[0] if self.generations else 0
        if first < 1 or tuple(self.generations) not in ((first,), (first, first + 1)):
            raise ValueError(
                f"{where}: generations {list(self.generations)}: use one, from 1 up, or two"
                " consecutive ones while rotating, such as [1, 2]"
            )
        if self.deployer is not None and not _WORKLOAD.fullmatch(self.deployer):
            raise ValueError(
                f"{where}: deployer {self.deployer!r} isn't a workload: use serviceAccount:EMAIL or"
                " a principal of a workload identity pool"
            )
        if self.application_owners and self.kind != APPLICATION:
            raise ValueError(f"{where}: only an {APPLICATION} has application_owners: remove them")


class GatewayIdentity(pulumi.ComponentResource):
    """One Google service account, and one Azure identity with one credential for each generation.

    Give it `depends_on` the services of the gateway: the account can't be made before IAM's API is
    on. Change neither `kind` nor `location` of an environment in use: the identity is another one then,
    and the old one goes in the same update, before the new one has spread.

    Attributes:
        google_service_account: the account's email; deployments run as it.
        client_id: client id of the newest generation, which the gateway asks new tokens for first.
        principal_id: object id of the newest generation.
        client_ids: client ids of all generations.
        principal_ids: object ids of all generations, which roles are assigned to.
    """

    google_service_account: pulumi.Output[str]
    client_id: pulumi.Output[str]
    principal_id: pulumi.Output[str]
    client_ids: Mapping[int, pulumi.Output[str]]
    principal_ids: Mapping[int, pulumi.Output[str]]

    def __init__(
        self, name: str, args: GatewayIdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("apigee-keyvault:components:GatewayIdentity", name, None, opts)
        children = child_after(self, opts)
        account = self._google_account(name, args, children)
        make = _application if args.kind == APPLICATION else _managed
        identities = {g: make(name, args, g, account, children) for g in args.generations}
        self.google_service_account = account.email
        self.client_ids = {g: identity.client_id for g, identity in identities.items()}
        self.principal_ids = {g: identity.principal_id for g, identity in identities.items()}
        newest = max(args.generations)
        self.client_id = self.client_ids[newest]
        self.principal_id = self.principal_ids[newest]
        self.register_outputs(
            {
                "googleServiceAccount": self.google_service_account,
                "clientId": self.client_id,
                "principalId": self.principal_id,
                "clientIds": {str(g): id_ for g, id_ in self.client_ids.items()},
                "principalIds": {str(g): id_ for g, id_ in self.principal_ids.items()},
            }
        )

    def _google_account(
        self, name: str, args: GatewayIdentityArgs, opts: pulumi.ResourceOptions
    ) -> serviceaccount.Account:
        """The account, and what it takes for Apigee to act and to log as it."""
        account = serviceaccount.Account(
            f"{name}-account",
            account_id=naming.gateway_identity(args.environment),
            project=args.project,
            display_name=f"Apigee environment {args.environment}",
            description="Apigee reads Azure Key Vault as this account; it has no keys.",
            opts=opts,
        )
        serviceaccount.IAMMember(
            f"{name}-token-creator",
            service_account_id=account.name,  # the full resource name: an email is refused
            role=MINT_ROLE,
            member=pulumi.Output.concat("serviceAccount:", args.apigee_service_agent),
            opts=opts,
        )
        if args.deployer is not None:
            serviceaccount.IAMMember(
                f"{name}-deployer",
                service_account_id=account.name,
                role=ACT_AS_ROLE,
                member=args.deployer,
                opts=opts,
            )
        projects.IAMMember(
            f"{name}-log-writer",
            project=args.project,
            role=LOG_ROLE,
            member=pulumi.Output.concat("serviceAccount:", account.email),
            opts=opts,
        )
        return account


def _logical(name: str, generation: int) -> str:
    """Logical name of a part of the identity. The first generation's is without a number."""
    return name if generation == 1 else f"{name}-{generation}"


def _managed(
    name: str,
    args: GatewayIdentityArgs,
    generation: int,
    account: serviceaccount.Account,
    opts: pulumi.ResourceOptions,
) -> EntraIdentity:
    """A user-assigned identity, and its trust in tokens that Google issues to the account.

    Azure refuses two writes at once of one identity's credentials (Microsoft Learn, 'Important
    considerations and restrictions for federated identity credentials'): each identity has one.
    """
    named = naming.gateway_identity(args.environment, generation)
    # `resource_name_`, with its underscore, is the Azure name; the args classes can't be used.
    identity = managedidentity.UserAssignedIdentity(
        _logical(f"{name}-identity", generation),
        resource_name_=named,
        resource_group_name=args.resource_group_name,
        location=args.location,
        tags=args.tags,
        opts=opts,
    )
    managedidentity.FederatedIdentityCredential(
        _logical(f"{name}-federation", generation),
        federated_identity_credential_resource_name=named,
        resource_name_=identity.name,
        resource_group_name=args.resource_group_name,
        issuer=ISSUER,
        # The number, never given to another account: an email could be taken up again.
        subject=account.unique_id,
        audiences=[AUDIENCE],
        opts=opts,
    )
    return EntraIdentity(identity.client_id, identity.principal_id)


def _application(
    name: str,
    args: GatewayIdentityArgs,
    generation: int,
    account: serviceaccount.Account,
    opts: pulumi.ResourceOptions,
) -> EntraIdentity:
    """An app registration, and its trust in tokens that Google issues to the account."""
    # Loaded only where there is one: its SDK costs half a second.
    from components.identity.application import application_identity  # noqa: PLC0415

    parts = ("application", "service-principal", "federation")
    application, principal, credential = (_logical(f"{name}-{p}", generation) for p in parts)
    return application_identity(
        (application, principal, credential),
        naming.gateway_application(args.project, args.environment, generation),
        naming.gateway_identity(args.environment, generation),
        account.unique_id,
        args.application_owners,
        opts,
    )
