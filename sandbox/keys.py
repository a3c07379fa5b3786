"""The signing keys of the two token issuers. Owns their files and formats, not what is signed when."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm


class SigningKey:
    """One RSA key of a token issuer, made on first use and kept (readable by its owner only)."""

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

    def jwks(self) -> dict[str, Any]:
        """The issuer's key set document (RFC 7517) with this one key."""
        key = RSAAlgorithm.to_jwk(self.public_key, as_dict=True)
        return {"keys": [{**key, "kid": self.key_id, "use": "sig", "alg": "RS256"}]}


def _load(path: Path) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path} holds no RSA key; `python -m sandbox reset` makes new ones")
    return key


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
