"""What the tests of several types deploy first."""

from __future__ import annotations

from sandbox import world

TENANT = world.TENANT_ID
ORGANIZATION = f"organizations/{world.ORGANIZATION}"

GROUP = "azure-native:resources:ResourceGroup"
VAULT = "azure-native:keyvault:Vault"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
WORKSPACE = "azure-native:operationalinsights:Workspace"
SETTING = "azure-native:monitor:DiagnosticSetting"
ACCOUNT = "gcp:serviceaccount/account:Account"
ACCOUNT_MEMBER = "gcp:serviceaccount/iAMMember:IAMMember"
PROJECT_MEMBER = "gcp:projects/iAMMember:IAMMember"
SERVICE = "gcp:projects/service:Service"
ENVIRONMENT = "gcp:apigee/environment:Environment"
INSTANCE_ATTACHMENT = "gcp:apigee/instanceAttachment:InstanceAttachment"
ENV_GROUP = "gcp:apigee/envGroup:EnvGroup"
ENV_GROUP_ATTACHMENT = "gcp:apigee/envGroupAttachment:EnvGroupAttachment"
KVM = "gcp:apigee/environmentKeyvaluemaps:EnvironmentKeyvaluemaps"
ENTRY = "gcp:apigee/environmentKeyvaluemapsEntries:EnvironmentKeyvaluemapsEntries"
MASK = "gcp:apigee/environmentDebugmask:EnvironmentDebugmask"
FLOW = "gcp:apigee/sharedflow:Sharedflow"
FLOW_DEPLOYMENT = "gcp:apigee/sharedflowDeployment:SharedflowDeployment"
API = "gcp:apigee/api:Api"
API_DEPLOYMENT = "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment"
RANDOM_STRING = "random:index/randomString:RandomString"

SECRETS_USER = (
    "/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"
)
SECRETS_OFFICER = (
    "/providers/Microsoft.Authorization/roleDefinitions/b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
)


def vault(name: str = "kv-alpha", group: str = "group", **properties: object) -> dict[str, object]:
    """A vault's inputs."""
    return {
        "resourceGroupName": group,
        "vaultName": name,
        "properties": {
            "tenantId": TENANT,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": True,
            **properties,
        },
    }


def credential(name: str = "trust", subject: str = "1", **other: object) -> dict[str, object]:
    """A federated credential's inputs."""
    return {
        "resourceGroupName": "group",
        "resourceName": "reader",
        "federatedIdentityCredentialResourceName": name,
        "issuer": world.GOOGLE_ISSUER,
        "subject": subject,
        "audiences": [world.EXCHANGE_AUDIENCE],
        **other,
    }
