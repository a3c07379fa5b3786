"""What the gateway enforces in one environment: its declaration as key value map entries.

Owns the keys and values that the shared flow reads; `gateway_environment` deploys them. No entry
is a secret. Changing an entry's value deletes it for a moment, so grants are entries whose
presence says all and whose value never changes, and each setting has a default in the flow.
"""

from collections.abc import Mapping

import pulumi

from components.settings_environment import Environment

GRANTED = "allowed"
TOKEN_SECONDS = 600


def grants(environment: Environment) -> dict[str, str]:
    """One entry for each pair of caller and secret: `grant:<proxy>:<secret>`."""
    return {
        f"grant:{caller}:{name}": GRANTED
        for name, secret in sorted(environment.secrets.items())
        for caller in sorted(secret.callers)
    }


def cache_seconds(environment: Environment) -> dict[str, str]:
    """One entry for each secret that may be cached: `cache:<secret>`, its seconds as text."""
    return {
        f"cache:{name}": str(secret.cache.seconds)
        for name, secret in sorted(environment.secrets.items())
        if secret.cache is not None
    }


def key_value_map_entries(
    environment: Environment,
    *,
    tenant_id: str,
    client_id: pulumi.Input[str],
    vault_host: pulumi.Input[str],
) -> Mapping[str, pulumi.Input[str]]:
    """Every entry of an environment's key value map.

    Arguments:
        environment: the environment's declaration.
        tenant_id: the Entra tenant that issues the gateway's tokens.
        client_id: the gateway identity's client id in that tenant.
        vault_host: host name of the environment's vault.
    """
    return {
        **grants(environment),
        **cache_seconds(environment),
        "identity:client-id": client_id,
        "identity:tenant-id": tenant_id,
        "vault:host": vault_host,
        "token:seconds": str(TOKEN_SECONDS),
    }
