"""Certificates with their private keys as files: PKCS#12 and PEM, read and written.

Knows no vault and no policy.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from sandbox.vault_keys import PrivateKey

PKCS12 = "application/x-pkcs12"
PEM = "application/x-pem-file"

_PEM_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----", re.DOTALL)


class UnreadableFile(ValueError):
    """Not such a file; the message says what is wrong."""


@dataclass(frozen=True)
class KeyAndCertificate:
    """A certificate, its private key, and the certificates above it."""

    private: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()


def written(held: KeyAndCertificate, content_type: str, with_key: bool) -> str:
    """A secret's value: PEM text, or PKCS#12 without a password as base64."""
    if content_type == PEM:
        certificates = [c.public_bytes(serialization.Encoding.PEM) for c in _all(held)]
        return b"".join([*([_pem_key(held.private)] if with_key else []), *certificates]).decode()
    octets = pkcs12.serialize_key_and_certificates(
        None,
        held.private if with_key else None,
        held.certificate,
        held.chain,
        serialization.NoEncryption(),
    )
    return base64.b64encode(octets).decode("ascii")


def pem_of_pkcs12(value: str) -> str:
    """What `written` made as PKCS#12, as PEM."""
    key, certificate, chain = pkcs12.load_key_and_certificates(base64.b64decode(value), None)
    parts = (
        [_pem_key(key)] if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) else []
    )
    held = [*([certificate] if certificate else []), *chain]
    parts += [each.public_bytes(serialization.Encoding.PEM) for each in held]
    return b"".join(parts).decode("ascii")


def read(value: str, password: str | None, content_type: str) -> KeyAndCertificate:
    """An imported file: base64, or PEM text as it is. Raises UnreadableFile."""
    try:
        octets = value.encode("ascii")
        if b"-----BEGIN " not in octets:
            octets = base64.b64decode(octets, validate=True)
    except (ValueError, binascii.Error) as error:
        raise UnreadableFile(f"the value is no base64: {error}") from error
    try:
        return _read_pem(octets) if content_type == PEM else _read_pkcs12(octets, password)
    except UnsupportedAlgorithm as error:
        raise UnreadableFile(f"the file uses an algorithm that isn't supported: {error}") from error


def _read_pkcs12(octets: bytes, password: str | None) -> KeyAndCertificate:
    try:
        key, certificate, chain = pkcs12.load_key_and_certificates(
            octets, password.encode() if password else None
        )
    except ValueError as error:
        raise UnreadableFile(
            "The specified PKCS#12 X.509 certificate content can not be read. Please check if"
            " certificate is in valid PKCS#12 format."
        ) from error
    return _checked(key, certificate, tuple(chain))


def _read_pem(octets: bytes) -> KeyAndCertificate:
    key: object = None
    certificates: list[x509.Certificate] = []
    try:
        for block in _PEM_BLOCK.finditer(octets):
            if block[1] == b"CERTIFICATE":
                certificates.append(x509.load_pem_x509_certificate(block[0]))
            else:
                key = serialization.load_pem_private_key(block[0] + b"\n", None)
    except (ValueError, TypeError) as error:
        raise UnreadableFile(
            "The specified PEM X.509 certificate content is in an unexpected format. Please check"
            " if certificate is in valid PEM format."
        ) from error
    return _checked(key, certificates[0] if certificates else None, tuple(certificates[1:]))


def _checked(
    key: object, certificate: x509.Certificate | None, chain: tuple[x509.Certificate, ...]
) -> KeyAndCertificate:
    if (
        certificate is None
        or not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        or key.public_key() != certificate.public_key()
    ):
        raise UnreadableFile(
            "No certificate with private key found in the specified X.509 certificate content."
            " Please specify X.509 certificate content with only one certificate containing private"
            " key."
        )
    return KeyAndCertificate(key, certificate, chain)


def _all(held: KeyAndCertificate) -> tuple[x509.Certificate, ...]:
    return (held.certificate, *held.chain)


def _pem_key(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
