"""Checks of what an environment's vault holds that span several keys: secrets, keys, certificates.

They read the configuration before it has been typed (`config_shapes`).
"""

from collections.abc import Iterator, Mapping

from components.configuration.errors import Mistake, dotted, nearest
from components.configuration.shapes import Entry, Location, keys, listed, mapping, number, repeated

_KINDS = ("secrets", "keys", "certificates")
_KEY_SIZES = {"RSA": "size", "EC": "curve"}


def content_checks(at: Location, environment: Mapping[str, object]) -> Iterator[Mistake]:
    """The mistakes in the contents of one environment's vault.

    Arguments:
        at: the environment's location.
        environment: its block.
    """
    declared = {proxy for _, proxy in listed((), environment.get("proxies"))}
    for kind in _KINDS:
        for name, value in mapping(environment.get(kind)).items():
            location, content = (*at, kind, name), mapping(value)
            yield from _callers(location, content, declared)
            yield from _rotation(location, content)
            if kind == "secrets":
                yield from _clients(location, content)
                yield from _stale(location, content)
            if kind == "keys":
                yield from _key(location, content)
    yield from _twins(at, environment)


def _callers(at: Location, content: Mapping[str, object], declared: set[str]) -> Iterator[Mistake]:
    """A caller is one of the environment's proxies, listed once."""
    entries = listed((*at, "callers"), content.get("callers"))
    yield from repeated(entries, "names the caller of")
    for location, caller in entries:
        if caller not in declared:
            yield Mistake(
                dotted(location),
                f"'{caller}' is not among the environment's proxies",
                nearest(caller, declared),
            )


def _clients(at: Location, secret: Mapping[str, object]) -> Iterator[Mistake]:
    """An application has one name."""
    clients: list[Entry] = [
        ((*at, "clients", name), client)
        for name, client in mapping(secret.get("clients")).items()
        if isinstance(client, str)
    ]
    yield from repeated(clients, "is the client application of", str.lower)


def _twins(at: Location, environment: Mapping[str, object]) -> Iterator[Mistake]:
    """Key Vault ignores case in names, and a certificate has a key and a secret of its name.

    Microsoft Learn, 'About Azure Key Vault certificates: composition of a certificate'.
    """
    secrets, vault_keys, certificates = (
        keys((*at, kind), environment.get(kind)) for kind in _KINDS
    )
    relation = "names, but for case, the {} of"
    yield from repeated(secrets, relation.format("secret"), str.lower)
    yield from repeated(vault_keys, relation.format("key"), str.lower)
    yield from repeated(certificates, relation.format("certificate"), str.lower)
    taken = {name.lower(): location for location, name in [*vault_keys, *secrets]}
    for location, name in certificates:
        if name.lower() in taken:
            yield Mistake(
                dotted(location),
                f"has a key and a secret of its name, and so clashes with "
                f"{dotted(taken[name.lower()])}",
                "rename one of the two",
            )


def _stale(at: Location, secret: Mapping[str, object]) -> Iterator[Mistake]:
    """While the cache answers, nothing is stale."""
    stale = number(secret.get("staleSeconds"))
    cached = number(mapping(secret.get("cache")).get("seconds"))
    if stale and cached and stale <= cached:
        yield Mistake(
            dotted((*at, "staleSeconds")),
            f"is over before {dotted((*at, 'cache', 'seconds'))} is, so nothing is ever stale",
            "use more than those seconds, or remove it",
        )


def _rotation(at: Location, content: Mapping[str, object]) -> Iterator[Mistake]:
    """A version that expires before the next one is due leaves a gap."""
    rotate, expires = number(content.get("rotateDays")), number(content.get("expiresWithinDays"))
    if rotate and expires and rotate >= expires:
        yield Mistake(
            dotted((*at, "rotateDays")),
            f"is not before {dotted((*at, 'expiresWithinDays'))}: a version would expire first",
            "use fewer days",
        )


def _key(at: Location, key: Mapping[str, object]) -> Iterator[Mistake]:
    """A size is an RSA key's, a curve an EC key's, and only an RSA key unwraps.

    Microsoft Learn, 'Key types, algorithms, and operations'.
    """
    kind = key.get("type")
    for of, setting in _KEY_SIZES.items():
        if isinstance(kind, str) and kind in _KEY_SIZES and kind != of and setting in key:
            yield Mistake(
                dotted((*at, setting)),
                f"an {kind} key has no {setting}",
                f"give its {_KEY_SIZES[kind]} instead, or make it an {of} key",
            )
    if kind == "EC" and key.get("use") == "unwrap":
        yield Mistake(dotted((*at, "use")), "an EC key can't unwrap", "use an RSA key, or sign")
