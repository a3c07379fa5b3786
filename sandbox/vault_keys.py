"""Keys' material: what can be asked for, how it is made, and its public half as a JSON Web Key.

Shared by the control plane, which creates keys, and the data plane, which creates and uses them.
Private halves are kept in the vault's table and never leave it. Microsoft Learn, "Key types,
algorithms, and operations" and "Configure cryptographic key auto-rotation".
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

RSA_SIZES = (2048, 3072, 4096)
CURVES: Mapping[str, type[ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
}
OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "RSA": ("encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"),
    "EC": ("sign", "verify"),
}
"""What a key of a family can do; all of it where its creator names nothing."""

_MINIMUM_DAYS = 7
_DURATION = re.compile(r"P(?:(\d{1,4})D|(\d{1,3})M|(\d{1,2})Y)")
_DAYS = (1, 30, 365)


class UnfitKey(ValueError):
    """A key or rotation policy that Key Vault doesn't make; the message says why."""


@dataclass(frozen=True)
class KeyType:
    """A key to be made: `type` is RSA or EC, with `-HSM` at the end for a hardware key.

    `size` is in bits (RSA), `curve` a name of `CURVES` (EC).
    """

    type: str
    size: int | None
    curve: str | None
    operations: tuple[str, ...]

    @property
    def hardware(self) -> bool:
        """Whether an HSM would protect it (premium vaults only)."""
        return self.type.endswith("-HSM")


def key_type(
    type_: str | None, size: int | None, curve: str | None, operations: Sequence[str] | None
) -> KeyType:
    """What a request for a key asks for, with Key Vault's defaults. Raises UnfitKey."""
    family = (type_ or "").removesuffix("-HSM")
    if family not in OPERATIONS:
        raise UnfitKey(f"kty must be one of RSA, RSA-HSM, EC and EC-HSM, not {type_}")
    can = OPERATIONS[family]
    wanted = can if operations is None else tuple(dict.fromkeys(operations))
    if not set(wanted) <= set(can):
        raise UnfitKey(f"key_ops of a key of type {type_} must be among {', '.join(can)}")
    if family == "RSA":
        if curve is not None or (size or RSA_SIZES[0]) not in RSA_SIZES:
            raise UnfitKey("an RSA key has a key_size of 2048, 3072 or 4096 and no crv")
        return KeyType(str(type_), size or RSA_SIZES[0], None, wanted)
    if size is not None or (curve or "P-256") not in CURVES:
        raise UnfitKey("an EC key has a crv of P-256, P-384 or P-521 and no key_size")
    return KeyType(str(type_), None, curve or "P-256", wanted)


def make(wanted: KeyType) -> dict[str, Any]:
    """A new key: the `content` of its version."""
    key: PrivateKey
    if wanted.curve is None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=wanted.size or RSA_SIZES[0])
    else:
        key = ec.generate_private_key(CURVES[wanted.curve]())
    return content(key, wanted.type, wanted.operations)


def content(key: PrivateKey, type_: str, operations: Sequence[str]) -> dict[str, Any]:
    """What a version keeps of a key."""
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key()
    return {
        "kty": type_,
        "size": public.key_size if isinstance(public, rsa.RSAPublicKey) else None,
        "crv": curve_name(public),
        "key_ops": list(operations),
        "pem": pem.decode("ascii"),
    }


def private_key(kept: Mapping[str, Any]) -> PrivateKey:
    """The key of a version's `content`."""
    return _load(kept["pem"])


@lru_cache(maxsize=64)
def _load(pem: str) -> PrivateKey:
    # Only `content` writes these, so the primes need no test again.
    key = serialization.load_pem_private_key(
        pem.encode("ascii"), None, unsafe_skip_rsa_key_validation=True
    )
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return key


def asked(kept: Mapping[str, Any]) -> KeyType:
    """What would make another key like the one in `kept`."""
    return KeyType(kept["kty"], kept["size"], kept["crv"], tuple(kept["key_ops"]))


def json_web_key(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The public half (RFC 7517, RFC 7518 section 6), without its `kid`."""
    public = private_key(kept).public_key()
    described = {"kty": kept["kty"], "key_ops": list(kept["key_ops"])}
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return described | {"n": _integer(numbers.n), "e": _integer(numbers.e)}
    point = public.public_numbers()
    size = (public.key_size + 7) // 8
    return described | {
        "crv": curve_name(public),
        "x": _integer(point.x, size),
        "y": _integer(point.y, size),
    }


def curve_name(public: PublicKey) -> str | None:
    """The JSON Web Key name of an EC key's curve; None for RSA. Raises UnfitKey for other curves."""
    if isinstance(public, rsa.RSAPublicKey):
        return None
    for name, curve in CURVES.items():
        if isinstance(public.curve, curve):
            return name
    raise UnfitKey(f"the curve {public.curve.name} is none of {', '.join(CURVES)}")


def rotation_policy(actions: object, expiry: object) -> dict[str, Any]:
    """A rotation policy to be kept: `expiryTime` and `lifetimeActions`, each with its trigger.

    Where no action notifies, Key Vault adds one 30 days before expiry. Raises UnfitKey.
    """
    if expiry is not None:
        days(expiry)
    if not isinstance(actions, list):
        raise UnfitKey("lifetimeActions must be a list")
    kept = [_lifetime_action(action, expiry is not None) for action in actions]
    names = [action["action"]["type"] for action in kept]
    if len(set(names)) != len(names):
        raise UnfitKey("lifetimeActions may hold one rotate and one notify")
    if "notify" not in names:
        kept.append({"trigger": {"timeBeforeExpiry": "P30D"}, "action": {"type": "notify"}})
    return {"expiryTime": expiry, "lifetimeActions": kept}


def days(duration: object) -> int:
    """An ISO 8601 duration of days, months or years in days. Raises UnfitKey for less than a week."""
    match = _DURATION.fullmatch(duration) if isinstance(duration, str) else None
    if match is None:
        raise UnfitKey(f"{duration!r} is no ISO 8601 duration such as P90D, P18M or P2Y")
    found = sum(int(n) * unit for n, unit in zip(match.groups(), _DAYS, strict=True) if n)
    if found < _MINIMUM_DAYS:
        raise UnfitKey(f"{duration} is less than {_MINIMUM_DAYS} days")
    return found


def _lifetime_action(given: object, expires: bool) -> dict[str, Any]:
    action = given if isinstance(given, dict) else {}
    name = str((action.get("action") or {}).get("type", "")).lower()
    trigger = {k: v for k, v in (action.get("trigger") or {}).items() if v is not None}
    allowed = {"rotate": {"timeAfterCreate", "timeBeforeExpiry"}, "notify": {"timeBeforeExpiry"}}
    if name not in allowed or len(trigger) != 1 or not set(trigger) <= allowed[name]:
        raise UnfitKey(
            "a lifetime action is rotate or notify, with one trigger: timeBeforeExpiry or (rotate"
            " only) timeAfterCreate"
        )
    for when, duration in trigger.items():
        days(duration)
        if name == "rotate" and when == "timeBeforeExpiry" and not expires:
            raise UnfitKey("rotation before expiry needs an expiryTime in the policy")
    return {"trigger": trigger, "action": {"type": name}}


def _integer(value: int, size: int | None = None) -> str:
    """Big-endian bytes, at least as many as needed, base64url without padding."""
    length = size or (value.bit_length() + 7) // 8
    return base64.urlsafe_b64encode(value.to_bytes(length, "big")).rstrip(b"=").decode("ascii")
