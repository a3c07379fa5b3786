"""What a declaration says that the pack's strictest defaults don't: one function a rule.

Owns the way from settings to the pack's parameters. The names of rules and parameters are the pack's,
which nothing here imports: a test holds them together. What a declaration doesn't say is left to the
pack's defaults, so that the pack stays as strict as it can be.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from components import roles
from components.configuration.environment import Environment
from components.configuration.settings import Settings

# The pack's defaults, beyond which a declaration has to be written out.
_KEPT_DAYS: Final = 90
_SHORTEST_PREFIX: Final = 24
_RETAINED_DAYS: Final = 90

Parameters = dict[str, object]


def policy_config(settings: Settings) -> dict[str, Parameters]:
    """The pack's configuration for a stack, as `--policy-pack-config` takes it.

    Arguments:
        settings: the stack's declaration.

    Returns:
        Rule to its parameters; only rules for which the declaration says something.
    """
    found = {rule: parameters(settings) for rule, parameters in _RULES.items()}
    return {rule: parameters for rule, parameters in sorted(found.items()) if parameters}


def _vault_deletion(settings: Settings) -> Parameters:
    days = [e.vault.soft_delete_days for e in _managed(settings)]
    return {"days": min(days)} if days and min(days) < _KEPT_DAYS else {}


def _vault_network(settings: Settings) -> Parameters:
    prefixes = [
        ipaddress.ip_network(text).prefixlen
        for environment in _managed(settings)
        if environment.vault.network is not None
        for text in environment.vault.network.allowed_ranges
    ]
    shortest = min(prefixes, default=_SHORTEST_PREFIX)
    return {"prefix": shortest} if shortest < _SHORTEST_PREFIX else {}


def _adopted(settings: Settings) -> Parameters:
    ids = {e.vault.id for e in settings.environments.values() if e.vault.id is not None}
    return {"adopted": sorted(ids)} if ids else {}


def _owners(settings: Settings) -> Parameters:
    owners = {owner for e in settings.environments.values() for owner in e.identity.owners}
    return {"workloads": sorted(owners)} if owners else {}


def _managed(settings: Settings) -> Iterator[Environment]:
    """Environments whose vault the stack makes."""
    return (e for e in settings.environments.values() if e.vault.id is None)


def _roles(settings: Settings) -> Parameters:
    """Writers may write, and the gateways of environments with keys may use them."""
    writers = {w for e in settings.environments.values() for w in e.writers.values()}
    entries: list[dict[str, object]] = []
    if writers:
        role = roles.KEY_VAULT_SECRETS_OFFICER.guid
        entries.append({"role": role, "principals": sorted(writers)})
    if any(e.keys for e in settings.environments.values()):
        # The gateway's principal is known only when its identity is made.
        entries.append({"role": roles.KEY_VAULT_CRYPTO_USER.guid})
    return {"roles": entries} if entries else {}


def _retention(settings: Settings) -> Parameters:
    days = settings.audit.retention_days
    return {"days": days} if settings.audit.workspace_id is None and days < _RETAINED_DAYS else {}


def _masks(settings: Settings) -> Parameters:
    existing = sorted(name for name, e in settings.environments.items() if e.existing)
    return {"adopted": existing} if existing else {}


_RULES: Final[Mapping[str, Callable[[Settings], Parameters]]] = {
    "apigee-debug-mask": _masks,
    "application-owner": _owners,
    "audit-retention": _retention,
    "role-beyond-need": _roles,
    "undeclared-vault": _adopted,
    "vault-deletion": _vault_deletion,
    "vault-network": _vault_network,
}
