"""Certificates: create (self-signed), import and get, with the key and the secret of each.

A certificate, its key and its secret have name, version and attributes in common; the secret's
value is the certificate with its private key, where the policy lets it out. Issuance is complete
when its state is first asked for; nothing is renewed. Microsoft Learn, "About Azure Key Vault
certificates".
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from starlette.responses import JSONResponse, Response

from sandbox import vault_keys
from sandbox.dataplane.key_vault import certificate_files, certificate_policy, deletion, requests
from sandbox.dataplane.key_vault.certificate_files import KeyAndCertificate
from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.dataplane.key_vault.exchange import Exchange, Handler, tags
from sandbox.vault_objects import Attributes, Kind, Version

_MAX_TAG = 256


def handlers() -> Mapping[str, Handler]:
    """The handlers of certificates, by operation."""
    certificates = _Certificates()
    return {
        **deletion.handlers(Kind.CERTIFICATE, certificates),
        "CertificateGet": certificates.get,
        "CertificateCreate": certificates.create,
        "CertificateImport": certificates.import_,
        "CertificatePolicyGet": certificates.policy,
        "CertificatePendingGet": certificates.pending,
    }


class _Certificates:
    def get(self, exchange: Exchange) -> Response:
        found = exchange.found(Kind.CERTIFICATE)
        return JSONResponse(self.bundle(exchange, found))

    def policy(self, exchange: Exchange) -> Response:
        return JSONResponse(_policy(exchange, exchange.found(Kind.CERTIFICATE)))

    def create(self, exchange: Exchange) -> Response:
        asked = exchange.json()
        given = requests.member(asked, "policy", dict)
        kept = exchange.collection(Kind.CERTIFICATE).policy(exchange.name) or {}
        if given is None and "policy" not in kept:
            raise VaultError.bad_parameter("Property policy is required for a new certificate")
        policy = kept["policy"] if given is None else certificate_policy.read(given, exchange.now)
        certificate_policy.check(policy)
        _check_name(exchange)
        props = policy["key_props"]
        key = vault_keys.private_key(
            vault_keys.make(
                vault_keys.key_type(props["kty"], props.get("key_size"), props.get("crv"), None)
            )
        )
        request = certificate_policy.signing_request(policy, key).public_bytes(Encoding.DER)
        operation = {
            "csr": base64.b64encode(request).decode("ascii"),
            "request_id": uuid.uuid4().hex,
        }
        held = KeyAndCertificate(key, certificate_policy.self_signed(policy, key, exchange.now))
        made = _add(exchange, asked, held, policy)
        exchange.collection(Kind.CERTIFICATE).set_policy(
            exchange.name, {"policy": policy, "operation": operation}
        )
        pending = f"{exchange.uri(Kind.CERTIFICATE, made, False)}/pending"
        version = exchange.request.query_params["api-version"]
        location = f"{pending}?api-version={version}&request_id={operation['request_id']}"
        return JSONResponse(
            _operation(exchange, made, operation, _IN_PROGRESS),
            202,
            {"Location": location, "Retry-After": "10"},
        )

    def pending(self, exchange: Exchange) -> Response:
        name = exchange.name
        found = exchange.collection(Kind.CERTIFICATE).get(name)
        kept = exchange.collection(Kind.CERTIFICATE).policy(name) or {}
        if found is None or "operation" not in kept:
            raise VaultError(
                404, "PendingCertificateNotFound", f"Pending certificate not found: {name}"
            )
        target = exchange.uri(Kind.CERTIFICATE, found, False)
        done = {"status": "completed", "target": target}
        return JSONResponse(_operation(exchange, found, kept["operation"], done))

    def import_(self, exchange: Exchange) -> Response:
        asked = exchange.json()
        given = requests.member(asked, "policy", dict) or {}
        type_ = certificate_policy.content_type(given)
        value = requests.member(asked, "value", str)
        password = requests.member(asked, "pwd", str)
        if value is None:
            raise VaultError.bad_parameter("Property value is required and must be a string")
        try:
            held = certificate_files.read(value, password, type_)
            policy = certificate_policy.of_import(held, given, type_, exchange.now)
        except ValueError as error:
            raise VaultError.bad_parameter(str(error)) from error
        _check_name(exchange)
        made = _add(exchange, asked, held, policy)
        exchange.collection(Kind.CERTIFICATE).set_policy(exchange.name, {"policy": policy})
        return JSONResponse(self.bundle(exchange, made))

    def bundle(self, exchange: Exchange, found: Version) -> dict[str, Any]:
        kept = exchange.collection(Kind.CERTIFICATE).policy(found.name) or {}
        pending = f"{exchange.uri(Kind.CERTIFICATE, found, False)}/pending"
        return {
            "id": exchange.uri(Kind.CERTIFICATE, found),
            "kid": exchange.uri(Kind.KEY, found),
            "sid": exchange.uri(Kind.SECRET, found),
            "x5t": _thumbprint(found),
            "cer": found.content["cer"],
            "attributes": exchange.attributes(found),
            **tags(found),
            "policy": _policy(exchange, found),
            **({"pending": {"id": pending}} if "operation" in kept else {}),
        }

    def item(self, exchange: Exchange, found: Version, with_version: bool) -> dict[str, Any]:
        return {
            "id": exchange.uri(Kind.CERTIFICATE, found, with_version),
            "x5t": _thumbprint(found),
            "attributes": exchange.attributes(found),
            **tags(found),
        }


_IN_PROGRESS = {
    "status": "inProgress",
    "status_details": (
        "Pending certificate created. Certificate request is in progress. This may take some time"
        " based on the issuer provider. Please check again later."
    ),
}


def _check_name(exchange: Exchange) -> None:
    """The name is free, or a certificate's, in all three collections. Raises VaultError (409)."""
    for kind in Kind:
        collection = exchange.collection(kind)
        if collection.deleted(exchange.name) is not None:
            raise VaultError.name_is_deleted(kind, exchange.name)
        found = collection.get(exchange.name)
        # Only what belongs to a certificate of that name gets another version with it.
        if kind is not Kind.CERTIFICATE and found is not None and not found.managed:
            raise VaultError.name_is_taken(kind, found.name)


def _add(
    exchange: Exchange, asked: Mapping[str, Any], held: KeyAndCertificate, policy: Mapping[str, Any]
) -> Version:
    """The certificate's, the key's and the secret's new versions; the certificate's is returned."""
    certificate = held.certificate
    attributes = replace(
        requests.attributes(asked, Attributes(), _MAX_TAG),
        not_before=int(certificate.not_valid_before_utc.timestamp()),
        expires=int(certificate.not_valid_after_utc.timestamp()),
    )
    props = policy["key_props"]
    operations = certificate_policy.key_operations(policy, props["kty"])
    type_ = policy["secret_props"]["contentType"]
    value = certificate_files.written(held, type_, with_key=props["exportable"])
    der = certificate.public_bytes(Encoding.DER)
    name, version = exchange.name, uuid.uuid4().hex
    with exchange.cloud.store.transaction():
        key = vault_keys.content(held.private, props["kty"], operations)
        exchange.collection(Kind.KEY).add(name, key, attributes, version, managed=True)
        exchange.collection(Kind.SECRET).add(
            name, {"value": value, "contentType": type_}, attributes, version, managed=True
        )
        made = exchange.collection(Kind.CERTIFICATE).add(
            name, {"cer": base64.b64encode(der).decode("ascii")}, attributes, version
        )
    exchange.tell(Kind.CERTIFICATE, made)
    return made


def _operation(
    exchange: Exchange, found: Version, kept: Mapping[str, str], state: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "id": f"{exchange.uri(Kind.CERTIFICATE, found, False)}/pending",
        "issuer": {"name": "Self"},
        "csr": kept["csr"],
        "cancellation_requested": False,
        **state,
        "request_id": kept["request_id"],
    }


def _policy(exchange: Exchange, found: Version) -> dict[str, Any]:
    kept = exchange.collection(Kind.CERTIFICATE).policy(found.name) or {}
    return {
        "id": f"{exchange.uri(Kind.CERTIFICATE, found, False)}/policy",
        **kept.get("policy", {}),
    }


def _thumbprint(found: Version) -> str:
    """SHA-1 of the certificate, as RFC 7517's `x5t` has it."""
    digest = hashlib.sha1(base64.b64decode(found.content["cer"]), usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
