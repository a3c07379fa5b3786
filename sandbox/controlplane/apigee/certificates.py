"""PEM files as a keystore's alias takes them: parsed for real, and told as Apigee's `CertInfo`.

Owns parsing, that a key fits its certificate, and the fields' forms. Facts: Apigee API reference,
`environments.keystores.aliases`, "CertInfo".
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from sandbox.controlplane.apigee.base import milliseconds
from sandbox.controlplane.values import Plain


class PemError(ValueError):
    """A file that can't be read, or a key that isn't its certificate's."""


def chain(pem: str) -> list[x509.Certificate]:
    """The certificates of a PEM file, the leaf first. Raises PemError."""
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise PemError(f"certFile holds no PEM certificate: {error}") from error


def private_key(pem: str, password: str | None) -> str:
    """A private key as unencrypted PKCS #8 in PEM. Raises PemError."""
    try:
        key = serialization.load_pem_private_key(
            pem.encode(), password.encode() if password else None
        )
    except (ValueError, TypeError) as error:
        raise PemError(f"keyFile holds no PEM private key that can be read: {error}") from error
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def check_pair(certificates: list[x509.Certificate], key: str) -> None:
    """Raise PemError where `key` (PEM) isn't the leaf's."""
    public = serialization.load_pem_private_key(key.encode(), None).public_key()
    if _der(public) != _der(certificates[0].public_key()):
        raise PemError("the private key in keyFile is not that of the certificate in certFile")


def info(certificate: x509.Certificate, now: float) -> Plain:
    """A certificate as Apigee tells it. `now`: seconds since 1970."""
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return {
        "basicConstraints": f"CA:{str(_is_authority(certificate)).upper()}",
        "expiryDate": milliseconds(end.timestamp()),
        "isValid": _validity(start, end, datetime.fromtimestamp(now, UTC)),
        "issuer": certificate.issuer.rfc4514_string(),
        "publicKey": base64.b64encode(_der(certificate.public_key())).decode(),
        "serialNumber": str(certificate.serial_number),
        "sigAlgName": _signature(certificate),
        "subject": certificate.subject.rfc4514_string(),
        "subjectAlternativeNames": _alternative_names(certificate),
        "validFrom": milliseconds(start.timestamp()),
        "version": certificate.version.value + 1,
    }


def _signature(certificate: x509.Certificate) -> str:
    """As Java names it: `SHA256withRSA`; a scheme with a hash of its own by its name alone."""
    key, hashed = certificate.public_key(), certificate.signature_hash_algorithm
    if hashed is None:
        return type(key).__name__.removesuffix("PublicKey")
    scheme = "ECDSA" if isinstance(key, ec.EllipticCurvePublicKey) else "RSA"
    return f"{hashed.name.upper()}with{scheme}"


def _validity(start: datetime, end: datetime, now: datetime) -> str:
    if now < start:
        return "Not yet"
    return "Yes" if now <= end else "No"


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _alternative_names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name) for name in names.get_values_for_type(x509.DNSName)]


def _der(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
