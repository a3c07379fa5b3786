"""A certificate's policy: what its body asks for, with Key Vault's defaults, and what it makes.

Self-signed certificates only: another issuer is refused by name. Microsoft Learn, "About Azure Key
Vault certificates".
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ObjectIdentifier

from sandbox import vault_keys
from sandbox.dataplane.key_vault import requests
from sandbox.dataplane.key_vault.certificate_files import PEM, PKCS12, KeyAndCertificate
from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.vault_keys import PrivateKey

# Known by their snake-case names in the library, by these in policies.
_USAGES = {
    "digitalSignature": "digital_signature",
    "nonRepudiation": "content_commitment",
    "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
    "keyCertSign": "key_cert_sign",
    "cRLSign": "crl_sign",
    "encipherOnly": "encipher_only",
    "decipherOnly": "decipher_only",
}
_OPERATIONS = {
    "digitalSignature": ("sign", "verify"),
    "nonRepudiation": ("sign", "verify"),
    "keyCertSign": ("sign", "verify"),
    "cRLSign": ("sign", "verify"),
    "keyEncipherment": ("wrapKey", "unwrapKey"),
    "dataEncipherment": ("encrypt", "decrypt"),
    "encipherOnly": ("encrypt",),
    "decipherOnly": ("decrypt",),
}
_DEFAULT_USAGES = ["digitalSignature", "keyEncipherment"]
_DEFAULT_EKUS = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]
_EARLIER = timedelta(minutes=10)
_SANS: Mapping[str, type[x509.DNSName | x509.RFC822Name]] = {
    "dns_names": x509.DNSName,
    "emails": x509.RFC822Name,
}


def read(policy: Mapping[str, Any], now: float) -> dict[str, Any]:
    """A policy's body with defaults. Raises VaultError (400; 501 for what isn't served)."""
    _require_self((requests.member(policy, "issuer", dict) or {}).get("name"))
    x509_props = requests.member(policy, "x509_props", dict) or {}
    sans = requests.member(x509_props, "sans", dict) or {}
    for name, names in sans.items():
        if names and name not in _SANS:
            raise VaultError.not_served("POST", f"/certificates/{{name}}/create with sans.{name}")
    subject = requests.member(x509_props, "subject", str)
    if not subject and not any(sans.values()):
        raise VaultError.bad_parameter("Property policy has no subject and no sans")
    months = requests.member(x509_props, "validity_months", int)
    return {
        "key_props": _key_props(requests.member(policy, "key_props", dict) or {}),
        "secret_props": {"contentType": content_type(policy)},
        "x509_props": {
            "subject": subject or "",
            "sans": {name: names for name, names in sans.items() if names},
            "ekus": requests.member(x509_props, "ekus", list) or _DEFAULT_EKUS,
            "key_usage": requests.member(x509_props, "key_usage", list) or _DEFAULT_USAGES,
            "validity_months": 12 if months is None else months,
            "basic_constraints": {"ca": False},
        },
        "lifetime_actions": requests.member(policy, "lifetime_actions", list)
        or [{"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "AutoRenew"}}],
        "issuer": {"name": "Self"},
        "attributes": {"enabled": True, "created": int(now), "updated": int(now)},
    }


def of_import(
    held: KeyAndCertificate, policy: Mapping[str, Any], type_: str, now: float
) -> dict[str, Any]:
    """The policy that Key Vault makes for an imported certificate.

    Raises VaultError (400), and UnfitKey for a key that no vault would have made.
    """
    key_props = requests.member(policy, "key_props", dict) or {}
    exportable = requests.member(key_props, "exportable", bool)
    kept = vault_keys.content(held.private, family(held.private), ())
    vault_keys.key_type(kept["kty"], kept["size"], kept["crv"], None)
    return {
        "key_props": {
            "exportable": True if exportable is None else exportable,
            "kty": kept["kty"],
            **({"key_size": kept["size"]} if kept["size"] else {"crv": kept["crv"]}),
            "reuse_key": False,
        },
        "secret_props": {"contentType": type_},
        "x509_props": {
            "subject": held.certificate.subject.rfc4514_string(),
            "key_usage": _usages_of(held.certificate),
        },
        "lifetime_actions": [],
        "issuer": {"name": "Unknown"},
        "attributes": {"enabled": True, "created": int(now), "updated": int(now)},
    }


def content_type(policy: Mapping[str, Any]) -> str:
    """The secret's content type that a policy's body asks for. Raises VaultError (400)."""
    given = requests.member(policy, "secret_props", dict) or {}
    type_ = requests.member(given, "contentType", str) or PKCS12
    if type_ not in (PKCS12, PEM):
        raise VaultError.bad_parameter(
            f"Property secret_props.contentType must be {PKCS12} or {PEM}, not {type_}"
        )
    return str(type_)


def family(key: PrivateKey) -> str:
    """RSA or EC."""
    return "EC" if vault_keys.curve_name(key.public_key()) else "RSA"


def key_operations(policy: Mapping[str, Any], type_: str) -> list[str]:
    """What the certificate's key can do, by its usages."""
    can = [each for usage in policy["x509_props"]["key_usage"] for each in _OPERATIONS[usage]]
    return [each for each in vault_keys.OPERATIONS[type_] if each in can]


def signing_request(policy: Mapping[str, Any], key: PrivateKey) -> x509.CertificateSigningRequest:
    """The request for a certificate of this policy."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_subject(policy))
    for extension, critical in _extensions(policy):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, hashes.SHA256())


def self_signed(policy: Mapping[str, Any], key: PrivateKey, now: float) -> x509.Certificate:
    """A certificate of this policy, valid from ten minutes ago."""
    moment = datetime.fromtimestamp(int(now), UTC)
    public = key.public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_subject(policy))
        .issuer_name(_subject(policy))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - _EARLIER)
        .not_valid_after(_months_later(moment, policy["x509_props"]["validity_months"]))
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
    )
    for extension, critical in _extensions(policy):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, hashes.SHA256())


def check(policy: Mapping[str, Any]) -> None:
    """Whether a certificate can be made by `policy`.

    Raises VaultError (400; 501 for an imported certificate's, which names no issuer).
    """
    _require_self(policy["issuer"]["name"])
    months = policy["x509_props"]["validity_months"]
    if not 1 <= months <= 1_200:
        raise VaultError.bad_parameter("Property validity_months must be from 1 to 1200")
    unknown = [u for u in policy["x509_props"]["key_usage"] if u not in list(_USAGES)]
    if unknown:
        raise VaultError.bad_parameter(f"Property key_usage has {unknown[0]!r}, which is none")
    try:
        _subject(policy)
        list(_extensions(policy))
    except (ValueError, TypeError) as error:
        raise VaultError.bad_parameter(f"Property x509_props has invalid value: {error}") from error


def _require_self(issuer: object) -> None:
    if issuer != "Self":
        raise VaultError.not_served("POST", f"/certificates/{{name}}/create with issuer {issuer}")


def _key_props(given: Mapping[str, Any]) -> dict[str, Any]:
    exportable, reuse = (requests.member(given, n, bool) for n in ("exportable", "reuse_key"))
    type_ = requests.member(given, "kty", str) or "RSA"
    if type_ not in vault_keys.OPERATIONS or reuse:
        raise VaultError.not_served(
            "POST", f"/certificates/{{name}}/create with kty {type_}, reuse_key {reuse}"
        )
    try:
        wanted = vault_keys.key_type(
            type_,
            requests.member(given, "key_size", int) if type_ == "RSA" else None,
            requests.member(given, "crv", str),
            None,
        )
    except vault_keys.UnfitKey as error:
        raise VaultError.bad_parameter(f"Property key_props has invalid value: {error}") from error
    return {
        "exportable": True if exportable is None else exportable,
        "kty": wanted.type,
        **({"key_size": wanted.size} if wanted.curve is None else {"crv": wanted.curve}),
        "reuse_key": False,
    }


def _subject(policy: Mapping[str, Any]) -> x509.Name:
    text = policy["x509_props"]["subject"]
    # Key Vault takes `cn=` for `CN=`; the library doesn't.
    upper = re.sub(r"(^|,)\s*([A-Za-z]+)=", lambda m: f"{m[1]}{m[2].upper()}=", text)
    return x509.Name.from_rfc4514_string(upper) if text else x509.Name([])


def _extensions(policy: Mapping[str, Any]) -> list[tuple[x509.ExtensionType, bool]]:
    props = policy["x509_props"]
    wanted = {_USAGES[usage] for usage in props["key_usage"]}
    found: list[tuple[x509.ExtensionType, bool]] = [
        (x509.KeyUsage(**{name: name in wanted for name in _USAGES.values()}), True),
        (x509.ExtendedKeyUsage([ObjectIdentifier(each) for each in props["ekus"]]), False),
        (x509.BasicConstraints(ca=False, path_length=None), False),
    ]
    names = [_SANS[kind](name) for kind, given in props["sans"].items() for name in given]
    if names:
        found.append((x509.SubjectAlternativeName(names), False))
    return found


def _usages_of(certificate: x509.Certificate) -> list[str]:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension):
        return list(_DEFAULT_USAGES)
    # The library knows these two only beside key agreement.
    readable = {n: a for n, a in _USAGES.items() if usage.key_agreement or not a.endswith("_only")}
    return [name for name, attribute in readable.items() if getattr(usage, attribute)]


def _months_later(moment: datetime, months: int) -> datetime:
    """The same day of a later month, or that month's last."""
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
