"""Secrets: get, set and update, and how they look in JSON.

Expired and not-yet-valid secrets are served like others: their times are information (Microsoft
Learn, "About Azure Key Vault secrets").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.dataplane.key_vault import certificate_files, deletion, requests
from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.dataplane.key_vault.exchange import Exchange, Handler, tags
from sandbox.vault_objects import Attributes, Kind, NameIsDeleted, Version

_MAX_VALUE = 25_600
_MAX_CONTENT_TYPE = 255
_MAX_TAG = 512


def handlers() -> Mapping[str, Handler]:
    """The handlers of secrets, by operation."""
    secrets = _Secrets()
    return {
        **deletion.handlers(Kind.SECRET, secrets),
        "SecretGet": secrets.get,
        "SecretSet": secrets.set,
        "SecretUpdate": secrets.update,
    }


class _Secrets:
    def get(self, exchange: Exchange) -> Response:
        found = exchange.found(Kind.SECRET)
        if not found.attributes.enabled:
            raise VaultError.disabled(Kind.SECRET, "get")
        content = found.content
        asked = exchange.request.query_params.get("outContentType")
        if asked is not None:
            content = _converted(found, asked)
        return JSONResponse(
            {"value": content["value"], **self.bundle(exchange, replace(found, content=content))}
        )

    def set(self, exchange: Exchange) -> Response:
        asked = exchange.json()
        value = requests.member(asked, "value", str)
        if value is None:
            raise VaultError.bad_parameter("Property value is required and must be a string")
        if len(value.encode("utf-8")) > _MAX_VALUE:
            raise VaultError.bad_parameter(f"The secret value exceeds {_MAX_VALUE} bytes")
        content = {"value": value, "contentType": _content_type(asked, None)}
        attributes = requests.attributes(asked, Attributes(), _MAX_TAG)
        collection = exchange.collection(Kind.SECRET)
        current = collection.get(exchange.name)
        if current is not None and current.managed:
            raise VaultError.managed(Kind.SECRET, "set")
        try:
            made = collection.add(exchange.name, content, attributes)
        except NameIsDeleted as error:
            raise VaultError.name_is_deleted(Kind.SECRET, exchange.name) from error
        exchange.tell(Kind.SECRET, made)
        return JSONResponse({"value": value, **self.bundle(exchange, made)})

    def update(self, exchange: Exchange) -> Response:
        found = exchange.found(Kind.SECRET)
        if found.managed:
            raise VaultError.managed(Kind.SECRET, "update")
        asked = exchange.json()
        if "value" in asked:
            raise VaultError.bad_parameter("Property value can't be updated: set a new version")
        content_type = _content_type(asked, found.content["contentType"])
        changed = exchange.collection(Kind.SECRET).update(
            replace(
                found,
                content={**found.content, "contentType": content_type},
                attributes=requests.attributes(asked, found.attributes, _MAX_TAG),
            )
        )
        exchange.tell(Kind.SECRET, changed)
        return JSONResponse(self.bundle(exchange, changed))

    def bundle(self, exchange: Exchange, found: Version) -> dict[str, Any]:
        return self.item(exchange, found, True)

    def item(self, exchange: Exchange, found: Version, with_version: bool) -> dict[str, Any]:
        content_type = found.content.get("contentType")
        managed = {"managed": True} if found.managed else {}
        if found.managed and with_version:
            managed["kid"] = exchange.uri(Kind.KEY, found)  # type: ignore[assignment] # a string beside the flag
        return {
            **({} if content_type is None else {"contentType": content_type}),
            "id": exchange.uri(Kind.SECRET, found, with_version),
            **managed,
            "attributes": exchange.attributes(found),
            **tags(found),
        }


def _content_type(asked: Mapping[str, Any], current: str | None) -> str | None:
    given: str | None = requests.member(asked, "contentType", str)
    if given is None:
        return current
    if len(given) > _MAX_CONTENT_TYPE:
        raise VaultError.bad_parameter(
            f"Property contentType may have {_MAX_CONTENT_TYPE} characters"
        )
    return given


def _converted(found: Version, wanted: str) -> Mapping[str, Any]:
    """A certificate's secret in another format: PKCS#12 to PEM is the only one there is."""
    held = found.content.get("contentType")
    if wanted == held:
        return found.content
    if not found.managed or (held, wanted) != (certificate_files.PKCS12, certificate_files.PEM):
        raise VaultError.bad_parameter(
            f"Property outContentType: a secret of type {held} can't be returned as {wanted}; a"
            f" certificate's can, from {certificate_files.PKCS12} to {certificate_files.PEM}"
        )
    pem = certificate_files.pem_of_pkcs12(str(found.content["value"]))
    return {**found.content, "value": pem, "contentType": wanted}
