"""JWTs as anybody makes them, and the keys to make and to check them with."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

SECRET = "canary-secret-" * 5
"""Long enough for HS512."""

_CURVES: dict[str, ec.EllipticCurve] = {
    "ES256": ec.SECP256R1(),
    "ES384": ec.SECP384R1(),
    "ES512": ec.SECP521R1(),
}

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def private_key(algorithm: str) -> PrivateKey:
    """The key that signs by that algorithm; RS and PS share theirs."""
    if algorithm in _CURVES:
        return ec.generate_private_key(_CURVES[algorithm])
    return _rsa_key()


@cache
def _rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def public_pem(algorithm: str) -> str:
    """The public key, PEM-encoded."""
    public = private_key(algorithm).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(serialization.Encoding.PEM, form).decode()


def certificate_pem(algorithm: str) -> str:
    """A certificate with the public key, long past its validity."""
    key = private_key(algorithm)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "canary")])
    begin = datetime(2001, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=begin,
        not_valid_after=begin + timedelta(days=1),
    ).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def key_set(*algorithms: str) -> str:
    """A key set in which each key's id is its algorithm."""
    keys = []
    for algorithm in algorithms:
        public = private_key(algorithm).public_key()
        jwk = (
            RSAAlgorithm.to_jwk(public, as_dict=True)
            if isinstance(public, rsa.RSAPublicKey)
            else ECAlgorithm.to_jwk(public, as_dict=True)
        )
        keys.append({**jwk, "kid": algorithm})
    return json.dumps({"keys": keys})


def sign(
    claims: Mapping[str, Any], algorithm: str = "HS256", headers: Mapping[str, Any] | None = None
) -> str:
    """A signed JWT, by `SECRET` or the algorithm's private key."""
    key = SECRET if algorithm.startswith("HS") else private_key(algorithm)
    return jwt.encode(dict(claims), key, algorithm=algorithm, headers=dict(headers or {}))


def sign_any(
    claims: Mapping[str, Any],
    headers: Mapping[str, Any] | None = None,
) -> str:
    """A JWT of any claims and headers, signed with HS256 by `SECRET`."""
    head = {"typ": "JWT", "alg": "HS256", **(headers or {})}
    signed = f"{part(head)}.{part(claims)}"
    code = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(code).decode().rstrip('=')}"


def part(value: object) -> str:
    """A JSON value as a part of a compact JWT."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
