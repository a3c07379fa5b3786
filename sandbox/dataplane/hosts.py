"""Which endpoint answers for which host name. Owns the mapping, not what an endpoint says."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum

from starlette.types import ASGIApp

from sandbox.cloud import Cloud
from sandbox.dataplane import backend, cloud_logging, entra, google, key_vault

_KIB = 1024


class Resolution(Enum):
    """What a host name is to the sandbox."""

    SERVED = "served"
    NO_SUCH_NAME = "no such name"
    """In a cloud's domain, but nothing has that name (the cloud's DNS would answer NXDOMAIN)."""
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Endpoint:
    """An ASGI app, the largest body it takes (bytes), its answer to a larger one (JSON)."""

    app: ASGIApp
    max_body: int
    too_large: str


@dataclass(frozen=True)
class _Route:
    endpoint: Endpoint
    names: Callable[[], Collection[str]]
    domains: tuple[str, ...] = ()
    """Suffixes (`.vault.azure.net`) beneath which every name belongs to this endpoint's cloud."""


class Hosts:
    """The hosts of both clouds and the sample backend; the gateway's own are added with `mount`."""

    def __init__(self, cloud: Cloud) -> None:
        self._routes = [
            _Route(
                Endpoint(module.app(cloud), 1024 * _KIB, module.TOO_LARGE),
                lambda names=frozenset(module.HOSTS): names,  # type: ignore[misc] # default binds the loop's value
            )
            for module in (google, entra, cloud_logging, backend)
        ]
        vaults = Endpoint(key_vault.app(cloud), 1024 * _KIB, key_vault.TOO_LARGE)
        domains = tuple(pattern.removeprefix("*") for pattern in key_vault.HOSTS)
        self._routes.append(_Route(vaults, lambda: key_vault.host_names(cloud), domains))

    def mount(
        self, names: Callable[[], Collection[str]], app: ASGIApp, max_body: int, too_large: str
    ) -> None:
        """Serve more hosts: `names` is asked each time, `too_large` is the body (JSON) of a 413.

        A host that a cloud's endpoint serves already keeps that endpoint.
        """
        self._routes.append(_Route(Endpoint(app, max_body, too_large), names))

    def names(self) -> list[str]:
        """Every host name that is served now."""
        return sorted({name for route in self._routes for name in route.names()})

    def domains(self) -> list[str]:
        """The clouds' domains whose names come and go, as patterns: `*.vault.azure.net`."""
        return sorted(f"*{domain}" for route in self._routes for domain in route.domains)

    def find(self, host: str) -> Endpoint | None:
        """The endpoint of `host` (lower case, without port), or None."""
        for route in self._routes:
            if host in route.names():
                return route.endpoint
        return None

    def resolve(self, host: str) -> Resolution:
        """What `host` (lower case, without port) is to the sandbox."""
        if self.find(host) is not None:
            return Resolution.SERVED
        if any(host.endswith(domain) for route in self._routes for domain in route.domains):
            return Resolution.NO_SUCH_NAME
        return Resolution.FOREIGN
