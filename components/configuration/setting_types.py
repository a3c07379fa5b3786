"""The types of single settings: names, ids, bounds, addresses.

Each checks one value by itself and says in its error what would do. Which key has which type is
the business of the `settings` modules; checks that span several keys are `config_checks`'.
"""

import ipaddress
import re
from collections.abc import Sized
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from components import naming, resource_ids

_ZERO_GUID = "00000000-0000-0000-0000-000000000000"

_EMAIL = naming.NameRule(
    "e-mail address",
    re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}"),
    "an address such as oncall@example.com",
)
# Microsoft Learn, 'About Azure Key Vault secrets': a type has at most 255 characters.
_CONTENT_TYPE = naming.NameRule(
    "content type",
    re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?"),
    "1 to 255 printable ASCII characters, such as text/plain",
)

# What Key Vault's firewall can't be given or what no caller comes from: 'this network', loopback,
# link-local, private (RFC 1918), carrier-grade NAT, multicast and reserved. Microsoft Learn,
# 'Configure Azure Key Vault networking settings'; RFC 6890.
_NOT_PUBLIC = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_Sized = TypeVar("_Sized", bound=Sized)


class Block(BaseModel):
    """A block of configuration: camel-case keys, no unknown ones, no type coercion."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, alias_generator=to_camel, allow_inf_nan=False
    )


def refused(problem: str, mend: str) -> PydanticCustomError:
    """The error of a value that has the right type: what is wrong, and what to do about it."""
    return PydanticCustomError("refused", "{problem}", {"problem": problem, "mend": mend})


def named(rule: naming.NameRule) -> AfterValidator:
    """Check a text against what the clouds allow in such a name."""

    def check(value: str) -> str:
        if not rule.allows(value):
            raise refused(f"is not a legal {rule.kind}", f"use {rule.description}")
        return value

    return AfterValidator(check)


def between(low: int, high: int, unit: str = "") -> AfterValidator:
    """Check a number against inclusive bounds."""

    def check(value: int) -> int:
        if not low <= value <= high:
            raise refused("is out of bounds", f"use {low} to {high} {unit}".rstrip())
        return value

    return AfterValidator(check)


def _check_not_empty(value: _Sized) -> _Sized:
    if not value:
        raise PydanticCustomError("empty", "is empty")
    return value


# Pydantic's own check counts only the legal members of a list or block.
NOT_EMPTY = AfterValidator(_check_not_empty)


def _not_zero(value: str) -> str:
    if value == _ZERO_GUID:
        raise refused("is the zero GUID, which stands for nothing", "use the id itself")
    return value


def _generations(value: tuple[int, ...]) -> tuple[int, ...]:
    """One generation, or two in a row: the older one is on its way out."""
    if len(value) > 2:
        raise refused("has more than two generations", "use one or two, such as [1, 2]")
    if len(value) == 2 and value[1] != value[0] + 1:
        raise refused(
            "aren't two generations in a row, the older one first",
            "use a number and the next one, such as [1, 2]",
        )
    return value


def public_network(value: str) -> ipaddress.IPv4Network | None:
    """The public IPv4 range that a text names, or None."""
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError:
        return None
    return None if any(network.overlaps(block) for block in _NOT_PUBLIC) else network


def _public_range(value: str) -> str:
    """A range as Azure returns it: an address alone gets its `/32`."""
    network = public_network(value)
    if network is None:
        raise refused(
            "is not a public IPv4 range",
            "use a range by its first address, such as 203.0.113.0/24, without private addresses",
        )
    return str(network)


def _webhook(value: str) -> str:
    """An address that holds no credential: it stands in the state in plain text."""
    try:
        parts = urlsplit(value)
        legal = parts.scheme == "https" and naming.HOSTNAME.allows(parts.netloc)
    except ValueError:
        legal = False
    if not legal or "?" in value or "#" in value or any(c.isspace() for c in value):
        raise refused(
            "is not a legal webhook address",
            "use https://HOST/PATH without user, port, query or fragment: it stands in the state "
            "in plain text, so no credential may be in it",
        )
    return value


Guid = Annotated[str, named(naming.GUID), AfterValidator(str.lower), AfterValidator(_not_zero)]
ProxyName = Annotated[str, named(naming.PROXY)]
ObjectName = Annotated[str, named(naming.SECRET)]
ShortName = Annotated[str, named(naming.WRITER)]
KeystoreName = Annotated[str, named(naming.KEYSTORE)]
FlowVariable = Annotated[str, named(naming.FLOW_VARIABLE)]
HostName = Annotated[str, named(naming.HOSTNAME)]
EnvironmentName = Annotated[str, named(naming.ENVIRONMENT)]
VaultName = Annotated[str, named(naming.VAULT)]
VaultId = Annotated[str, named(resource_ids.VAULT)]
WorkspaceId = Annotated[str, named(resource_ids.WORKSPACE)]
SubnetId = Annotated[str, named(resource_ids.SUBNET)]
DnsZoneId = Annotated[str, named(resource_ids.DNS_ZONE)]
Email = Annotated[str, named(_EMAIL)]
ContentType = Annotated[str, named(_CONTENT_TYPE)]
PublicRange = Annotated[str, AfterValidator(_public_range)]
WebhookAddress = Annotated[str, AfterValidator(_webhook)]
Callers = Annotated[tuple[ProxyName, ...], NOT_EMPTY]
Generations = Annotated[
    tuple[Annotated[int, between(1, 999)], ...],
    NOT_EMPTY,
    AfterValidator(_generations),
]
