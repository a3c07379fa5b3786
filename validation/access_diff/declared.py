"""What a declaration gives to whom, as statements: a stack's file alone, without any cloud.

Owns the way from settings to statements. What an adopted vault's firewall lets in isn't declared, so
nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.configuration.environment import Environment
from components.configuration.settings import Settings
from validation.access_diff.entries import allowed
from validation.access_diff.model import Access, Danger


def accesses(settings: Settings) -> set[Access]:
    """Everything that a stack's declaration gives.

    Arguments:
        settings: the checked declaration.
    """
    found: set[Access] = set()
    for name, environment in settings.environments.items():
        entries = _entries(environment)
        found |= {a for key, value in entries if (a := allowed(name, key, value)) is not None}
        found |= {*_azure(name, environment), *_identity(name, environment)}
        if environment.vault.id is None:
            found |= set(_network(name, environment, settings.apigee.nat_addresses))
    if settings.apigee.deployer is not None:
        found.add(
            Access(
                *(Danger.TRUST, "Google", "", settings.apigee.deployer),
                *("act as", "the environments' service accounts"),
            )
        )
    return found


def _entries(environment: Environment) -> Iterator[tuple[str, str]]:
    """The entries of the environment's key value map that allow something."""
    for name, secret in environment.secrets.items():
        use = "client-grant" if secret.clients else "grant"
        yield from ((f"{use}.{name}.{caller}", "") for caller in secret.callers)
        yield from ((f"client.{name}.{client}", "") for client in (secret.clients or {}).values())
        bounds = {
            "cache": secret.cache.seconds if secret.cache else 0,
            "stale": secret.stale_seconds,
            "absent": secret.not_found_seconds,
        }
        yield from ((f"{kind}.{name}", str(seconds)) for kind, seconds in bounds.items() if seconds)
        if secret.refuse_expired:
            yield f"expired.{name}", ""
    for name, certificate in environment.certificates.items():
        yield from ((f"grant.{name}.{caller}", "") for caller in certificate.callers)
    for name, key in environment.keys.items():
        yield from ((f"{key.use}.{name}.{caller}", "") for caller in key.callers)


def _azure(name: str, environment: Environment) -> Iterator[Access]:
    """Who has a role on the vault, or on what is granted of a shared one."""
    vault = f"vault of {name}" if environment.vault.id is None else f"vault {environment.vault.id}"
    gateways = [f"gateway of {name}, generation {n}" for n in environment.identity.generations]
    shared = environment.vault.shared
    granted = [f"secret {s}" for s in (*environment.secrets, *environment.certificates)]
    secrets = [f"{s} in {vault}" for s in granted] if shared else [f"secrets of {vault}"]
    keys = [f"key {k} in {vault}" for k in environment.keys] if shared else [f"keys of {vault}"]
    for who in gateways:
        yield from (Access(Danger.VALUE, "Azure", name, who, "read", what) for what in secrets)
        if environment.keys:
            yield from (Access(Danger.VALUE, "Azure", name, who, "use", what) for what in keys)
    for writer, principal in environment.writers.items():
        who = f"workload {writer} ({principal})"
        yield from (
            Access(Danger.RIGHTS, "Azure", name, who, "read and write", what) for what in secrets
        )


def _identity(name: str, environment: Environment) -> Iterator[Access]:
    """Who runs as the environment's identity, and who owns it."""
    for proxy in environment.proxies:
        yield Access(
            Danger.TRUST, "Google", name, f"proxy {proxy}", "run as", f"service account of {name}"
        )
    for owner in environment.identity.owners:
        yield Access(
            Danger.RIGHTS, "Entra", name, f"workload {owner}", "own", f"application of {name}"
        )


def _network(name: str, environment: Environment, nat_addresses: int) -> Iterator[Access]:
    """From where the vault can be reached."""
    network, what = environment.vault.network, f"vault of {name}"
    if network is None:
        yield Access(Danger.NETWORK, "Azure", name, "any address", "reach", what)
        return
    who = [f"addresses {text}" for text in network.allowed_ranges]
    if nat_addresses:
        who.append(f"NAT addresses of the gateway ({nat_addresses})")
    if network.private_endpoint is not None:
        who.append(f"private network of {network.private_endpoint.subnet_id}")
    yield from (Access(Danger.NETWORK, "Azure", name, one, "reach", what) for one in who)
