"""The resources that the program registers for many environments, by plain calls of the SDKs.

No components, no configuration to check, no bundles to pack: what the program's overhead is measured
against. `tests/benchmarks/test_previews.py` holds it to the program's resources, one by one.
"""

import asyncio
import gc
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azure_native.authorization as authorization
import pulumi_azure_native.keyvault as keyvault
import pulumi_azure_native.managedidentity as managedidentity
import pulumi_azure_native.monitor as monitor
import pulumi_azure_native.operationalinsights as operationalinsights
import pulumi_azure_native.resources as resources
import pulumi_gcp.apigee as apigee
import pulumi_gcp.projects as projects
import pulumi_gcp.serviceaccount as serviceaccount
import pulumi_random as random

gc.set_threshold(50_000)  # as the program does: what is compared is components, not this

azure, google = pulumi.Config("azure-native"), pulumi.Config("gcp")
TENANT, LOCATION = azure.require("tenantId"), azure.require("location")
SUBSCRIPTION = f"/subscriptions/{azure.require('subscriptionId')}"
PROJECT = google.require("project")
ORGANIZATION = f"organizations/{PROJECT}"
INSTANCE = f"{ORGANIZATION}/instances/europe-west1"
CI = "33333333-3333-4333-8333-333333333333"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
PROXY = "orders-v1"
SERVICES = ("iam.googleapis.com", "iamcredentials.googleapis.com", "logging.googleapis.com")
NAME = f"apigee-keyvault-{pulumi.get_stack()}"
TAGS = {"managed-by": "pulumi", "project": "apigee-keyvault", "stack": pulumi.get_stack()}
MASKED = (
    "entraRequest.content",
    "entraRequest.formparam.client_assertion",
    "entraResponse.content",
    "googleRequest.header.x-google-id-token",
    "request.header.x-api-key",
    "vaultRequest.content",
    "vaultRequest.header.Authorization",
    "vaultResponse.content",
)


@dataclass(frozen=True)
class Shared:
    """What the environments have in common."""

    group: resources.ResourceGroup
    workspace: operationalinsights.Workspace
    organization: apigee.Organization
    services: Sequence[pulumi.Resource]
    agent: projects.ServiceIdentity
    flow: apigee.Sharedflow
    proxy: apigee.Api


def shared() -> Shared:
    """Everything that there is once."""
    group = resources.ResourceGroup("group", resource_group_name=NAME, location=LOCATION, tags=TAGS)
    organization = apigee.Organization.get("gateway-organization", ORGANIZATION)
    services = [
        projects.Service(
            f"gateway-{service}", project=PROJECT, service=service, disable_on_destroy=False
        )
        for service in SERVICES
    ]
    later = pulumi.ResourceOptions(depends_on=services)
    agent = projects.ServiceIdentity(
        "gateway-service-agent", project=PROJECT, service="apigee.googleapis.com", opts=later
    )
    claim = serviceaccount.Account(
        "gateway-one-stack-per-nameSuffix",
        account_id="azure-key-vault",
        project=PROJECT,
        display_name="Claims a name in Apigee; nothing runs as it",
        description=(
            "Marks Apigee's shared flow of this name as one Pulumi stack's. Another stack in the"
            " organization sets apigee.nameSuffix."
        ),
        opts=later,
    )
    claimed = pulumi.ResourceOptions(depends_on=[*services, claim])
    flow = apigee.Sharedflow(
        "gateway-shared-flow",
        name="azure-key-vault",
        org_id=PROJECT,
        config_bundle=".build/bundles/azure-key-vault.zip",
        opts=claimed,
    )
    proxy = apigee.Api(
        f"gateway-{PROXY}",
        name=PROXY,
        org_id=PROJECT,
        config_bundle=f".build/bundles/{PROXY}.zip",
        opts=claimed,
    )
    workspace = operationalinsights.Workspace(
        "audit-workspace",
        workspace_name=NAME,
        resource_group_name=group.name,
        location=LOCATION,
        retention_in_days=90,
        sku=operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
        features=operationalinsights.WorkspaceFeaturesArgs(disable_local_auth=True),
        tags=TAGS,
    )
    monitor.DiagnosticSetting(
        "audit-log:activity",
        name=NAME,
        resource_uri=SUBSCRIPTION,
        workspace_id=workspace.id,
        logs=[
            monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True)
            for category in ("Administrative", "Alert", "Policy", "Security")
        ],
    )
    return Shared(group, workspace, organization, [*services, agent], agent, flow, proxy)


def environment(name: str, secrets: int, common: Shared) -> None:
    """Everything of one environment."""
    vault = audited_vault(name, common)
    account, identity, identified = identities(name, common)
    recorded = pulumi.ResourceOptions(depends_on=[vault.setting])
    granted = [
        assign(f"{name}-gateway", vault.vault, SECRETS_USER, identity.principal_id, recorded),
        assign(f"{name}-writer-ci", vault.vault, SECRETS_OFFICER, CI, recorded),
    ]
    made, prepared = gateway(name, common)
    entries: dict[str, pulumi.Input[str]] = {
        **{f"grant.secret-{number:02}.{PROXY}": "allowed" for number in range(secrets)},
        "identity.odd": pulumi.Output.concat("0001:", identity.client_id),
        "identity.tenant-id": TENANT,
        "token.seconds": "600",
        "vault.host": vault.vault.name.apply(lambda called: f"{called}.vault.azure.net"),
    }
    relied_on = [*identified, *granted, *prepared, *declare(name, made, entries)]
    flow = apigee.SharedflowDeployment(
        f"{name}-shared-flow",
        org_id=PROJECT,
        environment=made.name,
        sharedflow_id=common.flow.name,
        revision=common.flow.latest_revision_id,
        service_account=account.email,
        opts=pulumi.ResourceOptions(depends_on=relied_on),
    )
    apigee.EnvironmentApiRevisionDeployment(
        f"{name}-{PROXY}",
        org_id=PROJECT,
        environment=made.name,
        api=PROXY,
        revision=common.proxy.latest_revision_id.apply(int),
        service_account=account.email,
        override=True,
        opts=pulumi.ResourceOptions(depends_on=[*relied_on, flow]),
    )


@dataclass(frozen=True)
class Vault:
    """A vault and what records it."""

    vault: keyvault.Vault
    setting: monitor.DiagnosticSetting


def audited_vault(name: str, common: Shared) -> Vault:
    """A vault with a name of its own, and its diagnostic setting."""
    suffix = random.RandomString(f"{name}-suffix", length=6, upper=False, special=False)
    vault = keyvault.Vault(
        f"{name}-vault",
        vault_name=suffix.result.apply(lambda found: f"kv-{name}-{found}"),
        resource_group_name=common.group.name,
        location=LOCATION,
        properties=keyvault.VaultPropertiesArgs(
            tenant_id=TENANT,
            sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
            enable_rbac_authorization=True,
            enable_soft_delete=True,
            soft_delete_retention_in_days=90,
            enable_purge_protection=True,
            public_network_access="Enabled",
        ),
        tags={**TAGS, "environment": name},
    )
    setting = monitor.DiagnosticSetting(
        f"audit-{name}",
        name="audit",
        resource_uri=vault.id,
        workspace_id=common.workspace.id,
        log_analytics_destination_type="Dedicated",
        logs=[monitor.DiagnosticsLogSettingsArgs(category="AuditEvent", enabled=True)],
    )
    return Vault(vault, setting)


def identities(
    name: str, common: Shared
) -> tuple[serviceaccount.Account, managedidentity.UserAssignedIdentity, Sequence[pulumi.Resource]]:
    """An account at Google, an identity in Azure, and all that they consist of."""
    later = pulumi.ResourceOptions(depends_on=common.services)
    called = f"apigee-kv-{name}"
    account = serviceaccount.Account(
        f"{name}-account",
        account_id=called,
        project=PROJECT,
        display_name=f"Apigee environment {name}",
        description="Apigee reads Azure Key Vault as this account; it has no keys.",
        opts=later,
    )
    minting = serviceaccount.IAMMember(
        f"{name}-token-creator",
        service_account_id=account.name,
        role="roles/iam.serviceAccountTokenCreator",
        member=pulumi.Output.concat("serviceAccount:", common.agent.email),
        opts=later,
    )
    logging = projects.IAMMember(
        f"{name}-log-writer",
        project=PROJECT,
        role="roles/logging.logWriter",
        member=pulumi.Output.concat("serviceAccount:", account.email),
        opts=later,
    )
    identity = managedidentity.UserAssignedIdentity(
        f"{name}-identity",
        resource_name_=called,
        resource_group_name=common.group.name,
        location=LOCATION,
        tags={**TAGS, "environment": name},
        opts=later,
    )
    trust = managedidentity.FederatedIdentityCredential(
        f"{name}-federation",
        federated_identity_credential_resource_name=called,
        resource_name_=identity.name,
        resource_group_name=common.group.name,
        issuer="https://accounts.google.com",
        subject=account.unique_id,
        audiences=["api://AzureADTokenExchange"],
        opts=later,
    )
    return account, identity, [account, minting, logging, identity, trust]


def assign(
    name: str,
    vault: keyvault.Vault,
    role: str,
    principal_id: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> authorization.RoleAssignment:
    """A role on a vault, under a name that follows from what is assigned."""
    return authorization.RoleAssignment(
        name,
        role_assignment_name=pulumi.Output.all(vault.id, principal_id).apply(
            lambda known: str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join([*known, role]).lower()))
        ),
        scope=vault.id,
        role_definition_id=(
            f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        ),
        principal_id=principal_id,
        principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
        opts=opts,
    )


def gateway(name: str, common: Shared) -> tuple[apigee.Environment, Sequence[pulumi.Resource]]:
    """An environment that is served under its host name, and what that takes."""
    made = apigee.Environment(
        f"{name}-environment",
        name=name,
        org_id=ORGANIZATION,
        type=common.organization.billing_type.apply(
            lambda billed: "INTERMEDIATE" if billed == "PAYG" else None
        ),
    )
    instance = apigee.InstanceAttachment(
        f"{name}-instance", instance_id=INSTANCE, environment=made.name
    )
    group = apigee.EnvGroup(
        f"{name}-group", name=name, org_id=ORGANIZATION, hostnames=[f"{name}.api.example.com"]
    )
    attachment = apigee.EnvGroupAttachment(
        f"{name}-group-attachment", envgroup_id=group.id, environment=made.name
    )
    mask = apigee.EnvironmentDebugmask(f"{name}-debug-mask", env_id=made.id, variables=MASKED)
    return made, [instance, attachment, mask]


def declare(
    name: str, made: apigee.Environment, entries: dict[str, pulumi.Input[str]]
) -> Sequence[pulumi.Resource]:
    """A map with its entries."""
    settings = apigee.EnvironmentKeyvaluemaps(
        f"{name}-map",
        name="azure-key-vault",
        env_id=made.name.apply(lambda called: f"{ORGANIZATION}/environments/{called}"),
    )
    return [
        apigee.EnvironmentKeyvaluemapsEntries(
            f"{name}-{key}", name=key, value=value, env_keyvaluemap_id=settings.id
        )
        for key, value in entries.items()
    ]


size = pulumi.Config("bare")
once = shared()
for number in range(size.require_int("environments")):
    environment(f"env-{number:03}", size.require_int("secrets"), once)


async def let_registrations_begin() -> None:
    """As the program does: what is compared is components, not this."""
    await asyncio.sleep(0)


pulumi.run(let_registrations_begin)
