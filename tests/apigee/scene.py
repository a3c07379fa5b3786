"""A gateway with both bundles deployed, and clouds that answer as a test scripts them.

Owns the wiring: how the flow acts on each answer is tested here one answer at a time, against no
network. The clouds' own rules, and all parts together, are tested elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs

import httpx

from components.gateway import bundles
from components.gateway.gateway_environment import MASKED_VARIABLES
from sandbox.clock import Clock
from sandbox.cloud import Cloud
from sandbox.gateway import ingress
from sandbox.gateway.processors import DEFAULT_COUNT
from sandbox.gateway.revisions import Kind, Revisions
from sandbox.store import Store
from tests.apigee.answers import ASSERTION, NAME, Answer, entra_answer, vault_answer
from tests.apigee.sources import ROOT

# The calls of a request that finds nothing cached, and those for a token alone.
COLD = ["google", "entra", "vault"]
MINT = COLD[:2]
# Client ids of two generations of the identity.
FIRST = "55555555-5555-4555-8555-555555555555"
SECOND = "66666666-6666-4666-8666-666666666666"
ACCOUNT = "apigee-kv-alpha@sandbox-gateway.iam.gserviceaccount.com"
_Sent = TypeVar("_Sent")
_ORGANIZATION = "organizations/sandbox-gateway"
_VAULTS = ".vault.azure.net"


def declaration(environment: str) -> dict[str, str]:
    """The usual declaration of an environment, whose vault is `kv-` and its name."""
    return {
        f"grant.{NAME}.orders-v1": "allowed",
        "identity.odd": f"0001:{FIRST}",
        "identity.tenant-id": "11111111-1111-4111-8111-111111111111",
        "vault.host": f"kv-{environment}{_VAULTS}",
        "token.seconds": "600",
    }


@dataclass
class Scene:
    """The clouds' next answers (the last one repeats) and all that the gateway sent."""

    cloud: Cloud
    google: list[Answer] = field(
        default_factory=lambda: [httpx.Response(200, json={"token": ASSERTION})]
    )
    entra: list[Answer] = field(default_factory=lambda: [entra_answer()])
    vault: list[Answer] = field(default_factory=lambda: [vault_answer()])
    others: dict[str, list[Answer]] = field(default_factory=dict)
    masked: tuple[str, ...] = MASKED_VARIABLES
    processors: int = DEFAULT_COUNT
    sent: list[tuple[str, httpx.Request]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the gateway on this scene's clouds."""
        self.waiting = 0
        self._let_go: asyncio.Event | None = None
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer_in_time))
        self._gateway = ingress.app(self.cloud, lambda address: client, self.processors)

    def calls(self) -> list[str]:
        """What was called since the last time this was asked; the backend and the log apart."""
        names = [name for name, _ in self.sent if name != "backend"]
        self.sent.clear()
        return names

    def request(self, name: str) -> httpx.Request:
        """The last request to a cloud or to the backend."""
        return next(request for sent, request in reversed(self.sent) if sent == name)

    async def get(
        self, path: str = "/orders/v1/orders", environment: str = "alpha", **headers: str
    ) -> httpx.Response:
        """Send a GET through the gateway, and wait for its log line."""
        return await self.send("GET", path, environment, headers)

    async def send(
        self, verb: str, path: str, environment: str, headers: dict[str, str], content: str = ""
    ) -> httpx.Response:
        """Send a request through the gateway, and wait for its log line."""
        transport = httpx.ASGITransport(app=self._gateway)
        base = f"https://{_host(environment)}"
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            response = await client.request(verb, path, headers=headers, content=content)
        await self._gateway.drain()
        return response

    async def together(self, sends: Sequence[Coroutine[Any, Any, _Sent]]) -> list[_Sent]:
        """Send requests of one moment: no call of theirs is answered before all have begun."""
        self._let_go = asyncio.Event()
        tasks = [asyncio.ensure_future(send) for send in sends]
        while self.waiting + sum(task.done() for task in tasks) < len(tasks):
            await asyncio.sleep(0)
        self._let_go.set()
        return list(await asyncio.gather(*tasks))

    def debug(self, environment: str, proxy: str = "orders-v1") -> Callable[[], str]:
        """Start a debug session of a proxy; the result tells what it has recorded."""
        sessions = self._gateway.debug
        session = sessions.start(environment, proxy, self.cloud.clock.now())
        return lambda: json.dumps(sessions.transactions(session))

    def declare(self, key: str, value: str | None, environment: str = "alpha") -> None:
        """Set an entry of the environment's key value map, or take it out."""
        kind = "gcp:apigee/environmentKeyvaluemapsEntries:EnvironmentKeyvaluemapsEntries"
        place = f"{_ORGANIZATION}/environments/{environment}"
        id_ = f"{place}/keyvaluemaps/azure-key-vault/entries/{key}"
        now = self.cloud.clock.now()
        if self.cloud.store.get(kind, id_) is not None:
            self.cloud.store.remove(kind, id_, now)
        if value is not None:
            self.cloud.store.insert(kind, id_, {"name": key, "value": value}, now)

    def put(self, kind: str, path: str, body: dict[str, object]) -> None:
        """Make an object of the organization, by the last parts of its type and of its id."""
        now = self.cloud.clock.now()
        self.cloud.store.insert(f"gcp:apigee/{kind}", f"{_ORGANIZATION}/{path}", body, now)

    async def _answer_in_time(self, request: httpx.Request) -> httpx.Response:
        if self._let_go is not None and not self._let_go.is_set():
            self.waiting += 1
            await self._let_go.wait()
            self.waiting -= 1
        return self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        if host == "logging.googleapis.com":
            entries = json.loads(request.content)["entries"]
            self.lines += [entry["jsonPayload"] for entry in entries]
            return httpx.Response(200, json={})
        scripts: dict[str, tuple[str, list[Answer]]] = {
            "iamcredentials.googleapis.com": ("google", self.google),
            "login.microsoftonline.com": ("entra", self.entra),
            "orders.backend.example.com": ("backend", [httpx.Response(200, json={"orders": []})]),
            **{other: (other, answers) for other, answers in self.others.items()},
        }
        vault = ("vault", self.vault) if host.endswith(_VAULTS) else None
        name, script = vault or scripts[host]
        self.sent.append((name, request))
        answer = script.pop(0) if len(script) > 1 else script[0]
        if not isinstance(answer, (httpx.Response, type)):
            answer = answer(request)
        if isinstance(answer, httpx.Response):
            return httpx.Response(
                answer.status_code, headers=answer.headers, content=answer.content
            )
        raise answer("scripted")


def _host(environment: str) -> str:
    return f"{environment}.api.example.com"


def open_scene(
    folder: Path,
    keys: Path,
    sources: Path = ROOT,
    environments: Sequence[str] = ("alpha",),
    proxies: Sequence[str] = ("orders-v1",),
    masked: Sequence[str] = (),
    processors: int = DEFAULT_COUNT,
    clock: Callable[[Store], Clock] | None = None,
) -> Scene:
    """Deploy the flow and proxies to each environment with the usual declaration and debug mask.

    Arguments:
        folder: an empty one for this scene's state.
        keys: one for the signing keys, which scenes may share: making them takes long.
        sources: the folder of the bundles' sources, or of a copy with a change.
        environments: their names.
        proxies: the proxies' names.
        masked: what the debug mask hides beside what it always does.
        processors: the number of message processors.
        clock: makes the clouds' clock; None: the sandbox's own.
    """
    cloud = Cloud.open(folder / "state.db", keys)
    cloud = replace(cloud, clock=clock(cloud.store)) if clock else cloud
    scene = Scene(cloud, masked=(*MASKED_VARIABLES, *masked), processors=processors)
    for environment in environments:
        _attach(scene, environment)
    deployed: list[tuple[bundles.BundleKind, Kind, str, str, str]] = [
        (
            bundles.SHARED_FLOW,
            "sharedflow",
            "azure-key-vault",
            "sharedflowDeployment:SharedflowDeployment",
            "sharedflowId",
        ),
        *(
            (
                bundles.PROXY,
                "proxy",
                proxy,
                "environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment",
                "api",
            )
            for proxy in proxies
        ),
    ]
    for kind, store_kind, name, token, key in deployed:
        archive = Path(bundles.build(kind, name, sources=sources, output=folder))
        revision = Revisions(cloud.store).add(store_kind, name, archive.read_bytes())
        for environment in environments:
            body: dict[str, object] = {key: name, "revision": revision, "serviceAccount": ACCOUNT}
            body |= {"environment": environment, "orgId": "sandbox-gateway"}
            scene.put(token, f"deployments/{environment}/{name}", body)
    return scene


def _attach(scene: Scene, environment: str) -> None:
    """Make an environment that is reached, masked and has the usual declaration."""
    path = f"{_ORGANIZATION}/environments/{environment}"
    group = f"envgroups/{environment}"
    hosts: dict[str, object] = {"name": environment, "hostnames": [_host(environment)]}
    scene.put("envGroup:EnvGroup", group, hosts)
    member: dict[str, object] = {
        "envgroupId": f"{_ORGANIZATION}/{group}",
        "environment": environment,
    }
    scene.put("envGroupAttachment:EnvGroupAttachment", f"{group}/attachments/{environment}", member)
    scene.put(
        "instanceAttachment:InstanceAttachment",
        f"instances/europe-west1/attachments/{environment}",
        {"environment": path},
    )
    mask: dict[str, object] = {"variables": list(scene.masked)}
    scene.put(
        "environmentDebugmask:EnvironmentDebugmask", f"environments/{environment}/debugmask", mask
    )
    for entry, value in declaration(environment).items():
        scene.declare(entry, value, environment)


def get(scene: Scene, path: str = "/orders/v1/orders", **headers: str) -> httpx.Response:
    """Send a request through the scene's gateway, and wait for its log line."""
    return asyncio.run(scene.get(path, **headers))


Edit = tuple[str, str, str]
"""A change of the sample proxy: a file's path, the old text and the new. No old text: a new file."""


def with_parameters(**parameters: str) -> Edit:
    """An edit by which the sample's FlowCallout hands over more than a name (`__` is a dot)."""
    more = "".join(
        f'<Parameter name="{name.replace("__", ".")}">{value}</Parameter>'
        for name, value in parameters.items()
    )
    return "policies/FC-OrdersKey.xml", "</Parameters>", f"{more}</Parameters>"


def edited_sources(folder: Path, *edits: Edit) -> Path:
    """A copy of the bundles' sources in which the sample proxy differs."""
    sources = folder / "apigee"
    shutil.copytree(ROOT, sources)
    for file, old, new in edits:
        path = sources / "proxies" / "orders-v1" / "apiproxy" / file
        assert old in path.read_text() if old else not path.exists()
        path.write_text(path.read_text().replace(old, new, 1) if old else new)
    return sources


def form(request: httpx.Request) -> dict[str, str]:
    """The fields of a request's form."""
    return {name: values[0] for name, values in parse_qs(request.content.decode()).items()}


Script = Callable[[Scene], None]
