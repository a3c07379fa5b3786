"""2,000 resources of the kinds that the product declares: 40 teams with 50 each, no components."""

import pulumi
import pulumi_azure_native.authorization as authorization
import pulumi_azure_native.keyvault as keyvault
import pulumi_azure_native.managedidentity as managedidentity
import pulumi_azure_native.monitor as monitor
import pulumi_azure_native.operationalinsights as operationalinsights
import pulumi_azure_native.resources as resources
import pulumi_gcp.apigee as apigee
import pulumi_gcp.serviceaccount as serviceaccount

TEAMS = 40
WORKLOADS = 5
VAULTS = 2
ENTRIES = 12

azure, google = pulumi.Config("azure-native"), pulumi.Config("gcp")
SUBSCRIPTION = f"/subscriptions/{azure.require('subscriptionId')}"
SECRETS_USER = (
    f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    "/4633458b-17de-408a-b874-0445c86b69e6"
)


def workload(name: str, group: pulumi.Output[str]) -> managedidentity.UserAssignedIdentity:
    """An identity in both clouds and the trust between them: four resources."""
    account = serviceaccount.Account(name, account_id=name)
    serviceaccount.IAMMember(
        name,
        service_account_id=account.name,
        role="roles/iam.serviceAccountTokenCreator",
        member=account.member,
    )
    identity = managedidentity.UserAssignedIdentity(
        name, resource_name_=name, resource_group_name=group, tags={"workload": name}
    )
    managedidentity.FederatedIdentityCredential(
        name,
        federated_identity_credential_resource_name=name,
        resource_name_=identity.name,
        resource_group_name=group,
        issuer="https://accounts.google.com",
        subject=account.unique_id,
        audiences=["api://AzureADTokenExchange"],
    )
    return identity


def audited_vault(
    name: str, group: pulumi.Output[str], workspace: operationalinsights.Workspace
) -> keyvault.Vault:
    """A vault and its diagnostic setting: two resources."""
    vault = keyvault.Vault(
        name,
        vault_name=name,
        resource_group_name=group,
        properties=keyvault.VaultPropertiesArgs(
            tenant_id=azure.require("tenantId"),
            sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
            enable_rbac_authorization=True,
            soft_delete_retention_in_days=7,
        ),
    )
    monitor.DiagnosticSetting(
        name,
        name="audit",
        resource_uri=vault.id,
        workspace_id=workspace.id,
        log_analytics_destination_type="Dedicated",
        logs=[monitor.DiagnosticsLogSettingsArgs(category_group="audit", enabled=True)],
    )
    return vault


def grant(name: str, identity: managedidentity.UserAssignedIdentity, vault: keyvault.Vault) -> None:
    """The workload may read the vault's secrets: one resource."""
    authorization.RoleAssignment(
        name,
        scope=vault.id,
        principal_id=identity.principal_id,
        principal_type="ServicePrincipal",
        role_definition_id=SECRETS_USER,
    )


def key_value_map(name: str) -> None:
    """An Apigee environment with a map and its entries: fourteen resources."""
    environment = apigee.Environment(
        name, name=name, org_id=f"organizations/{google.require('project')}"
    )
    made = apigee.EnvironmentKeyvaluemaps(name, name="settings", env_id=environment.id)
    for number in range(ENTRIES):
        apigee.EnvironmentKeyvaluemapsEntries(
            f"{name}-{number}",
            name=f"setting-{number}",
            value=f"value-{number}",
            env_keyvaluemap_id=made.id,
        )


def team(name: str) -> None:
    """Everything of one team: fifty resources."""
    group = resources.ResourceGroup(name, resource_group_name=name, tags={"team": name}).name
    workspace = operationalinsights.Workspace(
        name, workspace_name=name, resource_group_name=group, retention_in_days=30
    )
    vaults = {
        number: audited_vault(f"{name}-vault-{number}", group, workspace)
        for number in range(VAULTS)
    }
    for number in range(WORKLOADS):
        identity = workload(f"{name}-workload-{number}", group)
        for of, vault in vaults.items():
            grant(f"{name}-workload-{number}-vault-{of}", identity, vault)
    key_value_map(name)


for number in range(TEAMS):
    team(f"team-{number:02}")
