"""Checks of the configuration that span several keys: references, duplicates, clashes.

They read the configuration before it has been typed, so that a wrong type in one place doesn't
hide mistakes in others. What isn't of the expected shape is skipped here: `settings` reports it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping

from components import naming
from components.config_errors import Mistake, dotted, nearest

Location = tuple[str | int, ...]


def cross_checks(raw: Mapping[str, object], bundled_proxies: Collection[str]) -> list[Mistake]:
    """Every mistake that needs more than one key to see.

    Arguments:
        raw: the configuration by key, as parsed from YAML.
        bundled_proxies: names of the proxies whose sources are there to be deployed.
    """
    environments = _mapping(raw.get("environments"))
    mistakes = list(_shared_hostnames(environments))
    for name, value in environments.items():
        at, environment = ("environments", name), _mapping(value)
        mistakes += _proxies(at, environment, bundled_proxies)
        mistakes += _callers(at, environment)
        mistakes += _twins(at, environment)
    return mistakes


def _shared_hostnames(environments: Mapping[str, object]) -> Iterator[Mistake]:
    """Apigee routes a host name to one environment group: it can't be in two."""
    entries = [
        (("environments", name, "hostnames", index), hostname)
        for name, environment in environments.items()
        for index, hostname in _strings(_mapping(environment).get("hostnames"))
    ]
    yield from _repeated(entries, "names the host of", str.lower)


def _proxies(
    at: Location, environment: Mapping[str, object], bundled: Collection[str]
) -> Iterator[Mistake]:
    """A proxy has sources, is listed once, and its bundle isn't named as the shared flow's."""
    entries = [
        ((*at, "proxies", index), proxy) for index, proxy in _strings(environment.get("proxies"))
    ]
    yield from _repeated(entries, "names the proxy of", str)
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


def _callers(at: Location, environment: Mapping[str, object]) -> Iterator[Mistake]:
    """A caller is one of the environment's proxies, listed once."""
    declared = {proxy for _, proxy in _strings(environment.get("proxies"))}
    for secret, value in _mapping(environment.get("secrets")).items():
        entries = [
            ((*at, "secrets", secret, "callers", index), caller)
            for index, caller in _strings(_mapping(value).get("callers"))
        ]
        yield from _repeated(entries, "names the caller of", str)
        for location, caller in entries:
            if caller not in declared:
                yield Mistake(
                    dotted(location),
                    f"'{caller}' is not among the environment's proxies",
                    nearest(caller, declared),
                )


def _twins(at: Location, environment: Mapping[str, object]) -> Iterator[Mistake]:
    """Key Vault ignores case in names; two grants to one principal would be the same one."""
    secrets: list[tuple[Location, str]] = [
        ((*at, "secrets", secret), secret) for secret in _mapping(environment.get("secrets"))
    ]
    yield from _repeated(secrets, "names, but for case, the secret of", str.lower)
    writers: list[tuple[Location, str]] = [
        ((*at, "writers", writer), principal)
        for writer, principal in _mapping(environment.get("writers")).items()
        if isinstance(principal, str)
    ]
    yield from _repeated(writers, "is the principal of", str.lower)


def _repeated(
    entries: Collection[tuple[Location, str]], relation: str, fold: Callable[[str], str]
) -> Iterator[Mistake]:
    """A mistake for each entry whose text, folded, an earlier entry has too."""
    first: dict[str, Location] = {}
    for location, text in entries:
        earlier = first.setdefault(fold(text), location)
        if earlier != location:
            yield Mistake(
                dotted(location), f"{relation} {dotted(earlier)} again", "remove one of the two"
            )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _strings(value: object) -> list[tuple[int, str]]:
    """The texts of a list with their positions."""
    items = enumerate(value) if isinstance(value, list) else ()
    return [(index, item) for index, item in items if isinstance(item, str)]
