"""Checks of the environments' vaults that span several keys: adoption, names, networks.

They read the configuration before it has been typed (`config_shapes`).
"""

import ipaddress
from collections.abc import Iterator, Mapping

from components import resource_ids
from components.configuration.errors import Mistake, dotted
from components.configuration.setting_types import public_network
from components.configuration.shapes import Entry, Location, keys, listed, mapping, number, repeated

_MANAGED = ("name", "sku", "softDeleteDays", "recover", "network")


def vault_checks(raw: Mapping[str, object]) -> Iterator[Mistake]:
    """The mistakes in all environments' vaults.

    Arguments:
        raw: the whole configuration by key, as parsed from YAML.
    """
    gateway_has_addresses = bool(number(mapping(raw.get("apigee")).get("natAddresses")))
    names: list[Entry] = []
    adopted: dict[str, list[tuple[str, Mapping[str, object]]]] = {}
    for name, value in mapping(raw.get("environments")).items():
        at, environment = ("environments", name, "vault"), mapping(value)
        vault = mapping(environment.get("vault"))
        yield from _adoption(at, vault, raw.get("azure-native:subscriptionId"))
        yield from _recovery(at, vault)
        if isinstance(vault.get("network"), dict):
            network = mapping(vault["network"])
            yield from _network((*at, "network"), network, gateway_has_addresses)
        if isinstance(given := vault.get("name"), str):
            names.append(((*at, "name"), given))
        if isinstance(vault_id := vault.get("id"), str):
            adopted.setdefault(vault_id.lower(), []).append((name, environment))
    yield from repeated(names, "names the vault of", str.lower)
    for sharers in adopted.values():
        yield from _sharing(sharers)


def _adoption(at: Location, vault: Mapping[str, object], subscription: object) -> Iterator[Mistake]:
    """Nothing of an adopted vault is managed, and a stack has one subscription."""
    vault_id = vault.get("id")
    if not isinstance(vault_id, str):
        return
    for setting in _MANAGED:
        if setting in vault:
            yield Mistake(
                dotted((*at, setting)),
                "is the business of whoever owns the adopted vault",
                f"remove it, or {dotted((*at, 'id'))}",
            )
    if (
        isinstance(subscription, str)
        and resource_ids.VAULT.allows(vault_id)
        and resource_ids.subscription(vault_id) != subscription.lower()
    ):
        yield Mistake(
            dotted((*at, "id")),
            "lies in another subscription than azure-native:subscriptionId",
            "adopt a vault of the stack's subscription",
        )


def _recovery(at: Location, vault: Mapping[str, object]) -> Iterator[Mistake]:
    if vault.get("recover") is True and "name" not in vault and "id" not in vault:
        yield Mistake(
            dotted((*at, "recover")),
            "doesn't say which vault",
            f"give the deleted vault's name as {dotted((*at, 'name'))}",
        )


def _sharing(sharers: list[tuple[str, Mapping[str, object]]]) -> Iterator[Mistake]:
    """Environments in one vault have shares of it that don't overlap."""
    if len(sharers) < 2:
        return
    first = sharers[0][0]
    for name, environment in sharers:
        if mapping(environment.get("vault")).get("shared") is not True:
            other = first if name != first else sharers[1][0]
            yield Mistake(
                dotted(("environments", name, "vault", "id")),
                f"is the vault of environments.{other} too, and each could read the other's "
                "secrets",
                "give each a vault of its own, or set vault.shared to true in all of them",
            )
    for kind in ("secrets", "keys", "certificates"):
        entries = [
            entry
            for name, environment in sharers
            for entry in _once(keys(("environments", name, kind), environment.get(kind)))
        ]
        yield from repeated(
            entries,
            "lies in the same vault and names the content of",
            str.lower,
            "rename one of the two: what one environment may read, another one mustn't",
        )


def _once(entries: list[Entry]) -> list[Entry]:
    """Without what `config_checks_contents` reports inside one environment."""
    return list({text.lower(): (location, text) for location, text in reversed(entries)}.values())


def _network(
    at: Location, network: Mapping[str, object], gateway_has_addresses: bool
) -> Iterator[Mistake]:
    """Somebody must get in, and a range must add something to the others."""
    ranges = listed((*at, "allowedRanges"), network.get("allowedRanges"))
    anybody = network.get("allowedRanges") or network.get("privateEndpoint")
    if not anybody and not gateway_has_addresses:
        yield Mistake(
            dotted(at),
            "lets nobody in",
            "give allowedRanges or a privateEndpoint, or let apigee.natAddresses be 1 or more",
        )
    seen: list[tuple[Location, ipaddress.IPv4Network]] = []
    for location, text in ranges:
        found = public_network(text)
        if found is None:
            continue
        earlier = next((place for place, other in seen if other.overlaps(found)), None)
        if earlier is not None:
            yield Mistake(
                dotted(location), f"overlaps {dotted(earlier)}", "remove the smaller of the two"
            )
        seen.append((location, found))
