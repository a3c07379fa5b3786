"""A throw-away sandbox for one sample: an environment, its deployed bundles, requests to them.

The store holds what the control plane would have put there. Calls go to the clouds' endpoints in
this process; any other host is out of reach, and which hosts were asked for is kept.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import httpx

from sandbox.cloud import Cloud
from sandbox.dataplane.hosts import Hosts
from sandbox.gateway import ingress
from sandbox.gateway.revisions import Revisions
from sandbox.trial.samples import Found, pack

HOST = "trial.api.example.com"
_ORGANIZATION = "organizations/sandbox-gateway"
_ENVIRONMENT = "trial"
_ACCOUNT = "trial@sandbox-gateway.iam.gserviceaccount.com"
_TYPES = {
    "sharedflow": ("gcp:apigee/sharedflowDeployment:SharedflowDeployment", "sharedflowId"),
    "proxy": (
        "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment",
        "api",
    ),
}


@dataclass(frozen=True)
class Answer:
    """What the gateway answered, and the hosts out of reach that it called meanwhile."""

    status: int
    headers: httpx.Headers
    text: str
    out_of_reach: tuple[str, ...]


@dataclass
class _Network(httpx.AsyncBaseTransport):
    """Reaches the clouds' endpoints only."""

    hosts: Hosts
    refused: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host.lower()
        endpoint = self.hosts.find(host)
        if endpoint is None:
            self.refused.append(host)
            raise httpx.ConnectError(f"{host} is not a host of the sandbox")
        return await httpx.ASGITransport(app=endpoint.app).handle_async_request(request)


class Stage:
    """Use as a context manager; the sandbox's folder goes with it.

    `keys` is a folder for signing keys, which take a while to make and may be shared.
    """

    def __init__(self, keys: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="apigee-keyvault-trial-")
        root = Path(self._folder.name)
        self._cloud = Cloud.open(root / "state.db", keys)
        self._network = _Network(Hosts(self._cloud))
        self._gateway = ingress.app(self._cloud, self._connect)
        group = f"{_ORGANIZATION}/envgroups/trial"
        self._put("gcp:apigee/envGroup:EnvGroup", group, hostnames=[HOST])
        self._put(
            "gcp:apigee/envGroupAttachment:EnvGroupAttachment",
            f"{group}/attachments/trial",
            envgroupId=group,
            environment=_ENVIRONMENT,
        )
        self._put(
            "gcp:apigee/instanceAttachment:InstanceAttachment",
            f"{_ORGANIZATION}/instances/trial/attachments/trial",
            environment=_ENVIRONMENT,
        )

    def _connect(self, address: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=self._network)

    def __enter__(self) -> Stage:
        """The stage itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store and delete the folder."""
        self._cloud.store.close()
        self._folder.cleanup()

    def deploy(self, found: Found) -> None:
        """Import a bundle and deploy it under a service account that no role is granted to."""
        name = found.name
        revision = Revisions(self._cloud.store).add(found.kind, name, pack(found.files))
        type_, field_name = _TYPES[found.kind]
        kind = "apis" if found.kind == "proxy" else "sharedflows"
        self._put(
            type_,
            f"{_ORGANIZATION}/environments/{_ENVIRONMENT}/{kind}/{name}/revisions/{revision}",
            environment=_ENVIRONMENT,
            revision=revision,
            serviceAccount=_ACCOUNT,
            **{field_name: name},
        )

    def request(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Answer:
        """Send a request through the gateway's front door. `path` may have a query."""
        self._network.refused.clear()

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._gateway)
            async with httpx.AsyncClient(transport=transport) as client:
                url = f"https://{HOST}{path}"
                answer = await client.request(method, url, headers=dict(headers), content=content)
            await self._gateway.drain()
            return answer

        got = asyncio.run(send())
        unreached = tuple(dict.fromkeys(self._network.refused))
        return Answer(got.status_code, got.headers, got.text, unreached)

    def _put(self, type_: str, object_id: str, **body: object) -> None:
        self._cloud.store.insert(type_, object_id, body, self._cloud.clock.now())
