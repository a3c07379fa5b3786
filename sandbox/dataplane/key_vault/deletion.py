"""Listing, deletion, recovery and purge, which secrets, keys and certificates have alike.

A certificate takes its key and its secret with it. Deletion and recovery are complete when they are
answered. Microsoft Learn, "Azure Key Vault soft-delete overview".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from starlette.responses import JSONResponse, Response

from sandbox.dataplane.key_vault.errors import NOUNS, VaultError
from sandbox.dataplane.key_vault.exchange import Exchange, Handler
from sandbox.vault_objects import Kind, Version


class Described(Protocol):
    """How a kind's objects look in JSON."""

    def bundle(self, exchange: Exchange, found: Version) -> dict[str, Any]:
        """An object as a get shows it, but for what only a get of the object itself shows."""

    def item(self, exchange: Exchange, found: Version, with_version: bool) -> dict[str, Any]:
        """An object in a listing."""


def handlers(kind: Kind, described: Described) -> Mapping[str, Handler]:
    """The handlers of what all kinds have, by operation."""
    shared = _Shared(kind, described)
    noun = NOUNS[kind]
    return {
        f"{noun}List": shared.list,
        f"{noun}ListVersions": shared.list_versions,
        f"{noun}Delete": shared.delete,
        f"{noun}ListDeleted": shared.list_deleted,
        f"{noun}GetDeleted": shared.get_deleted,
        f"{noun}Purge": shared.purge,
        f"{noun}Recover": shared.recover,
    }


class _Shared:
    def __init__(self, kind: Kind, described: Described) -> None:
        self._kind = kind
        self._described = described
        # A certificate first: it is what the other two hang on.
        self._kinds = tuple(Kind)[::-1] if kind is Kind.CERTIFICATE else (kind,)

    def list(self, exchange: Exchange) -> Response:
        return JSONResponse(
            exchange.page(
                exchange.collection(self._kind).page,
                lambda found: found.name.lower(),
                lambda found: self._described.item(exchange, found, False),
            )
        )

    def list_versions(self, exchange: Exchange) -> Response:
        collection = exchange.collection(self._kind)
        return JSONResponse(
            exchange.page(
                lambda after, limit: collection.versions(exchange.name, after, limit),
                lambda found: found.version,
                lambda found: self._described.item(exchange, found, True),
            )
        )

    def list_deleted(self, exchange: Exchange) -> Response:
        collection = exchange.collection(self._kind)
        return JSONResponse(
            exchange.page(
                lambda after, limit: collection.page(after, limit, deleted=True),
                lambda found: found.name.lower(),
                lambda found: {
                    **exchange.deleted(self._kind, found),
                    **self._described.item(exchange, found, False),
                },
            )
        )

    def delete(self, exchange: Exchange) -> Response:
        current = exchange.found(self._kind)
        if current.managed:
            raise VaultError.managed(self._kind, "delete")
        for kind in self._kinds:
            exchange.collection(kind).delete(current.name, exchange.retention)
        deleted = exchange.collection(self._kind).deleted(current.name)
        assert deleted is not None
        return JSONResponse(self._deleted(exchange, deleted))

    def get_deleted(self, exchange: Exchange) -> Response:
        return JSONResponse(self._deleted(exchange, self._find_deleted(exchange)))

    def recover(self, exchange: Exchange) -> Response:
        found = self._find_deleted(exchange)
        if found.managed:
            raise VaultError.managed(self._kind, "recover")
        for kind in self._kinds:
            exchange.collection(kind).recover(found.name)
        recovered = exchange.collection(self._kind).get(found.name)
        assert recovered is not None
        return JSONResponse(self._described.bundle(exchange, recovered))

    def purge(self, exchange: Exchange) -> Response:
        found = self._find_deleted(exchange)
        if found.managed:
            raise VaultError.managed(self._kind, "purge")
        if exchange.purge_protected:
            raise VaultError.forbidden(
                'Operation "purge" is not allowed because purge protection is enabled for this'
                " vault. Key Vault service will automatically purge it after the retention period"
                f" has passed.\r\nVault: {exchange.vault.place}"
            )
        for kind in self._kinds:
            exchange.collection(kind).purge(found.name)
        return Response(status_code=204)

    def _find_deleted(self, exchange: Exchange) -> Version:
        found = exchange.collection(self._kind).deleted(exchange.name)
        if found is None:
            raise VaultError.deleted_not_found(self._kind, exchange.name)
        exchange.tell(self._kind, found)
        return found

    def _deleted(self, exchange: Exchange, found: Version) -> dict[str, Any]:
        return {
            **exchange.deleted(self._kind, found),
            **self._described.bundle(exchange, found),
        }
