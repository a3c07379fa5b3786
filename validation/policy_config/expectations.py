"""What a declaration says that the pack's strictest defaults don't: one function a rule.

Owns the way from settings to the pack's parameters. The names of rules and parameters are the pack's,
which nothing here imports: a test holds them together. What a declaration doesn't say is left to the
pack's defaults, so that the pack stays as strict as it can be.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from components.configuration.environment import Environment
from components.configuration.settings import Settings

# The pack's defaults, beyond which a declaration has to be written out.
_KEPT_DAYS: Final = 90
_SHORTEST_PREFIX: Final = 24

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


_RULES: Final[Mapping[str, Callable[[Settings], Parameters]]] = {
    "application-owner": _owners,
    "undeclared-vault": _adopted,
    "vault-deletion": _vault_deletion,
    "vault-network": _vault_network,
}
