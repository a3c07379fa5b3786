"""What is deployed where, as the control plane's store says: a view for routing requests.

The view is rebuilt when the store has changed; bundles are compiled once for each revision. An
environment serves only where an instance is attached to it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from sandbox.gateway import bundle
from sandbox.gateway.model import Bundle, HookPoint, ProxyEndpoint
from sandbox.gateway.revisions import Kind, Revisions
from sandbox.store import Body, Store

_log = logging.getLogger(__name__)

_GROUP = "gcp:apigee/envGroup:EnvGroup"
_GROUP_ATTACHMENT = "gcp:apigee/envGroupAttachment:EnvGroupAttachment"
_INSTANCE_ATTACHMENT = "gcp:apigee/instanceAttachment:InstanceAttachment"
_PROXY = "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment"
_SHARED_FLOW = "gcp:apigee/sharedflowDeployment:SharedflowDeployment"
_FLOW_HOOK = "gcp:apigee/flowhook:Flowhook"


def hosts(store: Store) -> set[str]:
    """Host names of environment groups, in lower case; whether anything is deployed or not."""
    known = _HOSTS.get(store)
    if known is None or known[0] != store.revision:
        revision = store.revision
        names = {
            str(name).lower()
            for group in store.all(_GROUP)
            for name in group.body.get("hostnames") or ()
        }
        known = _HOSTS[store] = (revision, names)
    return set(known[1])


# Asked with every request, so kept until the store changes.
_HOSTS: WeakKeyDictionary[Store, tuple[int, set[str]]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Deployed:
    """A revision in an environment, under a service account's email (None without one)."""

    name: str
    revision: int
    environment: str
    service_account: str | None
    bundle: Bundle


@dataclass(frozen=True)
class FlowHook:
    """What is attached to a flow hook; whether its faults are passed over."""

    shared_flow: str
    continue_on_error: bool


@dataclass
class _View:
    """Routes are sorted so that the longest base path comes first."""

    revision: int = -1
    routes: dict[str, list[tuple[str, Deployed, ProxyEndpoint]]] = field(default_factory=dict)
    shared_flows: dict[tuple[str, str], Deployed] = field(default_factory=dict)
    flow_hooks: dict[tuple[str, str], FlowHook] = field(default_factory=dict)


class Deployments:
    """Answers from the newest view of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._revisions = Revisions(store)
        self._bundles: dict[str, Bundle | None] = {}
        self._current = _View()

    def find(self, host: str, path: str) -> tuple[Deployed, ProxyEndpoint] | None:
        """The deployed proxy whose base path is the longest that the path lies beneath."""
        for basepath, deployed, endpoint in self._view().routes.get(host, ()):
            if path.startswith(basepath) and path[len(basepath) : len(basepath) + 1] in ("", "/"):
                return deployed, endpoint
        return None

    def shared_flow(self, environment: str, name: str) -> Deployed | None:
        """A shared flow that is deployed in the environment."""
        return self._view().shared_flows.get((environment, name))

    def proxy_revision(self, environment: str, name: str) -> int | None:
        """The revision of a proxy that serves in the environment, or None."""
        for routes in self._view().routes.values():
            for _, deployed, _ in routes:
                if (deployed.environment, deployed.name) == (environment, name):
                    return deployed.revision
        return None

    def flow_hook(self, environment: str, point: HookPoint) -> FlowHook | None:
        """What is attached to a flow hook of the environment."""
        return self._view().flow_hooks.get((environment, point))

    def _view(self) -> _View:
        revision = self._store.revision
        if self._current.revision != revision:
            self._current = self._build(revision)
        return self._current

    def _build(self, revision: int) -> _View:
        shared = self._deployed("sharedflow", _SHARED_FLOW, "sharedflowId")
        return _View(
            revision=revision,
            routes=self._routes(),
            shared_flows={(d.environment, d.name): d for d in shared},
            flow_hooks=self._flow_hooks(),
        )

    def _routes(self) -> dict[str, list[tuple[str, Deployed, ProxyEndpoint]]]:
        served = {
            _last(body["environment"])
            for body in self._bodies(_INSTANCE_ATTACHMENT)
            if body.get("environment")
        }
        by_environment: dict[str, list[Deployed]] = defaultdict(list)
        for deployed in self._deployed("proxy", _PROXY, "api"):
            by_environment[deployed.environment].append(deployed)
        members: dict[str, list[str]] = defaultdict(list)
        for body in self._bodies(_GROUP_ATTACHMENT):
            members[_last(body.get("envgroupId"))].append(_last(body.get("environment")))
        routes: dict[str, list[tuple[str, Deployed, ProxyEndpoint]]] = {}
        for group in self._store.all(_GROUP):
            found = [
                (endpoint.basepath, deployed, endpoint)
                for environment in members[_last(group.id)]
                if environment in served
                for deployed in by_environment[environment]
                for endpoint in deployed.bundle.proxies
            ]
            found.sort(key=lambda route: len(route[0]), reverse=True)
            for host in group.body.get("hostnames") or ():
                routes[str(host).lower()] = found
        return routes

    def _flow_hooks(self) -> dict[tuple[str, str], FlowHook]:
        return {
            (_last(body.get("environment")), str(body.get("flowHookPoint"))): FlowHook(
                _last(body["sharedflow"]), body.get("continueOnError") is not False
            )
            for body in self._bodies(_FLOW_HOOK)
            if body.get("sharedflow")
        }

    def _deployed(self, kind: Kind, type_: str, name_field: str) -> list[Deployed]:
        found = []
        for body in self._bodies(type_):
            name, number = _last(body.get(name_field)), int(body.get("revision") or 0)
            compiled = self._bundle(kind, name, number)
            if compiled is not None:
                account = body.get("serviceAccount") or None
                environment = _last(body.get("environment"))
                found.append(
                    Deployed(name, number, environment, account and _last(account), compiled)
                )
        # Where two revisions of one name are deployed (an override under way), the newer serves.
        newest = {(d.environment, d.name): d for d in sorted(found, key=lambda d: d.revision)}
        return list(newest.values())

    def _bundle(self, kind: Kind, name: str, number: int) -> Bundle | None:
        digest = self._revisions.digest(kind, name, number)
        if digest is None:
            _log.error("%s %s has no revision %d although it is deployed", kind, name, number)
            return None
        if digest not in self._bundles:
            self._bundles[digest] = self._compile(kind, name, number)
        return self._bundles[digest]

    def _compile(self, kind: Kind, name: str, number: int) -> Bundle | None:
        content = self._revisions.get(kind, name, number)
        try:
            return bundle.load(content or b"", kind)
        except bundle.BundleError as error:
            # The control plane refuses such a bundle; an older sandbox may have taken it.
            _log.error("%s %s revision %d can't run: %s", kind, name, number, error)
            return None

    def _bodies(self, type_: str) -> list[Body]:
        return [stored.body for stored in self._store.all(type_)]


def _last(name: object) -> str:
    """The last segment of a full resource name; a bare name as it is."""
    return str(name or "").rpartition("/")[2]
