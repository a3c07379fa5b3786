"""The program: reads the stack's configuration, composes the components, exports what is made."""

import pulumi
import pulumi_azure_native.resources as resources

from components import bundles, declaration, naming, settings
from components.apigee_gateway import ApigeeGateway, ApigeeGatewayArgs
from components.audit_trail import AuditTrail, AuditTrailArgs
from components.config_errors import ConfigurationError
from components.gateway_environment import GatewayEnvironment, GatewayEnvironmentArgs
from components.gateway_identity import GatewayIdentity, GatewayIdentityArgs
from components.key_vault import KeyVault, KeyVaultArgs
from components.settings_environment import Environment
from components.vault_access import VaultAccess, VaultAccessArgs

stack = pulumi.get_stack()
try:
    config = settings.load(stack, bundles.available(bundles.PROXY))
    flow_bundle = bundles.build(bundles.SHARED_FLOW, naming.SHARED_FLOW)
    proxy_bundles = bundles.build_all(bundles.PROXY, config.proxies)
except (ConfigurationError, bundles.BundleError) as error:
    raise pulumi.RunError(str(error)) from None

group = resources.ResourceGroup(
    "group",
    resource_group_name=naming.azure_group(stack),
    location=config.location,
    tags=naming.tags(stack),
)
agent = naming.apigee_service_agent(config.apigee.project_number)
gateway = ApigeeGateway("gateway", ApigeeGatewayArgs(config.project, flow_bundle, proxy_bundles))
vaults = {
    name: KeyVault(
        name,
        KeyVaultArgs(name, group.name, config.location, config.tenant_id, naming.tags(stack, name)),
    )
    for name in config.environments
}
audit = AuditTrail(
    "audit",
    AuditTrailArgs(
        workspace_name=naming.workspace(stack),
        resource_group_name=group.name,
        location=config.location,
        retention_days=config.audit.retention_days,
        vault_ids={name: vault.vault_id for name, vault in vaults.items()},
        tags=naming.tags(stack),
    ),
)


def deploy(name: str, environment: Environment) -> dict[str, pulumi.Input[object]]:
    """Give an environment its identity, its access and its gateway; return its exports."""
    vault = vaults[name]
    identity = GatewayIdentity(
        name,
        GatewayIdentityArgs(
            name, config.project, agent, group.name, config.location, naming.tags(stack, name)
        ),
    )
    access = VaultAccess(
        name,
        VaultAccessArgs(
            config.subscription_id, vault.vault_id, identity.principal_id, environment.writers
        ),
        pulumi.ResourceOptions(depends_on=[audit.settings[name]]),
    )
    entries = declaration.key_value_map_entries(
        environment, tenant_id=config.tenant_id, client_id=identity.client_id, vault_host=vault.host
    )
    served = GatewayEnvironment(
        name,
        GatewayEnvironmentArgs(
            environment=name,
            project=config.project,
            instance=config.apigee.instance,
            hostnames=environment.hostnames,
            key_value_map_entries=entries,
            service_account=identity.google_service_account,
            shared_flow=gateway.shared_flow,
            shared_flow_revision=gateway.shared_flow_revision,
            proxy_revisions={p: gateway.proxy_revisions[p] for p in environment.proxies},
        ),
        pulumi.ResourceOptions(depends_on=[identity, access]),
    )
    return {
        "endpoints": served.endpoints,
        "vaultId": vault.vault_id,
        "vaultName": vault.vault_name,
        "vaultUri": vault.uri,
        "clientId": identity.client_id,
        "principalId": identity.principal_id,
        "googleServiceAccount": identity.google_service_account,
        "sharedFlowRevision": served.shared_flow_revision,
    }


pulumi.export("environments", {n: deploy(n, e) for n, e in config.environments.items()})
pulumi.export("workspaceId", audit.workspace_id)
pulumi.export("workspaceCustomerId", audit.workspace_customer_id)
