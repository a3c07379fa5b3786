"""Signatures and key wrapping by JSON Web Algorithms, as Key Vault's keys do them.

Key Vault signs digests, not messages (Microsoft Learn, "Key types, algorithms, and operations";
RFC 7518). Knows no vault: keys and bytes in, bytes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from sandbox.vault_keys import CURVES, PrivateKey


class UnfitAlgorithm(ValueError):
    """Not an algorithm of that key and operation, or not a value for it; the message says why."""


_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
SIGNING = (*(f"{family}{size}" for family in ("RS", "PS") for size in _HASHES), *_CURVES)
WRAPPING: Mapping[str, hashes.HashAlgorithm] = {
    # RFC 7518, section 4.3: RSA-OAEP is defined with SHA-1.
    "RSA-OAEP": hashes.SHA1(),  # noqa: S303 - the standard's
    "RSA-OAEP-256": hashes.SHA256(),
}


@dataclass(frozen=True)
class Key:
    """A key to be used; `kid` and `type` are for messages."""

    private: PrivateKey
    kid: str
    type: str


def sign(key: Key, algorithm: str, digest: bytes) -> bytes:
    """The signature of a digest. Raises UnfitAlgorithm."""
    kind = _signing_hash(key, algorithm, digest, "value")
    if isinstance(key.private, rsa.RSAPrivateKey):
        return key.private.sign(digest, _padding(algorithm, kind), utils.Prehashed(kind))
    der = key.private.sign(digest, ec.ECDSA(utils.Prehashed(kind)))
    size = (key.private.key_size + 7) // 8
    return b"".join(number.to_bytes(size, "big") for number in utils.decode_dss_signature(der))


def verify(key: Key, algorithm: str, digest: bytes, signature: bytes) -> bool:
    """Whether it is the key's signature of the digest. Raises UnfitAlgorithm."""
    kind = _signing_hash(key, algorithm, digest, "digest")
    public = key.private.public_key()
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, digest, _padding(algorithm, kind), utils.Prehashed(kind))
        else:
            public.verify(_der(signature, public), digest, ec.ECDSA(utils.Prehashed(kind)))
    except InvalidSignature:
        return False
    return True


def wrap(key: Key, algorithm: str, value: bytes) -> bytes:
    """`value` encrypted to the key. Raises UnfitAlgorithm."""
    private = _wrapping_key(key, algorithm)
    try:
        return private.public_key().encrypt(value, _oaep(algorithm))
    except ValueError as error:
        raise UnfitAlgorithm(f"a value of {len(value)} bytes is too long to be wrapped") from error


def unwrap(key: Key, algorithm: str, value: bytes) -> bytes:
    """What `wrap` encrypted. Raises UnfitAlgorithm."""
    try:
        return _wrapping_key(key, algorithm).decrypt(value, _oaep(algorithm))
    except ValueError as error:
        raise UnfitAlgorithm("the value was not wrapped by this key and algorithm") from error


def _signing_hash(key: Key, algorithm: str, digest: bytes, name: str) -> hashes.HashAlgorithm:
    if algorithm not in SIGNING:
        raise UnfitAlgorithm(f"'{algorithm}' is none of {', '.join(SIGNING)}")
    if algorithm in _CURVES:
        fits = isinstance(key.private, ec.EllipticCurvePrivateKey) and isinstance(
            key.private.curve, CURVES[_CURVES[algorithm]]
        )
    else:
        fits = isinstance(key.private, rsa.RSAPrivateKey)
    if not fits:
        raise UnfitAlgorithm(
            f"Key and signing algorithm are incompatible. Key {key.kid} is of type '{key.type}',"
            f" and algorithm '{algorithm}' can't be used with it."
        )
    kind = _HASHES[algorithm[2:]]
    if len(digest) != kind.digest_size:
        raise UnfitAlgorithm(
            f"Invalid length of '{name}': {len(digest)} bytes. {algorithm} requires"
            f" {kind.digest_size} bytes, encoded with base64url."
        )
    return kind


def _padding(algorithm: str, kind: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
    if algorithm.startswith("PS"):
        # RFC 7518, section 3.5: the salt is as long as the hash.
        return padding.PSS(padding.MGF1(kind), kind.digest_size)
    return padding.PKCS1v15()


def _der(signature: bytes, public: ec.EllipticCurvePublicKey) -> bytes:
    """RFC 7518's two numbers, one after the other, as the library takes them."""
    size = (public.key_size + 7) // 8
    if len(signature) != 2 * size:
        raise InvalidSignature
    first, second = signature[:size], signature[size:]
    return utils.encode_dss_signature(int.from_bytes(first, "big"), int.from_bytes(second, "big"))


def _wrapping_key(key: Key, algorithm: str) -> rsa.RSAPrivateKey:
    if algorithm not in WRAPPING:
        raise UnfitAlgorithm(f"'{algorithm}' is none of {', '.join(WRAPPING)}")
    if not isinstance(key.private, rsa.RSAPrivateKey):
        raise UnfitAlgorithm(
            f"Key and encryption algorithm are incompatible. Key {key.kid} is of type '{key.type}',"
            f" and algorithm '{algorithm}' can't be used with it."
        )
    return key.private


def _oaep(algorithm: str) -> padding.OAEP:
    kind = WRAPPING[algorithm]
    return padding.OAEP(padding.MGF1(kind), kind, None)
