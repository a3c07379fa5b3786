"""What is deployed where, as the control plane's store says, and when each processor knows of it.

A view is built when the store has changed; bundles are compiled once for each revision. A change
reaches the first message processor at once and the others one after another, the last one after
`delays.DEPLOYMENT`; until then they serve what they have. Apigee documents no times. An environment
serves only where an instance is attached to it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from weakref import WeakKeyDictionary

from sandbox import delays
from sandbox.gateway import bundle
from sandbox.gateway.deployed import Deployed, FlowHook, Route, View
from sandbox.gateway.model import Bundle, ProxyEndpoint
from sandbox.gateway.names import last
from sandbox.gateway.revisions import Kind, Revisions
from sandbox.store import Body, Store

_log = logging.getLogger(__name__)

_GROUP = "gcp:apigee/envGroup:EnvGroup"
_GROUP_ATTACHMENT = "gcp:apigee/envGroupAttachment:EnvGroupAttachment"
_INSTANCE_ATTACHMENT = "gcp:apigee/instanceAttachment:InstanceAttachment"
_PROXY = "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment"
_SHARED_FLOW = "gcp:apigee/sharedflowDeployment:SharedflowDeployment"
_FLOW_HOOK = "gcp:apigee/flowhook:Flowhook"
_TYPES = (_GROUP, _GROUP_ATTACHMENT, _INSTANCE_ATTACHMENT, _PROXY, _SHARED_FLOW, _FLOW_HOOK)


def hosts(store: Store) -> set[str]:
    """Host names of environment groups, in lower case; whether anything is deployed or not."""
    known = _HOSTS.get(store)
    revision = store.revision_of((_GROUP,))
    if known is None or known[0] != revision:
        names = {
            str(name).lower()
            for group in store.all(_GROUP)
            for name in group.body.get("hostnames") or ()
        }
        known = _HOSTS[store] = (revision, names)
    return set(known[1])


# Asked with every request, so kept until the store changes.
_HOSTS: WeakKeyDictionary[Store, tuple[int, set[str]]] = WeakKeyDictionary()


class Deployments:
    """The views that the message processors have of the store; there are `processors` of them."""

    def __init__(self, store: Store, processors: int) -> None:
        self._store = store
        self._revisions = Revisions(store)
        self._bundles: dict[str, Bundle | None] = {}
        self._known = self._bundles  # by digest, as the view before had them
        self._lags = [
            delays.DEPLOYMENT * number / max(processors - 1, 1) for number in range(processors)
        ]
        self._revision = -1
        self._views: list[View] = []

    def find(
        self, processor: int, now: float, host: str, path: str
    ) -> tuple[View, Deployed, ProxyEndpoint] | None:
        """What serves a request on the processor of that number, and the view that it is part of.

        A processor that has nothing there yet isn't asked: what is new serves at once.
        """
        newest = self.newest()
        for view in (self._seen_by(processor, now), newest):
            found = view.find(host, path)
            if found is not None:
                return view, *found
        return None

    def newest(self) -> View:
        """What is deployed, whichever processors know it."""
        revision = self._store.revision_of(_TYPES)
        if self._revision != revision:
            self._views.append(self._build())
            self._revision = revision
        return self._views[-1]

    def _seen_by(self, processor: int, now: float) -> View:
        """The newest view that has reached the processor; the oldest that is left where none has."""
        if len(self._views) > 1 and self._views[-1].since + self._lags[-1] <= now:
            del self._views[:-1]
        reached = [v for v in self._views if v.since + self._lags[processor] <= now]
        return reached[-1] if reached else self._views[0]

    def _build(self) -> View:
        self._known, self._bundles = self._bundles, {}
        with self._store.transaction():  # what others write at the same time is in it or isn't
            shared = self._deployed("sharedflow", _SHARED_FLOW, "sharedflowId")
            return View(
                since=self._store.changed_at(_TYPES),
                routes=self._routes(),
                shared_flows={(d.environment, d.name): d for d in shared},
                flow_hooks=self._flow_hooks(),
            )

    def _routes(self) -> dict[str, list[Route]]:
        served = {
            last(body["environment"])
            for body in self._bodies(_INSTANCE_ATTACHMENT)
            if body.get("environment")
        }
        by_environment: dict[str, list[Deployed]] = defaultdict(list)
        for deployed in self._deployed("proxy", _PROXY, "api"):
            by_environment[deployed.environment].append(deployed)
        members: dict[str, list[str]] = defaultdict(list)
        for body in self._bodies(_GROUP_ATTACHMENT):
            members[last(body.get("envgroupId"))].append(last(body.get("environment")))
        routes: dict[str, list[Route]] = {}
        for group in self._store.all(_GROUP):
            found = [
                (endpoint.basepath, deployed, endpoint)
                for environment in members[last(group.id)]
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
            (last(body.get("environment")), str(body.get("flowHookPoint"))): FlowHook(
                last(body["sharedflow"]), body.get("continueOnError") is not False
            )
            for body in self._bodies(_FLOW_HOOK)
            if body.get("sharedflow")
        }

    def _deployed(self, kind: Kind, type_: str, name_field: str) -> list[Deployed]:
        found = []
        for body in self._bodies(type_):
            name, number = last(body.get(name_field)), int(body.get("revision") or 0)
            compiled = self._bundle(kind, name, number)
            if compiled is not None:
                account = body.get("serviceAccount") or None
                environment = last(body.get("environment"))
                found.append(
                    Deployed(name, number, environment, account and last(account), compiled)
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
            known = digest in self._known
            self._bundles[digest] = (
                self._known[digest] if known else self._compile(kind, name, number)
            )
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
