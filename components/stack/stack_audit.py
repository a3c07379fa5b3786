"""From a stack's declaration to its audit trail and alerts: what those components are given.

Owns the translation alone. What is recorded and what raises an alert is `audit_trail`'s and
`alerts`' business.
"""

from collections.abc import Mapping, Sequence

import pulumi

from components import naming, resource_ids
from components.audit.audit_trail import AuditTrail, AuditTrailArgs
from components.configuration.settings import Settings
from components.identity.gateway_identity import MANAGED, GatewayIdentity
from components.stack.stack_vaults import Vault, vault_key


def trail(
    stack: str, settings: Settings, group_name: pulumi.Input[str], vaults: Mapping[str, Vault]
) -> AuditTrail:
    """Record every environment's vault.

    Arguments:
        stack: the stack's name.
        settings: its configuration.
        group_name: the resource group for what is made.
        vaults: the vaults, by environment.
    """
    declared = settings.audit
    return AuditTrail(
        "audit",
        AuditTrailArgs(
            workspace_name=naming.workspace(stack),
            resource_group_name=group_name,
            location=settings.location,
            retention_days=None if declared.workspace_id else declared.retention_days,
            vault_ids=_vault_ids(settings, vaults),
            tags=naming.tags(stack),
            workspace_id=declared.workspace_id,
            subscription_id=settings.subscription_id,
            activity_log=declared.activity_log,
            sign_in_logs=declared.sign_in_logs,
            protect=settings.protect,
        ),
    )


def alerts(
    stack: str,
    settings: Settings,
    audit: AuditTrail,
    identities: Mapping[str, GatewayIdentity],
    nat_addresses: Sequence[pulumi.Input[str]],
    *,
    group_name: pulumi.Input[str],
    vaults: Mapping[str, Vault],
) -> None:
    """Watch the audit trail, where somebody is to hear of it.

    Arguments:
        stack: the stack's name.
        settings: its configuration.
        audit: its audit trail.
        identities: the gateways' identities, by environment.
        nat_addresses: the gateways' egress addresses.
        group_name: the resource group for what is made.
        vaults: the vaults, by environment.
    """
    declared = settings.audit.alerts
    if declared is None:
        return
    # Loaded only where there are some: their SDK's modules cost a tenth of a second.
    from components.audit.alerts import AuditAlerts, AuditAlertsArgs  # noqa: PLC0415

    AuditAlerts(
        "alerts",
        AuditAlertsArgs(
            prefix=naming.azure_group(stack),
            resource_group_name=group_name,
            location=settings.location,
            tags=naming.tags(stack),
            workspace_id=audit.workspace_id,
            vault_ids=_vault_ids(settings, vaults),
            gateways={
                f"{name}-{generation}": principal_id
                for name, identity in identities.items()
                for generation, principal_id in identity.principal_ids.items()
            },
            emails=sorted(declared.emails),
            webhooks=dict(sorted(declared.webhooks.items())),
            writers={
                f"{name}-{writer}": principal_id
                for name, environment in sorted(settings.environments.items())
                for writer, principal_id in sorted(environment.writers.items())
            },
            identity_ids=_identity_ids(stack, settings),
            deployers=sorted(declared.deployers),
            gateway_addresses=nat_addresses,
            expected=sorted(
                {vault_key(name, settings.environments[name]) for name in declared.expected}
            ),
        ),
    )


def _vault_ids(settings: Settings, vaults: Mapping[str, Vault]) -> dict[str, pulumi.Output[str]]:
    """Resource ids of the vaults, each once, by `vault_key`."""
    return {
        vault_key(name, environment): vaults[name].vault_id
        for name, environment in sorted(settings.environments.items())
    }


def _identity_ids(stack: str, settings: Settings) -> list[str]:
    """Resource ids of the identities that are resources of Azure; applications aren't."""
    return [
        resource_ids.managed_identity(
            settings.subscription_id,
            naming.azure_group(stack),
            naming.gateway_identity(name, generation),
        )
        for name, environment in sorted(settings.environments.items())
        if environment.identity.kind == MANAGED
        for generation in environment.identity.generations
    ]
