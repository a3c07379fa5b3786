"""Checks of the configuration that span several keys: references, duplicates, clashes.

They read the configuration before it has been typed (`config_shapes`). Owns those of the stack
and of the environments as such; a vault's and its contents' are in modules of their own.
"""

from collections.abc import Collection, Iterator, Mapping

from components import naming
from components.configuration.checks_contents import content_checks
from components.configuration.checks_vault import vault_checks
from components.configuration.errors import Mistake, dotted, nearest
from components.configuration.shapes import Entry, Location, keys, listed, mapping, repeated

_RENAME = "rename one of the two"


def cross_checks(raw: Mapping[str, object], bundled_proxies: Collection[str]) -> list[Mistake]:
    """Every mistake that needs more than one key to see.

    Arguments:
        raw: the configuration by key, as parsed from YAML.
        bundled_proxies: names of the proxies whose sources are there to be deployed.
    """
    environments = mapping(raw.get("environments"))
    mistakes = [
        *_audit(("audit",), mapping(raw.get("audit"))),
        *_alerts(("audit", "alerts"), mapping(raw.get("audit")).get("alerts"), environments),
        *_shared_hostnames(environments),
        *_clashing_names(environments),
        *vault_checks(raw),
    ]
    for name, value in environments.items():
        at, environment = ("environments", name), mapping(value)
        mistakes += _existing(at, environment)
        mistakes += _identity((*at, "identity"), mapping(environment.get("identity")))
        mistakes += _proxies(at, environment, bundled_proxies)
        mistakes += _keystores(at, environment)
        mistakes += _writers(at, environment)
        mistakes += content_checks(at, environment)
    return mistakes


def _audit(at: Location, audit: Mapping[str, object]) -> Iterator[Mistake]:
    """An adopted workspace keeps its retention."""
    if audit.get("workspaceId") is not None and "retentionDays" in audit:
        yield Mistake(
            dotted((*at, "retentionDays")),
            "is the business of whoever owns the adopted workspace",
            f"remove it, or {dotted((*at, 'workspaceId'))}",
        )


def _alerts(at: Location, alerts: object, environments: Mapping[str, object]) -> Iterator[Mistake]:
    """An alert that reaches nobody is none; each name in the block means something, once."""
    if not isinstance(alerts, dict):
        return
    if not alerts.get("emails") and not alerts.get("webhooks"):
        yield Mistake(
            dotted(at), "has no receiver", "give emails or webhooks, or remove the alerts block"
        )
    emails = listed((*at, "emails"), alerts.get("emails"))
    yield from repeated(emails, "is the address of", str.lower)
    addresses: list[Entry] = [
        ((*at, "webhooks", name), address)
        for name, address in mapping(alerts.get("webhooks")).items()
        if isinstance(address, str)
    ]
    yield from repeated(addresses, "is the address of")
    deployers = listed((*at, "deployers"), alerts.get("deployers"))
    yield from repeated(deployers, "is the deployer of", str.lower)
    expected = listed((*at, "expected"), alerts.get("expected"))
    yield from repeated(expected, "names the environment of")
    for location, name in expected:
        if name not in environments:
            yield Mistake(
                dotted(location), f"there is no environment '{name}'", nearest(name, environments)
            )


def _shared_hostnames(environments: Mapping[str, object]) -> Iterator[Mistake]:
    """Apigee routes a host name to one environment group: it can't be in two."""
    entries = [
        entry
        for name, environment in environments.items()
        for entry in listed(
            ("environments", name, "hostnames"), mapping(environment).get("hostnames")
        )
    ]
    yield from repeated(entries, "names the host of", str.lower)


def _clashing_names(environments: Mapping[str, object]) -> Iterator[Mistake]:
    """Names are joined by hyphens: `a` with `b-c` and `a-b` with `c` would be one resource."""
    deployments: list[Entry] = []
    grants: list[Entry] = []
    for name, value in environments.items():
        at, environment = ("environments", name), mapping(value)
        proxies = {
            p: location for location, p in listed((*at, "proxies"), environment.get("proxies"))
        }
        deployments += [(location, f"{name}-{proxy}") for proxy, location in proxies.items()]
        grants.append((at, f"{name}-gateway"))
        grants += [
            (location, f"{name}-writer-{writer}")
            for location, writer in keys((*at, "writers"), environment.get("writers"))
        ]
    yield from repeated(
        deployments, "joined to its environment's name is the name of", mend=_RENAME
    )
    yield from repeated(grants, "joined to its environment's name is the name of", mend=_RENAME)


def _existing(at: Location, environment: Mapping[str, object]) -> Iterator[Mistake]:
    if environment.get("existing") is True and "type" in environment:
        yield Mistake(
            dotted((*at, "type")),
            "is the business of whoever owns the existing environment",
            f"remove it, or {dotted((*at, 'existing'))}",
        )


def _identity(at: Location, identity: Mapping[str, object]) -> Iterator[Mistake]:
    owners = listed((*at, "owners"), identity.get("owners"))
    yield from repeated(owners, "is the owner of", str.lower)
    if owners and identity.get("kind") != "application":
        yield Mistake(
            dotted((*at, "owners")),
            "only an application has owners",
            f"remove it, or let {dotted((*at, 'kind'))} be application",
        )


def _proxies(
    at: Location, environment: Mapping[str, object], bundled: Collection[str]
) -> Iterator[Mistake]:
    """A proxy has sources, is listed once, and its bundle isn't named as the shared flow's."""
    entries = listed((*at, "proxies"), environment.get("proxies"))
    yield from repeated(entries, "names the proxy of")
    for location, proxy in entries:
        if proxy == naming.SHARED_FLOW:
            yield Mistake(
                dotted(location), f"'{proxy}' is the shared flow's name", "rename the proxy"
            )
        elif proxy not in bundled:
            yield Mistake(
                dotted(location),
                f"there is no folder apigee/proxies/{proxy}/apiproxy",
                nearest(proxy, bundled),
            )


def _keystores(at: Location, environment: Mapping[str, object]) -> Iterator[Mistake]:
    """A keystore is behind one reference: turning another one away from it would say nothing."""
    references = mapping(environment.get("keystores"))
    names = [
        entry
        for reference, stores in references.items()
        for entry in listed((*at, "keystores", reference), stores)
    ]
    yield from repeated(names, "names the keystore of")


def _writers(at: Location, environment: Mapping[str, object]) -> Iterator[Mistake]:
    """Two grants to one principal would be the same one."""
    writers: list[Entry] = [
        ((*at, "writers", writer), principal)
        for writer, principal in mapping(environment.get("writers")).items()
        if isinstance(principal, str)
    ]
    yield from repeated(writers, "is the principal of", str.lower)
