"""The pack's rules, in the order in which they are documented and reported."""

from __future__ import annotations

from typing import Final

from .model import About, Rule
from .rules.audit import receivers, vault_alerts, vault_logs, workspaces
from .rules.conventions import names, protection, tags
from .rules.credentials import (
    entra_credentials,
    generated_values,
    google_keys,
    literal_values,
    provider_credentials,
    secret_values,
    unjudged,
)
from .rules.gateway import (
    debug_masks,
    deployments,
    environment_types,
    event_subscriptions,
    flow_hooks,
    target_servers,
)
from .rules.persons import (
    access_packages,
    application_access,
    application_owners,
    delegated_administration,
    directory_roles,
    eligibility,
    google_groups,
    google_person_member,
    group_membership,
    role_assignments,
)
from .rules.roles import conditions, custom_roles, google_roles, role_breadth, scope
from .rules.trust import federated_credentials, one_to_one, principal_sets, workload_pools
from .rules.vaults import (
    access_policies,
    api_versions,
    deletion,
    key_strength,
    network,
    secret_expiry,
    undeclared_vaults,
)

NAME: Final = "apigee-keyvault"

RULES: Final[tuple[Rule, ...]] = (
    role_assignments.RULE,
    eligibility.RULE,
    group_membership.RULE,
    directory_roles.RULE,
    application_owners.RULE,
    application_access.RULE,
    access_packages.RULE,
    delegated_administration.RULE,
    google_person_member.RULE,
    google_groups.RULE,
    role_breadth.RULE,
    scope.RULE,
    conditions.RULE,
    custom_roles.RULE,
    google_roles.RULE,
    entra_credentials.RULE,
    provider_credentials.RULE,
    google_keys.RULE,
    secret_values.RULE,
    generated_values.RULE,
    literal_values.RULE,
    unjudged.RULE,
    federated_credentials.RULE,
    one_to_one.RULE,
    workload_pools.RULE,
    principal_sets.RULE,
    access_policies.RULE,
    deletion.RULE,
    network.RULE,
    secret_expiry.RULE,
    key_strength.RULE,
    api_versions.RULE,
    undeclared_vaults.RULE,
    vault_logs.RULE,
    workspaces.RULE,
    receivers.RULE,
    vault_alerts.RULE,
    deployments.RULE,
    debug_masks.RULE,
    flow_hooks.RULE,
    environment_types.RULE,
    target_servers.RULE,
    event_subscriptions.RULE,
    names.RULE,
    tags.RULE,
    protection.RULE,
)


def page(about: About) -> str:
    """Where a rule is documented, from the repository's root."""
    return f"docs/policies.md#{about.name}"
