"""Keys that a vault must hold: what they are and how they rotate, never what they are made of.

Owns the declaration of a key and its resource. The vault makes the key's material, and none ever
leaves it. Who may use a key is `vault_access`'s business. Microsoft Learn, 'Key types, algorithms,
and operations', 'Configure cryptographic key auto-rotation in Azure Key Vault'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pulumi
import pulumi_azure_native.keyvault as keyvault

from components.vault import changes

OPERATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"sign": ("sign", "verify"), "unwrap": ("wrapKey", "unwrapKey")}
)
"""What a key must be able to do for each use of it."""

_DEFAULT_SIZE, _DEFAULT_CURVE = 3072, "P-256"
_SIZES, _CURVES = (2048, 3072, 4096), ("P-256", "P-384", "P-521")
_LEAST_ROTATION_DAYS = 28

# A version outlives its successor's birth by this, for signatures and wrapped keys in flight.
_OVERLAP_DAYS = 30
# Key Vault's own default (30 days) would announce every rotation as an expiry.
_NOTICE_DAYS = 7


@dataclass(frozen=True)
class VaultKey:
    """A key that must exist.

    Attributes:
        operations: what it can do: `sign`, `verify`, `wrapKey`, `unwrapKey`, `encrypt`, `decrypt`.
        type: `RSA` or `EC`, or with `-HSM` behind it for a key in hardware (premium vaults only).
        size: of an RSA key, in bits; 3072 if absent.
        curve: of an EC key; `P-256` if absent.
        rotate_days: after how many days (28 or more) the vault makes a new version by itself. Each
            version expires 30 days after its successor is made.
        expires: when the first version expires, in seconds since 1970; never if absent.

    Raises:
        ValueError: for what Key Vault wouldn't make.
    """

    operations: Sequence[str]
    type: str = "RSA"
    size: int | None = None
    curve: str | None = None
    rotate_days: int | None = None
    expires: int | None = None

    def __post_init__(self) -> None:
        family = self.type.removesuffix("-HSM")
        if family not in ("RSA", "EC"):
            raise ValueError(f"a key's type is RSA, EC, RSA-HSM or EC-HSM, not '{self.type}'")
        if family == "RSA" and (self.curve or self.size not in (None, *_SIZES)):
            raise ValueError(f"an RSA key has a size of {_SIZES} bits and no curve")
        if family == "EC" and (self.size or self.curve not in (None, *_CURVES)):
            raise ValueError(f"an EC key has a curve of {_CURVES} and no size")
        if self.rotate_days is not None and self.rotate_days < _LEAST_ROTATION_DAYS:
            raise ValueError(f"a key rotates after {_LEAST_ROTATION_DAYS} days at the earliest")

    @property
    def in_hardware(self) -> bool:
        """Whether it needs a vault of the premium SKU."""
        return self.type.endswith("-HSM")

    def properties(self) -> keyvault.KeyPropertiesArgs:
        """The key as Azure wants it."""
        rsa = self.type.startswith("RSA")
        return keyvault.KeyPropertiesArgs(
            kty=self.type,
            key_size=(self.size or _DEFAULT_SIZE) if rsa else None,
            curve_name=None if rsa else (self.curve or _DEFAULT_CURVE),
            key_ops=list(self.operations),
            attributes=None
            if self.expires is None
            else keyvault.KeyAttributesArgs(expires=self.expires),
            rotation_policy=None if self.rotate_days is None else _rotation(self.rotate_days),
        )


def add(
    name: str,
    vault: keyvault.Vault,
    resource_group_name: pulumi.Input[str],
    keys: Mapping[str, VaultKey],
    parent: pulumi.Resource,
) -> None:
    """Declare keys in a vault.

    Arguments:
        name: what the resources' names begin with.
        vault: the vault.
        resource_group_name: the vault's resource group.
        keys: the keys by their names in the vault.
        parent: the component that the resources belong to.
    """
    for key_name, key in keys.items():
        logical_name = f"{name}-key-{key_name}"
        keyvault.Key(
            logical_name,
            key_name=key_name,
            vault_name=vault.name,
            resource_group_name=resource_group_name,
            properties=key.properties(),
            opts=pulumi.ResourceOptions(
                parent=parent,
                hooks=changes.key_hooks(logical_name),
                # A key that is no longer declared stays, for what it signed or wrapped. The provider
                # would delete it in the vault, where a deployer has no rights.
                retain_on_delete=True,
                # A rotated key's dates are its current version's, which the vault made.
                ignore_changes=["properties.attributes"] if key.rotate_days else None,
            ),
        )


def _rotation(days: int) -> keyvault.RotationPolicyArgs:
    return keyvault.RotationPolicyArgs(
        attributes=keyvault.KeyRotationPolicyAttributesArgs(
            expiry_time=_days(days + _OVERLAP_DAYS)
        ),
        lifetime_actions=[
            keyvault.LifetimeActionArgs(
                action=keyvault.ActionArgs(type=keyvault.KeyRotationPolicyActionType.ROTATE),
                trigger=keyvault.TriggerArgs(time_after_create=_days(days)),
            ),
            keyvault.LifetimeActionArgs(
                action=keyvault.ActionArgs(type=keyvault.KeyRotationPolicyActionType.NOTIFY),
                trigger=keyvault.TriggerArgs(time_before_expiry=_days(_NOTICE_DAYS)),
            ),
        ],
    )


def _days(days: int) -> str:
    """An ISO 8601 duration."""
    return f"P{days}D"
