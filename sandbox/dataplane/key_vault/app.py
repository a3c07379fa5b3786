"""A vault's HTTPS endpoint: from request to answer, with an audit row for each.

Owns the order of the checks. What an operation does is its kind's module's.
"""

from __future__ import annotations

import json
import time
import uuid

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.cloud import Cloud
from sandbox.dataplane.audit import AuditLog, VaultRequest
from sandbox.dataplane.key_vault import (
    authorization,
    certificates,
    keys,
    network,
    operations,
    requests,
    secrets,
    throttle,
    vaults,
)
from sandbox.dataplane.key_vault.caller import authenticate
from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.dataplane.key_vault.exchange import Exchange
from sandbox.dataplane.key_vault.operations import Operation
from sandbox.dataplane.key_vault.throttle import Throttle, Transaction
from sandbox.dataplane.key_vault.vaults import Vault
from sandbox.vault_objects import Kind, VaultObjects

HOSTS = (f"*{vaults.SUFFIX}",)
TOO_LARGE = json.dumps(
    {"error": {"code": "RequestEntityTooLarge", "message": "The request body is too large."}}
)

_METHODS = ["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD", "OPTIONS"]


def app(cloud: Cloud) -> Starlette:
    """The app of all vaults; the request's host says which."""
    endpoint = _Endpoint(cloud)
    return Starlette(routes=[Route("/{rest:path}", endpoint.answer, methods=_METHODS)])


class _Endpoint:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._objects = VaultObjects(cloud.store)
        self._audit = AuditLog(cloud.store)
        self._throttle = Throttle()
        self._handlers = {**secrets.handlers(), **keys.handlers(), **certificates.handlers()}

    async def answer(self, request: Request) -> Response:
        started = time.perf_counter()
        vault = vaults.by_host(self._cloud)[request.scope["state"]["host"]]
        now = self._cloud.clock.now()
        exchange = Exchange(self._cloud, self._objects, vault, request, await request.body(), now)
        description = ""
        try:
            response = self._perform(exchange)
        except VaultError as error:
            description = error.inner or error.code
            response = error.response()
        request_id = str(uuid.uuid4())
        client_id = request.headers.get("x-ms-client-request-id")
        response.headers.update(_headers(exchange.vault, request_id, client_id, _address(request)))
        milliseconds = (time.perf_counter() - started) * 1000
        self._record(exchange, response, description, client_id or request_id, milliseconds)
        return response

    def _perform(self, exchange: Exchange) -> Response:
        """The answer of a success. Raises VaultError."""
        vault, request = exchange.vault, exchange.request
        exchange.object_uri = vault.uri
        requests.require_length(request)
        exchange.caller = caller = authenticate(self._cloud, request)
        requests.api_version(request)
        exchange.target = target = requests.target(request)
        operation = operations.find(request.method, target)
        exchange.operation = operation.name
        parts = (vault.uri, target.collection, target.name, target.version)
        exchange.object_uri = "/".join(part for part in parts if part)
        network.check(self._cloud, vault, caller, _address(request))
        self._throttle.count(vault, _transaction(exchange, operation), exchange.now)
        exchange.decision = authorization.authorize(
            self._cloud, vault, caller, operation, target.name
        )
        return self._handlers[operation.name](exchange)

    def _record(
        self,
        exchange: Exchange,
        response: Response,
        description: str,
        correlation_id: str,
        milliseconds: float,
    ) -> None:
        request = exchange.request
        api_version = request.query_params.get("api-version", "")
        # As it was sent: decoded, a `?` or `#` of a name would cut it off.
        path = request.scope["raw_path"].decode("latin-1")
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
            uri=f"{exchange.vault.uri}{path}?api-version={api_version}",
            object_uri=exchange.object_uri,
            caller=exchange.caller.claims if exchange.caller else None,
            rbac_authorized=exchange.decision is not None,
            assignment_id=exchange.decision.assignment_id if exchange.decision else None,
            properties=exchange.properties,
        )
        self._audit.record(record, self._cloud.clock.now())


def _transaction(exchange: Exchange, operation: Operation) -> Transaction:
    """What a request counts as in the vault's limits."""
    if operation.name == "SecretSet":
        return throttle.SECRET_CREATE
    if operation.kind is not Kind.KEY:
        return throttle.OTHER
    name = exchange.target.name
    found = exchange.collection(Kind.KEY).get(name, exchange.target.version) if name else None
    if operation.name == "KeyCreate":
        return throttle.key_create(b"-HSM" in exchange.body)
    hardware = found is not None and str(found.content["kty"]).endswith("-HSM")
    if operation.name == "KeyRotate":
        return throttle.key_create(hardware)
    return throttle.key_use(hardware, found.content["size"] if found else None)


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
