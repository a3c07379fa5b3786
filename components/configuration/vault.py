"""An environment's vault, as configuration: made or adopted, and who may reach it.

Owns the keys, types, bounds and defaults; checks that span several keys are in
`config_checks_vault`.
"""

from typing import Annotated, Literal

from pydantic import Field

from components.configuration.setting_types import (
    Block,
    DnsZoneId,
    PublicRange,
    SubnetId,
    VaultId,
    VaultName,
    between,
)


class PrivateEndpoint(Block):
    """An address of the vault in a private network."""

    subnet_id: SubnetId = Field(description="the resource id of the subnet that it lies in")
    dns_zone_id: DnsZoneId | None = Field(
        default=None,
        description="the resource id of the private DNS zone for vaults; without it one is made "
        "and linked to the subnet's network",
    )


class Network(Block):
    """Who may reach the vault; everybody else is refused, whatever token they have.

    The gateway's own addresses (`apigee.natAddresses`) are always allowed where there are some.
    """

    allowed_ranges: tuple[PublicRange, ...] = Field(
        default=(), description="further public IPv4 ranges that may reach the vault"
    )
    private_endpoint: PrivateEndpoint | None = Field(
        default=None, description="an address of the vault in a private network"
    )


class Vault(Block):
    """A vault of the environment's own, or one that exists and is only granted and recorded."""

    id: VaultId | None = Field(
        default=None, description="the resource id of a vault to adopt instead of making one"
    )
    name: VaultName | None = Field(
        default=None, description="the vault's name; without it kv-ENVIRONMENT-RANDOM"
    )
    sku: Literal["standard", "premium"] = Field(
        default="standard", description="standard, or premium for keys in hardware"
    )
    soft_delete_days: Annotated[int, between(7, 90, "days")] = Field(
        default=90,
        description="how long a deleted vault, and what was in it, can be recovered, in days; "
        "it can't be changed on a vault",
    )
    recover: bool = Field(
        default=False, description="recover the deleted vault of that name instead of making one"
    )
    shared: bool = Field(
        default=False,
        description="that others' secrets lie in it too: access is granted secret by secret",
    )
    network: Network | None = Field(
        default=None, description="who may reach the vault; without it any address may"
    )
