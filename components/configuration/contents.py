"""What an environment's vault holds, as configuration: secrets, keys and certificates.

Owns their keys, types, bounds and defaults; checks that span several keys are in
`config_checks_contents`. A name is configuration, a value never is.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from components.configuration.setting_types import (
    NOT_EMPTY,
    Block,
    Callers,
    ContentType,
    Guid,
    ShortName,
    between,
    refused,
)

# A cached read still costs the gateway's own cache look-up. A fetch this fast is hardly slower, so
# a cache would make values stale for nothing.
MINIMUM_MEASURED_MILLISECONDS = 10
MAXIMUM_CACHE_SECONDS = 3600
MAXIMUM_STALE_SECONDS = 86_400
MAXIMUM_NOT_FOUND_SECONDS = 60

_Days = Annotated[int, between(1, 3650, "days")]


def _worth_caching(value: float) -> float:
    """Refuse a measurement under which a cache has nothing to gain."""
    if value < MINIMUM_MEASURED_MILLISECONDS:
        raise refused(
            f"a fetch under {MINIMUM_MEASURED_MILLISECONDS} ms has nothing to gain from a cache",
            "remove the cache block",
        )
    return value


class Cache(Block):
    """How long the gateway may answer from its cache, and the measurement that justifies it."""

    seconds: Annotated[int, between(1, MAXIMUM_CACHE_SECONDS, "seconds")] = Field(
        description="how long a value may be served from the cache, in seconds"
    )
    measured_milliseconds: Annotated[float, AfterValidator(_worth_caching)] = Field(
        description="how long a fetch of this secret takes, in milliseconds, as measured"
    )


class Secret(Block):
    """One secret of an environment: who may ask for it, and what must hold for its versions."""

    callers: Callers = Field(description="the proxies that may ask for the secret")
    clients: Annotated[Mapping[ShortName, Guid], NOT_EMPTY] | None = Field(
        default=None,
        description="the ids of the client applications for which the callers may ask, by a name "
        "for each (any application, or none, if absent)",
    )
    cache: Cache | None = Field(
        default=None, description="that the value may be cached; without it, each request fetches"
    )
    stale_seconds: Annotated[int, between(0, MAXIMUM_STALE_SECONDS, "seconds")] = Field(
        default=0,
        description="how long the last good value may be served in an outage, counted from its "
        "fetch, in seconds",
    )
    not_found_seconds: Annotated[int, between(0, MAXIMUM_NOT_FOUND_SECONDS, "seconds")] = Field(
        default=0,
        description="how long the gateway may answer that the vault has no such secret without "
        "asking again, in seconds",
    )
    refuse_expired: bool = Field(
        default=False, description="that a value past its expiry is refused, not served and logged"
    )
    content_type: ContentType | None = Field(
        default=None, description="the content type that every version must have"
    )
    expires_within_days: _Days | None = Field(
        default=None, description="within how many days of its creation a version must expire"
    )
    rotate_days: _Days | None = Field(
        default=None, description="after how many days a new version is due"
    )


class Key(Block):
    """One key that never leaves the vault: the gateway asks the vault to sign or unwrap by it."""

    callers: Callers = Field(description="the proxies that may use the key")
    use: Literal["sign", "unwrap"] = Field(
        description="what the key is for: sign (and verify), or unwrap (and wrap)"
    )
    type: Literal["RSA", "EC"] = Field(description="the key's type: RSA or EC")
    # Microsoft Learn, 'Key types, algorithms, and operations'.
    size: Literal[2048, 3072, 4096] | None = Field(
        default=None, description="an RSA key's size, in bits (3072 if absent)"
    )
    curve: Literal["P-256", "P-384", "P-521"] | None = Field(
        default=None, description="an EC key's curve (P-256 if absent)"
    )
    # Microsoft Learn, 'Configure cryptographic key auto-rotation': a key expires 28 days after its
    # creation at the earliest where it is rotated.
    rotate_days: Annotated[int, between(28, 3650, "days")] | None = Field(
        default=None, description="after how many days the vault makes a new version by itself"
    )


class Certificate(Block):
    """One certificate with its private key, which the gateway reads as a secret."""

    callers: Callers = Field(description="the proxies that may ask for the certificate")
    expires_within_days: _Days | None = Field(
        default=None, description="within how many days of its creation a version must expire"
    )
