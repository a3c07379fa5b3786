"""What the gateway enforces in one environment: its declaration as key value map entries.

Owns the keys and values that the shared flow reads; `gateway_environment` deploys them. No entry
is a secret. Changing an entry's value deletes it for a moment, so no entry that a request needs ever
changes: a grant is one whose presence says all, each generation of the identity has one of its own,
and each setting has a default in the flow.

The flow reads the verified application out of `verifyapikey.VA-Client.app.id`, which Apigee sets and
no client can (Google Cloud, 'VerifyAPIKey policy', "Flow variables"). Its policy must bear that name:
a name given by the proxy could be that of a variable that a client fills.

The keys, in which Apigee allows letters, digits, space and `_-.$` (Google Cloud, 'Apigee: Naming
guidelines'). A dot ends a secret's name, which holds none; a proxy's name comes last, since it may:

    grant.<name>.<proxy>     the proxy may have the value of that secret, or of that certificate
                             (Key Vault serves it, with its private key, as a secret of its name)
    client-grant.<secret>.<proxy>
                             the proxy may have that secret's value for a client application that
                             is listed too; then there is no `grant` for it
    client.<secret>.<app id> that client application is listed: the one whose API key the proxy's
                             VerifyAPIKey policy `VA-Client` has verified, by its id, which is one
                             application's alone (a name is only one developer's)
    sign.<key>.<proxy>       the proxy may have the vault sign and verify by that key
    unwrap.<key>.<proxy>     the proxy may have the vault wrap and unwrap by that key
    cache.<secret>           how long its value may be cached, in seconds; absent: not at all
    stale.<secret>           how long its last good value may be served in an outage, counted from
                             its fetch, in seconds; absent: not at all
    absent.<secret>          how long its absence may be answered without asking the vault again, in
                             seconds; absent: not at all
    expired.<secret>         `refused` where its value is not served past its expiry
    identity.odd             `<generation>:<client id>` of the identity's odd generation, where one
                             is declared, the number with leading zeros: text compares like numbers
    identity.even            the same of its even one. One of both at least; the newer is tried first
    identity.tenant-id       the Entra tenant of the identity
    vault.host               host name of the vault
    token.seconds            how long a token may be cached, in seconds
"""

from collections.abc import Iterable, Mapping

import pulumi

from components import naming
from components.configuration.environment import Environment

GRANTED = "allowed"
REFUSED = "refused"
TOKEN_SECONDS = 600


def grants(environment: Environment, name_suffix: str | None = None) -> dict[str, str]:
    """One entry for each pair of a caller and what it may ask for or use, and for each client.

    Arguments:
        environment: the environment's declaration.
        name_suffix: what the proxies' deployed names end with, where they do.
    """

    def pairs(kind: str, name: str, callers: Iterable[str]) -> dict[str, str]:
        return {
            f"{kind}.{name}.{naming.suffixed(caller, name_suffix)}": GRANTED
            for caller in sorted(callers)
        }

    entries: dict[str, str] = {}
    for name, secret in sorted(environment.secrets.items()):
        entries |= pairs("client-grant" if secret.clients else "grant", name, secret.callers)
        for client in sorted((secret.clients or {}).values()):
            entries[f"client.{name}.{client}"] = GRANTED
    for name, certificate in sorted(environment.certificates.items()):
        entries |= pairs("grant", name, certificate.callers)
    for name, key in sorted(environment.keys.items()):
        entries |= pairs(key.use, name, key.callers)
    return entries


def kept(environment: Environment) -> dict[str, str]:
    """How long what is known of a secret may be kept: `cache`, `stale` and `absent`, as text.

    There is no entry for what may not be kept at all.
    """
    entries: dict[str, str] = {}
    for name, secret in sorted(environment.secrets.items()):
        seconds = {
            "cache": secret.cache.seconds if secret.cache else 0,
            "stale": secret.stale_seconds,
            "absent": secret.not_found_seconds,
        }
        entries |= {f"{kind}.{name}": str(value) for kind, value in seconds.items() if value}
    return entries


def refused_when_expired(environment: Environment) -> dict[str, str]:
    """One entry for each secret that is not served past its expiry."""
    return {
        f"expired.{name}": REFUSED
        for name, secret in sorted(environment.secrets.items())
        if secret.refuse_expired
    }


def identities(client_ids: Mapping[int, pulumi.Input[str]]) -> dict[str, pulumi.Input[str]]:
    """One entry for each generation of the identity. It's there while the generation is.

    Generations are one, or two that follow each other: so odd and even are names enough.

    Arguments:
        client_ids: client ids in Entra, by generation.
    """
    return {
        "identity.odd" if generation % 2 else "identity.even": pulumi.Output.concat(
            f"{generation:04}:", client_id
        )
        for generation, client_id in sorted(client_ids.items())
    }


def key_value_map_entries(
    environment: Environment,
    *,
    tenant_id: str,
    client_ids: Mapping[int, pulumi.Input[str]],
    vault_host: pulumi.Input[str],
    name_suffix: str | None = None,
) -> Mapping[str, pulumi.Input[str]]:
    """Every entry of an environment's key value map.

    Arguments:
        environment: the environment's declaration.
        tenant_id: the Entra tenant that issues the gateway's tokens.
        client_ids: client ids of the gateway's identity in that tenant, by generation.
        vault_host: host name of the environment's vault.
        name_suffix: what the proxies' deployed names end with, where they do.
    """
    return {
        **grants(environment, name_suffix),
        **kept(environment),
        **refused_when_expired(environment),
        **identities(client_ids),
        "identity.tenant-id": tenant_id,
        "vault.host": vault_host,
        "token.seconds": str(TOKEN_SECONDS),
    }
