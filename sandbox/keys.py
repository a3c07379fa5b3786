"""The signing keys of the two token issuers. Owns their files and formats, not what is signed when."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import NameOID
from jwt.algorithms import RSAAlgorithm

# Longer than any sandbox's clock goes: who reads a key set doesn't look at the certificate's days.
_CERTIFIED = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC))


class SigningKey:
    """One RSA key of a token issuer, made on first use and kept (readable by its owner only).

    Raises ValueError when the file at `path` is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._private = _load(path) if path.exists() else _create(path)
        der = self._private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.key_id = hashlib.sha256(der).hexdigest()[:40]

    @property
    def public_key(self) -> rsa.RSAPublicKey:
        """For checking signatures."""
        return self._private.public_key()

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A compact RS256 JWT over `claims`, naming this key in its header."""
        return jwt.encode(
            dict(claims), self._private, algorithm="RS256", headers={"kid": self.key_id}
        )

    def certificate(self, name: str) -> str:
        """A self-signed X.509 certificate (PEM) over the key, for key sets in that form.

        `name` is its common name.
        """
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self.public_key)
            .serial_number(int(self.key_id[:16], 16))
            .not_valid_before(_CERTIFIED[0])
            .not_valid_after(_CERTIFIED[1])
            .sign(self._private, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM).decode()

    def jwks(self) -> dict[str, Any]:
        """The issuer's key set document (RFC 7517) with this one key."""
        key = RSAAlgorithm.to_jwk(self.public_key, as_dict=True)
        return {"keys": [{**key, "kid": self.key_id, "use": "sig", "alg": "RS256"}]}


def _load(path: Path) -> rsa.RSAPrivateKey:
    mend = "`python -m sandbox reset` makes new ones"
    try:
        key = _parsed(path.read_bytes())
    # A TypeError is an encrypted key's.
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"{path} holds no key ({error}); {mend}") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path} holds no RSA key; {mend}")
    return key


@lru_cache(maxsize=16)
def _parsed(pem: bytes) -> PrivateKeyTypes:
    """The key in a file. Testing its primes takes 50 ms, which every new cloud would spend again."""
    return serialization.load_pem_private_key(pem, password=None)


def _create(path: Path) -> rsa.RSAPrivateKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # Written whole or not at all, so that a crash leaves no half key behind.
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem)
    partial.replace(path)
    return key
