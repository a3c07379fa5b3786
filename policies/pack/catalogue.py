"""The pack's rules, in the order in which they are documented and reported."""

from __future__ import annotations

from typing import Final

from .model import About, Rule
from .rules.audit import vault_logs
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
from .rules.trust import federated_credentials, one_to_one, workload_pools
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
    federated_credentials.RULE,
    one_to_one.RULE,
    workload_pools.RULE,
    access_policies.RULE,
    deletion.RULE,
    network.RULE,
    secret_expiry.RULE,
    key_strength.RULE,
    api_versions.RULE,
    undeclared_vaults.RULE,
    vault_logs.RULE,
)


def page(about: About) -> str:
    """Where a rule is documented, from the repository's root."""
    return f"docs/policies.md#{about.name}"
