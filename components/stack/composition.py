"""The stack: one declaration, composed into components; what it exports to people and scripts.

Owns which component gets what, in which order, and the exports. It is no component itself, so that
what the components make has no further parent. Reading the configuration is `settings`' business,
packing bundles `bundles`'.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_azure_native.resources as resources

from components import naming
from components.audit.audit_trail import AuditTrail
from components.configuration.environment import Environment
from components.configuration.settings import Settings
from components.gateway.apigee_gateway import ApigeeGateway, ApigeeGatewayArgs
from components.gateway.gateway_environment import GatewayEnvironment, GatewayEnvironmentArgs
from components.identity.gateway_identity import GatewayIdentity, GatewayIdentityArgs
from components.stack import declaration, stack_audit, stack_vaults
from components.stack.access_map import access_map
from components.vault.vault_access import VaultAccess

Exports = dict[str, pulumi.Input[object]]


@dataclass(frozen=True)
class _Shared:
    """What the environments have in common, and each one's vault."""

    stack: str
    settings: Settings
    group: resources.ResourceGroup
    gateway: ApigeeGateway
    vaults: Mapping[str, stack_vaults.Vault]
    audit: AuditTrail


def compose(
    stack: str, settings: Settings, shared_flow_bundle: str, proxy_bundles: Mapping[str, str]
) -> Exports:
    """Register everything that a stack consists of and return its exports.

    Arguments:
        stack: the stack's name.
        settings: its configuration.
        shared_flow_bundle: path of the shared flow's zip.
        proxy_bundles: paths of the proxies' zips, by the proxy's name.
    """
    shared = _share(stack, settings, shared_flow_bundle, proxy_bundles)
    environments = sorted(settings.environments.items())
    identities = {name: _identity(name, environment, shared) for name, environment in environments}
    stack_audit.alerts(
        stack,
        settings,
        shared.audit,
        identities,
        shared.gateway.nat_addresses,
        group_name=shared.group.name,
        vaults=shared.vaults,
    )
    return {
        "environments": {
            name: _deploy(name, environment, shared, identities[name])
            for name, environment in environments
        },
        "accessMap": access_map(settings),
        "keptAfterDestroy": _kept(shared),
        "natAddresses": shared.gateway.nat_addresses,
        "workspaceId": shared.audit.workspace_id,
        "workspaceCustomerId": shared.audit.workspace_customer_id,
    }


def _share(
    stack: str, settings: Settings, shared_flow_bundle: str, proxy_bundles: Mapping[str, str]
) -> _Shared:
    """Make what the environments have in common; vaults too, which are recorded from the start."""
    group = resources.ResourceGroup(
        "group",
        resource_group_name=naming.azure_group(stack),
        location=settings.location,
        tags=naming.tags(stack),
    )
    apigee = settings.apigee
    gateway = ApigeeGateway(
        "gateway",
        ApigeeGatewayArgs(
            project=settings.project,
            shared_flow_bundle=shared_flow_bundle,
            proxy_bundles=proxy_bundles,
            name_suffix=apigee.name_suffix,
            instance=apigee.instance,
            nat_addresses=apigee.nat_addresses,
            protect=settings.protect,
        ),
    )
    vaults = stack_vaults.vaults(stack, settings, group.name, gateway.nat_addresses)
    audit = stack_audit.trail(stack, settings, group.name, vaults)
    return _Shared(stack, settings, group, gateway, vaults, audit)


def _deploy(
    name: str, environment: Environment, shared: _Shared, identity: GatewayIdentity
) -> Exports:
    """Give an environment's identity its access and its gateway; return the exports."""
    settings, vault = shared.settings, shared.vaults[name]
    access = VaultAccess(
        name,
        stack_vaults.access_args(settings, environment, vault, identity.principal_ids),
        pulumi.ResourceOptions(
            depends_on=[shared.audit.settings[stack_vaults.vault_key(name, environment)]]
        ),
    )
    served = GatewayEnvironment(
        name,
        GatewayEnvironmentArgs(
            environment=name,
            project=settings.project,
            instance=settings.apigee.instance,
            hostnames=environment.hostnames,
            key_value_map_entries=declaration.key_value_map_entries(
                environment,
                tenant_id=settings.tenant_id,
                client_ids=identity.client_ids,
                vault_host=vault.host,
                name_suffix=settings.apigee.name_suffix,
            ),
            service_account=identity.google_service_account,
            shared_flow=shared.gateway.shared_flow,
            shared_flow_revision=shared.gateway.shared_flow_revision,
            proxy_revisions={p: shared.gateway.proxy_revisions[p] for p in environment.proxies},
            name_suffix=settings.apigee.name_suffix,
            existing=environment.existing,
            type=environment.type,
            billing_type=shared.gateway.billing_type,
            protect=settings.protect,
            masked_variables=environment.masked_variables,
            keystores=environment.keystores,
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
        "principalIds": {str(n): id_ for n, id_ in identity.principal_ids.items()},
        "googleServiceAccount": identity.google_service_account,
        "sharedFlowRevision": served.shared_flow_revision,
    }


def _identity(name: str, environment: Environment, shared: _Shared) -> GatewayIdentity:
    settings, declared = shared.settings, environment.identity
    return GatewayIdentity(
        name,
        GatewayIdentityArgs(
            environment=name,
            project=settings.project,
            apigee_service_agent=shared.gateway.service_agent,
            resource_group_name=shared.group.name,
            location=settings.location,
            tags=naming.tags(shared.stack, name),
            kind=declared.kind,
            generations=declared.generations,
            deployer=settings.apigee.deployer,
            application_owners=declared.owners,
        ),
        pulumi.ResourceOptions(depends_on=shared.gateway.services),
    )


def _kept(shared: _Shared) -> Exports:
    """What a `destroy` will leave behind. The engine runs no program then, so it's told before."""
    return {
        name: pulumi.Output.format(
            "{0}: purge protection keeps the deleted vault and its name for {1} days",
            shared.vaults[name].vault_name,
            environment.vault.soft_delete_days,
        )
        for name, environment in sorted(shared.settings.environments.items())
        if environment.vault.id is None
    }
