"""A gateway over an empty organization, into which tests deploy small bundles."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from sandbox import delays
from sandbox.cloud import Cloud
from sandbox.gateway import ingress
from sandbox.gateway.processors import DEFAULT_COUNT
from sandbox.gateway.revisions import Revisions

HOST = "alpha.api.example.com"
ACCOUNT = "runtime@sandbox-gateway.iam.gserviceaccount.com"
_ORG = "organizations/sandbox-gateway"


def pack(files: Mapping[str, str | bytes]) -> bytes:
    """A zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _policies(root: str, policies: tuple[str, ...]) -> dict[str, str | bytes]:
    return {f"{root}/policies/{index}.xml": text for index, text in enumerate(policies)}


def proxy_files(
    *policies: str,
    request: str = "",
    response: str = "",
    proxy: str = "",
    target: str = "",
    connection: str = "<URL>https://backend.test/base</URL>",
    route: str = "<RouteRule name='r'><TargetEndpoint>default</TargetEndpoint></RouteRule>",
    basepath: str = "/p",
) -> dict[str, str | bytes]:
    """A proxy bundle's files; `request` and `response` are the PreFlow's steps."""
    return {
        "apiproxy/p.xml": '<APIProxy name="p" revision="1"/>',
        "apiproxy/proxies/default.xml": (
            f'<ProxyEndpoint name="default"><PreFlow name="PreFlow"><Request>{request}</Request>'
            f"<Response>{response}</Response></PreFlow>{proxy}<HTTPProxyConnection>"
            f"<BasePath>{basepath}</BasePath></HTTPProxyConnection>{route}</ProxyEndpoint>"
        ),
        "apiproxy/targets/default.xml": (
            f'<TargetEndpoint name="default">{target}'
            f"<HTTPTargetConnection>{connection}</HTTPTargetConnection></TargetEndpoint>"
        ),
        **_policies("apiproxy", policies),
    }


def shared_files(*policies: str, steps: str) -> dict[str, str | bytes]:
    """A shared flow bundle's files."""
    return {
        "sharedflowbundle/s.xml": '<SharedFlowBundle name="s" revision="1"/>',
        "sharedflowbundle/sharedflows/default.xml": (
            f'<SharedFlow name="default">{steps}</SharedFlow>'
        ),
        **_policies("sharedflowbundle", policies),
    }


def steps(*names: str) -> str:
    """Unconditional steps."""
    return "".join(f"<Step><Name>{name}</Name></Step>" for name in names)


Handler = Callable[[httpx.Request], httpx.Response]


def _echo(request: httpx.Request) -> httpx.Response:
    """A backend that says what it was asked."""
    told = {
        "method": request.method,
        "url": str(request.url),
        "headers": dict(request.headers),
        "content": request.content.decode(),
    }
    return httpx.Response(200, json=told)


@dataclass
class Answer:
    """What the client got."""

    status: int
    headers: httpx.Headers
    content: bytes

    def json(self) -> Any:  # noqa: ANN401 - JSON of any shape
        """The body, parsed."""
        return json.loads(self.content)

    @property
    def fault(self) -> str:
        """The error code of a fault's body."""
        return str(self.json()["fault"]["detail"]["errorcode"])


@dataclass
class Site:
    """The organization, its gateway and what answers its calls."""

    cloud: Cloud
    hosts: dict[str, Handler] = field(default_factory=lambda: {"backend.test": _echo})
    calls: list[httpx.Request] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    processors: int = DEFAULT_COUNT

    def __post_init__(self) -> None:
        self.restart()
        self.put("envGroup:EnvGroup", f"{_ORG}/envgroups/g", hostnames=[HOST])
        self.put(
            "envGroupAttachment:EnvGroupAttachment",
            f"{_ORG}/envgroups/g/attachments/a",
            envgroupId=f"{_ORG}/envgroups/g",
            environment="alpha",
        )
        self.put(
            "instanceAttachment:InstanceAttachment",
            f"{_ORG}/instances/i/attachments/a",
            environment="alpha",
        )

    def restart(self) -> None:
        """Start the gateway anew, with nothing in its memory and `processors` processors."""
        self.gateway = ingress.app(self.cloud, self._connect, self.processors)

    def add_environment(self, name: str, host: str) -> None:
        """A further environment that serves a host name of its own."""
        group = f"{_ORG}/envgroups/{name}"
        self.put("envGroup:EnvGroup", group, hostnames=[host])
        self.put(
            "envGroupAttachment:EnvGroupAttachment",
            f"{group}/attachments/a",
            envgroupId=group,
            environment=name,
        )
        self.put(
            "instanceAttachment:InstanceAttachment",
            f"{_ORG}/instances/i/attachments/{name}",
            environment=name,
        )

    def deploy_again(self, name: str, environment: str, revision: int = 1) -> None:
        """Deploy a proxy's revision in another environment too."""
        self.put(
            "environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment",
            f"{_ORG}/environments/{environment}/apis/{name}/revisions/{revision}/deployments",
            environment=environment,
            revision=revision,
            serviceAccount=ACCOUNT,
            api=name,
        )

    def paths(self) -> set[str]:
        """Proxies that are deployed in `alpha`, as the paths that `proxy_files` gives them."""
        type_ = "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment"
        return {f"/{found.body['api']}" for found in self.cloud.store.all(type_)}

    def _connect(self, address: str) -> httpx.AsyncClient:
        """A client whose calls are noted with the address that they leave from."""

        def handle(request: httpx.Request) -> httpx.Response:
            self.sources.append(address)
            return self._handle(request)

        return httpx.AsyncClient(transport=httpx.MockTransport(handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        handler = self.hosts.get(request.url.host)
        if handler is None:
            raise httpx.ConnectError(f"no route to {request.url.host}")
        return handler(request)

    def put(self, kind: str, object_id: str, **body: object) -> None:
        """Store an object as the control plane would."""
        lower = kind.split(":", maxsplit=1)[0]
        type_ = f"gcp:apigee/{lower}:{kind.split(':')[1]}"
        self.cloud.store.insert(type_, object_id, body, self.cloud.clock.now())

    def deploy(
        self, files: Mapping[str, str | bytes], name: str = "p", account: str | None = ACCOUNT
    ) -> int:
        """Import and deploy a bundle in `alpha`; returns its revision.

        Waits until every processor knows a new revision of what was deployed already.
        """
        shared = any(file.startswith("sharedflowbundle") for file in files)
        kind = "sharedflows" if shared else "apis"
        revision = Revisions(self.cloud.store).add(
            "sharedflow" if shared else "proxy", name, pack(files)
        )
        self.put(
            "sharedflowDeployment:SharedflowDeployment"
            if shared
            else "environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment",
            f"{_ORG}/environments/alpha/{kind}/{name}/revisions/{revision}/deployments",
            environment="alpha",
            revision=str(revision) if shared else revision,
            serviceAccount=account,
            **{"sharedflowId" if shared else "api": name},
        )
        if revision > 1:
            self.spread()
        return revision

    def spread(self) -> None:
        """Wait until every processor knows what is deployed."""
        self.cloud.clock.advance(delays.DEPLOYMENT)

    def key_value(self, key: str, value: str, environment: str = "alpha") -> str:
        """Put an entry into the map `m`; returns its id."""
        entry = f"{_ORG}/environments/{environment}/keyvaluemaps/m/entries/{key}"
        kind = "environmentKeyvaluemapsEntries:EnvironmentKeyvaluemapsEntries"
        self.put(kind, entry, name=key, value=value)
        return entry

    def request(
        self,
        path: str = "/p",
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        host: str = HOST,
    ) -> Answer:
        """Send a request and wait for the answer and for all that follows it."""

        async def send() -> Answer:
            transport = httpx.ASGITransport(app=self.gateway)
            async with httpx.AsyncClient(transport=transport) as client:
                url = f"https://{host}{path}"
                got = await client.request(method, url, headers=headers, content=content)
            await self.gateway.drain()
            return Answer(got.status_code, got.headers, got.content)

        return asyncio.run(send())
