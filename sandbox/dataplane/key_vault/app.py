"""A vault's HTTPS endpoint: from request to answer, with an audit row for each.

Owns the order of the checks and the response bodies. Secrets are served: get, set, update, and the
two listings; every other operation is refused by name (501).
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.cloud import Cloud
from sandbox.dataplane.audit import AuditLog, VaultRequest
from sandbox.dataplane.key_vault import authorization, requests, vaults
from sandbox.dataplane.key_vault.authorization import Decision, Operation
from sandbox.dataplane.key_vault.caller import Caller, authenticate
from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.dataplane.key_vault.requests import Target
from sandbox.dataplane.key_vault.secrets import Secrets, Version
from sandbox.dataplane.key_vault.vaults import Vault

HOSTS = (f"*{vaults.SUFFIX}",)
TOO_LARGE = json.dumps(
    {"error": {"code": "RequestEntityTooLarge", "message": "The request body is too large."}}
)

_METHODS = ["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD", "OPTIONS"]
_DEFAULT_RETENTION_DAYS = 90


def app(cloud: Cloud) -> Starlette:
    """The app of all vaults; the request's host says which."""
    endpoint = _Endpoint(cloud)
    return Starlette(routes=[Route("/{rest:path}", endpoint.answer, methods=_METHODS)])


@dataclass
class _Exchange:
    """What becomes known of a request while it is answered: the audit row's material."""

    vault: Vault
    operation: str = "Authentication"
    caller: Caller | None = None
    decision: Decision | None = None
    object_uri: str = ""
    properties: dict[str, Any] = field(default_factory=dict)


_Handler = Callable[[_Exchange, Target, Request, bytes], dict[str, Any]]


class _Endpoint:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._secrets = Secrets(cloud.store)
        self._audit = AuditLog(cloud.store)

    async def answer(self, request: Request) -> Response:
        started = time.perf_counter()
        exchange = _Exchange(vaults.by_host(self._cloud)[request.scope["state"]["host"]])
        description = ""
        try:
            content = self._perform(exchange, request, await request.body())
            response: Response = JSONResponse(content)
        except VaultError as error:
            description = error.inner or error.code
            response = error.response()
        request_id = str(uuid.uuid4())
        client_id = request.headers.get("x-ms-client-request-id")
        response.headers.update(_headers(exchange.vault, request_id, client_id, _address(request)))
        self._record(
            exchange, request, response, description, client_id or request_id,
            (time.perf_counter() - started) * 1000,
        )  # fmt: skip
        return response

    def _perform(self, exchange: _Exchange, request: Request, body: bytes) -> dict[str, Any]:
        """The body of a success. Raises VaultError."""
        vault = exchange.vault
        exchange.object_uri = vault.uri
        exchange.caller = caller = authenticate(self._cloud, request)
        requests.api_version(request)
        target = requests.target(request)
        operation, exchange.operation, perform = self._choose(request.method, target)
        exchange.object_uri = _uri(vault, target)
        authorization.check_network(vault, _address(request))
        secret = None if operation is authorization.LIST and not target.versions else target.name
        exchange.decision = authorization.authorize(self._cloud, vault, caller, operation, secret)
        return perform(exchange, target, request, body)

    def _choose(self, method: str, target: Target) -> tuple[Operation, str, _Handler]:
        """A method on a target: its permission, its name in the audit log, its handler."""
        if method == "GET" and target.versions:
            return authorization.LIST, "SecretListVersions", self._list_versions
        if method == "GET" and target.name is None:
            return authorization.LIST, "SecretList", self._list
        if method == "GET":
            return authorization.GET, "SecretGet", self._get
        if method == "PUT" and target.name and not target.version and not target.versions:
            return authorization.SET, "SecretSet", self._set
        if method == "PATCH" and target.name and not target.versions:
            return authorization.UPDATE, "SecretUpdate", self._update
        raise VaultError.not_served(method, "/secrets" + ("/{name}" if target.name else ""))

    def _get(self, exchange: _Exchange, target: Target, _: Request, __: bytes) -> dict[str, Any]:
        found = self._find(exchange, target)
        if not found.attributes.enabled:
            raise VaultError.secret_disabled()
        return _bundle(exchange.vault, found) | {"value": found.value}

    def _set(self, exchange: _Exchange, target: Target, _: Request, body: bytes) -> dict[str, Any]:
        value, attributes = requests.secret(body)
        assert target.name is not None
        now = self._cloud.clock.now()
        made = self._secrets.add(exchange.vault, target.name, value, attributes, now)
        exchange.object_uri, exchange.properties = _describe(exchange.vault, made)
        return _bundle(exchange.vault, made) | {"value": made.value}

    def _update(
        self, exchange: _Exchange, target: Target, _: Request, body: bytes
    ) -> dict[str, Any]:
        found = self._find(exchange, target)
        attributes = requests.changes(body, found.attributes)
        now = self._cloud.clock.now()
        changed = self._secrets.update(exchange.vault, found, attributes, now)
        return _bundle(exchange.vault, changed)

    def _list(self, exchange: _Exchange, _: Target, request: Request, __: bytes) -> dict[str, Any]:
        after, limit = requests.page(request)
        found = self._secrets.newest(exchange.vault, after, limit + 1)
        last = found[limit - 1].name.lower() if len(found) > limit else None
        items = [_item(exchange.vault, version, with_version=False) for version in found[:limit]]
        return {"value": items, "nextLink": _next_link(exchange.vault, request, last, limit)}

    def _list_versions(
        self, exchange: _Exchange, target: Target, request: Request, _: bytes
    ) -> dict[str, Any]:
        after, limit = requests.page(request)
        assert target.name is not None
        found = self._secrets.versions(exchange.vault, target.name, after, limit + 1)
        last = found[limit - 1].version if len(found) > limit else None
        items = [_item(exchange.vault, version, with_version=True) for version in found[:limit]]
        return {"value": items, "nextLink": _next_link(exchange.vault, request, last, limit)}

    def _find(self, exchange: _Exchange, target: Target) -> Version:
        assert target.name is not None
        found = self._secrets.get(exchange.vault, target.name, target.version)
        if found is None:
            what = f"{target.name}/{target.version}" if target.version else target.name
            raise VaultError.secret_not_found(what)
        exchange.object_uri, exchange.properties = _describe(exchange.vault, found)
        return found

    def _record(
        self,
        exchange: _Exchange,
        request: Request,
        response: Response,
        description: str,
        correlation_id: str,
        milliseconds: float,
    ) -> None:
        api_version = request.query_params.get("api-version", "")
        record = VaultRequest(
            vault_id=exchange.vault.id,
            operation=exchange.operation,
            api_version=api_version,
            status=response.status_code,
            description=description,
            milliseconds=milliseconds,
            client_address=_address(request),
            user_agent=request.headers.get("user-agent", ""),
            correlation_id=correlation_id,
            uri=f"{exchange.vault.uri}{request.url.path}?api-version={api_version}",
            object_uri=exchange.object_uri,
            caller=exchange.caller.claims if exchange.caller else None,
            rbac_authorized=exchange.decision is not None,
            assignment_id=exchange.decision.assignment_id if exchange.decision else None,
            properties=exchange.properties,
        )
        self._audit.record(record, self._cloud.clock.now())


def _address(request: Request) -> str:
    return request.client.host if request.client else "127.0.0.1"


def _headers(vault: Vault, request_id: str, client_id: str | None, address: str) -> dict[str, str]:
    headers = {
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
        "Strict-Transport-Security": "max-age=31536000;includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "x-ms-keyvault-region": vault.location,
        "x-ms-keyvault-network-info": f"conn_type=Ipv4;addr={address};act_addr_fam=InterNetwork;",
        "x-ms-request-id": request_id,
    }
    return headers | ({} if client_id is None else {"x-ms-client-request-id": client_id})


def _uri(vault: Vault, target: Target) -> str:
    parts = [vault.uri, "secrets", target.name, "versions" if target.versions else target.version]
    return "/".join(part for part in parts if part)


def _bundle(vault: Vault, found: Version) -> dict[str, Any]:
    """SecretBundle without its value."""
    return _item(vault, found, with_version=True)


def _item(vault: Vault, found: Version, with_version: bool) -> dict[str, Any]:
    """SecretItem; in a listing of secrets its id names no version."""
    uri = f"{vault.uri}/secrets/{found.name}"
    item: dict[str, Any] = {
        "id": f"{uri}/{found.version}" if with_version else uri,
        "attributes": _attributes(vault, found),
        "tags": dict(found.attributes.tags or {}),
    }
    if found.attributes.content_type is not None:
        item["contentType"] = found.attributes.content_type
    return item


def _attributes(vault: Vault, found: Version) -> dict[str, Any]:
    days = int(vault.properties.get("softDeleteRetentionInDays") or _DEFAULT_RETENTION_DAYS)
    level = "Recoverable" if days == _DEFAULT_RETENTION_DAYS else "CustomizedRecoverable"
    purgeable = "" if vault.properties.get("enablePurgeProtection") else "+Purgeable"
    times = {"nbf": found.attributes.not_before, "exp": found.attributes.expires}
    return {
        "enabled": found.attributes.enabled,
        "created": found.created,
        "updated": found.updated,
        "recoveryLevel": level + purgeable,
        "recoverableDays": days,
    } | {name: value for name, value in times.items() if value is not None}


def _describe(vault: Vault, found: Version) -> tuple[str, dict[str, Any]]:
    """The audit row's `Id` and `SecretProperties`."""
    item = _item(vault, found, with_version=True)
    properties = {"type": found.attributes.content_type or "", "attributes": item["attributes"]}
    return str(item["id"]), properties


def _next_link(vault: Vault, request: Request, last: str | None, limit: int) -> str | None:
    if last is None:
        return None
    return (
        f"{vault.uri}:443{request.url.path}?api-version={request.query_params['api-version']}"
        f"&$skiptoken={requests.skip_token(last)}&maxresults={limit}"
    )
