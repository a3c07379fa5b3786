"""What the gateway enforces in one environment: its declaration as key value map entries.

Owns the keys and values that the shared flow reads; `gateway_environment` deploys them. No entry
is a secret. Changing an entry's value deletes it for a moment, so grants are entries whose
presence says all and whose value never changes, and each setting has a default in the flow.

The keys, whose parts can't hold a colon:

    grant:<proxy>:<name>     the proxy may have the value of that secret, or of that certificate
                             (Key Vault serves it, with its private key, as a secret of its name)
    sign:<proxy>:<key>       the proxy may have the vault sign and verify by that key
    unwrap:<proxy>:<key>     the proxy may have the vault wrap and unwrap by that key
    cache:<secret>           how long its value may be cached, in seconds; absent: not at all
    stale:<secret>           how long its last good value may be served in an outage, counted from
                             its fetch, in seconds; absent: not at all
"""

from collections.abc import Iterable, Mapping

import pulumi

from components import naming
from components.configuration.environment import Environment

GRANTED = "allowed"
TOKEN_SECONDS = 600


def grants(environment: Environment, name_suffix: str | None = None) -> dict[str, str]:
    """One entry for each pair of a caller and what it may ask for or use.

    Arguments:
        environment: the environment's declaration.
        name_suffix: what the proxies' deployed names end with, where they do.
    """

    def pairs(kind: str, name: str, callers: Iterable[str]) -> dict[str, str]:
        return {
            f"{kind}:{naming.suffixed(caller, name_suffix)}:{name}": GRANTED
            for caller in sorted(callers)
        }

    entries: dict[str, str] = {}
    for name, secret in sorted(environment.secrets.items()):
        entries |= pairs("grant", name, secret.callers)
    for name, certificate in sorted(environment.certificates.items()):
        entries |= pairs("grant", name, certificate.callers)
    for name, key in sorted(environment.keys.items()):
        entries |= pairs(key.use, name, key.callers)
    return entries


def cache_seconds(environment: Environment) -> dict[str, str]:
    """One entry for each secret that may be cached: `cache:<secret>`, its seconds as text."""
    return {
        f"cache:{name}": str(secret.cache.seconds)
        for name, secret in sorted(environment.secrets.items())
        if secret.cache is not None
    }


def stale_seconds(environment: Environment) -> dict[str, str]:
    """One entry for each secret that may be served stale: `stale:<secret>`, its seconds as text."""
    return {
        f"stale:{name}": str(secret.stale_seconds)
        for name, secret in sorted(environment.secrets.items())
        if secret.stale_seconds
    }


def key_value_map_entries(
    environment: Environment,
    *,
    tenant_id: str,
    client_id: pulumi.Input[str],
    vault_host: pulumi.Input[str],
    name_suffix: str | None = None,
) -> Mapping[str, pulumi.Input[str]]:
    """Every entry of an environment's key value map.

    Arguments:
        environment: the environment's declaration.
        tenant_id: the Entra tenant that issues the gateway's tokens.
        client_id: the gateway identity's client id in that tenant.
        vault_host: host name of the environment's vault.
        name_suffix: what the proxies' deployed names end with, where they do.
    """
    return {
        **grants(environment, name_suffix),
        **cache_seconds(environment),
        **stale_seconds(environment),
        "identity:client-id": client_id,
        "identity:tenant-id": tenant_id,
        "vault:host": vault_host,
        "token:seconds": str(TOKEN_SECONDS),
    }
