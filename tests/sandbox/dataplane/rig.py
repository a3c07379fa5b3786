"""A data plane on real sockets with real TLS, and the objects that a test seeds its store with."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import threading
import uuid
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, TypeVar, Unpack

import httpx
import uvloop

from sandbox import delays, google_tokens, world
from sandbox.cloud import Cloud
from sandbox.dataplane.audit import AuditLog
from sandbox.dataplane.connect import ConnectProxy
from sandbox.dataplane.hosts import Hosts
from sandbox.dataplane.server import Server
from sandbox.faults import Faults
from sandbox.pki import Authority

T = TypeVar("T")

GROUP = f"{world.SUBSCRIPTION}/resourceGroups/rg"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-alpha"
HOST = "kv-alpha.vault.azure.net"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader"
CLIENT_ID = "66666666-6666-4666-8666-666666666666"
PRINCIPAL_ID = "77777777-7777-4777-8777-777777777777"
ACCOUNT = f"apigee-kv-alpha@{world.PROJECT_ID}.iam.gserviceaccount.com"
UNIQUE_ID = "100000000000000000042"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
KEY_VAULT_READER = "21090545-7ca7-4776-b22c-e363652d74d2"
TOKEN_URL = f"https://login.microsoftonline.com/{world.TENANT_ID}/oauth2/v2.0/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
API = "api-version=2025-07-01"

_DAY = 86_400


class Options(TypedDict, total=False):
    """What else a request may have."""

    headers: dict[str, str]
    json: object
    data: dict[str, str]
    content: bytes | Iterable[bytes]


@dataclass
class Rig:
    cloud: Cloud
    authority: Authority
    hosts: Hosts
    proxy: ConnectProxy
    faults: Faults
    client: httpx.Client

    def request(self, method: str, url: str, **options: Unpack[Options]) -> httpx.Response:
        return self.client.request(method, url, **options)

    def insert(self, type_: str, id_: str, body: Mapping[str, Any], age: float = _DAY) -> None:
        self.cloud.store.insert(type_, id_, body, self.cloud.clock.now() - age)

    def vault(self, id_: str = VAULT, **properties: object) -> None:
        body = {
            "name": id_.rsplit("/", 1)[1],
            "location": "westeurope",
            "properties": {"enableRbacAuthorization": True, **properties},
        }
        self.insert("azure-native:keyvault:Vault", id_, body)

    def assign(
        self, role: str, scope: str = VAULT, principal: str = PRINCIPAL_ID, age: float = _DAY
    ) -> str:
        id_ = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        definition = (
            f"{world.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        )
        body = {"scope": scope, "principalId": principal, "roleDefinitionId": definition}
        self.insert("azure-native:authorization:RoleAssignment", id_, body, age)
        return id_

    def account(self) -> None:
        name = f"projects/{world.PROJECT_ID}/serviceAccounts/{ACCOUNT}"
        body = {"email": ACCOUNT, "uniqueId": UNIQUE_ID, "name": name}
        self.insert("gcp:serviceaccount/account:Account", name, body)

    def identity(self) -> None:
        body = {"name": "reader", "clientId": CLIENT_ID, "principalId": PRINCIPAL_ID}
        self.insert("azure-native:managedidentity:UserAssignedIdentity", IDENTITY, body)

    def credential(self, age: float = _DAY, **changes: object) -> str:
        id_ = f"{IDENTITY}/federatedIdentityCredentials/fc-{uuid.uuid4().hex[:6]}"
        body = {
            "issuer": world.GOOGLE_ISSUER,
            "subject": UNIQUE_ID,
            "audiences": [world.EXCHANGE_AUDIENCE],
            **changes,
        }
        type_ = "azure-native:managedidentity:FederatedIdentityCredential"
        self.insert(type_, id_, body, age)
        return id_

    def diagnostics(self, vault: str = VAULT, **log: object) -> None:
        workspace = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs"
        if self.cloud.store.get("azure-native:operationalinsights:Workspace", workspace) is None:
            self.insert("azure-native:operationalinsights:Workspace", workspace, {"name": "logs"})
        self.insert(
            "azure-native:monitor:DiagnosticSetting",
            f"{vault}/providers/microsoft.insights/diagnosticSettings/audit",
            {
                "workspaceId": workspace,
                "destination": "Dedicated",
                "logs": [{"enabled": True, **log}],
            },
        )

    def assertion(self) -> str:
        return google_tokens.mint_id_token(self.cloud, ACCOUNT, world.EXCHANGE_AUDIENCE, False)

    def google_claims(self, **changes: object) -> dict[str, Any]:
        now = int(self.cloud.clock.now())
        claims = {
            "iss": world.GOOGLE_ISSUER,
            "sub": UNIQUE_ID,
            "aud": world.EXCHANGE_AUDIENCE,
            "iat": now,
            "exp": now + 3600,
        }
        return {name: v for name, v in {**claims, **changes}.items() if v is not None}

    def exchange(self, **changes: str | None) -> httpx.Response:
        """A token request, correct but for `changes` (None leaves a field out)."""
        fields: dict[str, str | None] = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_assertion_type": ASSERTION_TYPE,
            "scope": "https://vault.azure.net/.default",
        }
        if "client_assertion" not in changes:
            fields["client_assertion"] = self.assertion()
        fields |= changes
        return self.request(
            "POST", TOKEN_URL, data={k: v for k, v in fields.items() if v is not None}
        )

    def vault_claims(self, **changes: object) -> dict[str, Any]:
        now = int(self.cloud.clock.now())
        claims = {
            "aud": "https://vault.azure.net",
            "iss": f"https://sts.windows.net/{world.TENANT_ID}/",
            "tid": world.TENANT_ID,
            "oid": PRINCIPAL_ID,
            "appid": CLIENT_ID,
            "nbf": now,
            "exp": now + 3600,
        }
        return {name: v for name, v in {**claims, **changes}.items() if v is not None}

    def vault_call(
        self, method: str, path: str, token: str | None = None, **options: Unpack[Options]
    ) -> httpx.Response:
        """A call with the reader's token; `path` may have a query, the API version is added."""
        bearer = token or self.cloud.entra_key.sign(self.vault_claims())
        options["headers"] = {"authorization": f"Bearer {bearer}", **options.get("headers", {})}
        query = ("&" if "?" in path else "?") + API
        return self.request(method, f"https://{HOST}{path}{query}", **options)

    def audit_rows(self) -> list[dict[str, Any]]:
        return AuditLog(self.cloud.store).rows(self.cloud.clock.now() + delays.AUDIT_ROW)


def unsigned(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """A JWT's first two parts."""
    parts = (json.dumps(dict(part)).encode() for part in (header, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@contextmanager
def running(
    folder: Path,
    pki: Path,
    new_loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop,
) -> Iterator[Rig]:
    """A data plane in a thread of its own, on `folder`'s state and the keys in `pki`."""
    cloud = Cloud.open(folder / "state.db", pki)
    authority = Authority(pki)
    hosts = Hosts(cloud)
    loop = new_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def call(coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    server = Server(cloud, authority, hosts)
    proxy = call(ConnectProxy.start(server))
    try:
        with httpx.Client(proxy=proxy.url, verify=authority.client_context()) as client:
            yield Rig(cloud, authority, hosts, proxy, server.faults, client)
    finally:
        call(proxy.close())
        call(server.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        cloud.store.close()


def trusting(rig: Rig) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(rig.authority.certificate))
