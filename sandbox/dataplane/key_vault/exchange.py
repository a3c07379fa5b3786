"""One request to a vault while it is answered, and what all answers are made of.

Owns the attributes, ids and links that secrets, keys and certificates share in their JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox import vault_objects
from sandbox.cloud import Cloud
from sandbox.dataplane.key_vault import requests
from sandbox.dataplane.key_vault.authorization import Decision
from sandbox.dataplane.key_vault.caller import Caller
from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.dataplane.key_vault.requests import Target
from sandbox.dataplane.key_vault.vaults import Vault
from sandbox.vault_objects import Collection, Kind, VaultObjects, Version

_DAY = 86_400
# What an audit row says of an object, by the member of its content.
_AUDITED: Mapping[Kind, Mapping[str, str]] = {
    Kind.SECRET: {"type": "contentType"},
    Kind.KEY: {"type": "kty", "size": "size", "curve": "crv"},
    Kind.CERTIFICATE: {},
}


@dataclass
class Exchange:
    """A request, the vault it is for, and what becomes known of it: the audit row's material."""

    cloud: Cloud
    objects: VaultObjects
    vault: Vault
    request: Request
    body: bytes
    now: float
    target: Target = field(default_factory=lambda: Target(""))
    operation: str = "Authentication"
    caller: Caller | None = None
    decision: Decision | None = None
    object_uri: str = ""
    properties: dict[str, Any] = field(default_factory=dict)

    def collection(self, kind: Kind) -> Collection:
        """The vault's objects of a kind."""
        return self.objects.collection(self.vault.incarnation, kind, self.now)

    @property
    def name(self) -> str:
        """The object's name in the path, which the operation has."""
        assert self.target.name is not None
        return self.target.name

    def json(self) -> dict[str, Any]:
        """The body's JSON object. Raises VaultError (400, 415)."""
        return requests.json_object(self.request, self.body)

    def found(self, kind: Kind) -> Version:
        """The version that the path names. Raises VaultError (404)."""
        found = self.collection(kind).get(self.name, self.target.version)
        if found is None:
            version = self.target.version
            raise VaultError.not_found(kind, f"{self.name}/{version}" if version else self.name)
        self.tell(kind, found)
        return found

    def tell(self, kind: Kind, found: Version) -> None:
        """Note for the audit row which object this is about."""
        self.object_uri = self.uri(kind, found)
        names = _AUDITED[kind]
        described = {told: found.content.get(name) or "" for told, name in names.items()}
        self.properties = {**described, "attributes": self.attributes(found)}

    def uri(self, kind: Kind, found: Version, with_version: bool = True) -> str:
        """The object identifier."""
        base = f"{self.vault.uri}/{kind.value}/{found.name}"
        return f"{base}/{found.version}" if with_version else base

    @property
    def retention_days(self) -> int:
        """How long the vault keeps what was deleted."""
        return vault_objects.retention_days(self.vault.properties)

    @property
    def retention(self) -> float:
        """`retention_days` in seconds."""
        return self.retention_days * _DAY

    @property
    def purge_protected(self) -> bool:
        """Whether nothing can be purged before its retention is over."""
        return bool(self.vault.properties.get("enablePurgeProtection"))

    def attributes(self, found: Version) -> dict[str, Any]:
        """A version's `attributes` with the vault's recovery level."""
        return {
            **attributes(found),
            "recoveryLevel": vault_objects.recovery_level(self.vault.properties),
            "recoverableDays": self.retention_days,
        }

    def deleted(self, kind: Kind, found: Version) -> dict[str, Any]:
        """What a deleted object's JSON has beside a live one's."""
        return {
            "recoveryId": f"{self.vault.uri}/deleted{kind.value}/{found.name}",
            "deletedDate": found.deleted,
            "scheduledPurgeDate": found.purge,
        }

    def page(
        self,
        items: Callable[[str, int], list[Version]],
        position: Callable[[Version], str],
        item: Callable[[Version], dict[str, Any]],
    ) -> dict[str, Any]:
        """A listing's answer. `items` gets at most so many after a position. Raises VaultError."""
        after, limit = requests.page(self.request)
        found = items(after, limit + 1)
        link = None
        if len(found) > limit:
            link = (
                f"{self.vault.uri}:443{self.request.url.path}"
                f"?api-version={self.request.query_params['api-version']}"
                f"&$skiptoken={requests.skip_token(position(found[limit - 1]))}&maxresults={limit}"
            )
        return {"value": [item(version) for version in found[:limit]], "nextLink": link}


def attributes(found: Version) -> dict[str, Any]:
    """A version's own attributes."""
    times = {"nbf": found.attributes.not_before, "exp": found.attributes.expires}
    return {
        "enabled": found.attributes.enabled,
        **{name: value for name, value in times.items() if value is not None},
        "created": found.created,
        "updated": found.updated,
    }


def tags(found: Version) -> dict[str, Any]:
    """The `tags` member, where there are any."""
    return {"tags": dict(found.attributes.tags)} if found.attributes.tags else {}


Handler = Callable[[Exchange], Response]
