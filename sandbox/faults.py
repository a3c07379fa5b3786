"""Faults of the clouds' hosts, switched on by whoever runs the sandbox: none happens by itself.

Owns which fault is on where and how often it has happened. What a host then answers is
`dataplane.fault_answers`'s, when it happens `dataplane.server`'s. Gone with the process.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sandbox.dataplane.hosts import Hosts, Resolution

_MOST_MILLISECONDS = 600_000
_MOST_REQUESTS = 1_000_000


class Kind(StrEnum):
    """What goes wrong. All but LATENCY keep the request from the endpoint."""

    OUTAGE = "outage"
    """The connection ends without an answer."""
    STATUS = "status"
    """An answer of that status, with the body that the host's cloud gives it."""
    UNREADABLE = "unreadable"
    """200 with a body that is none of the cloud's: HTML, as a proxy in between would send."""
    LATENCY = "latency"
    """The answer, or the other fault, comes later."""


@dataclass
class Fault:
    """One fault of one host. `value`: the status, or milliseconds; 0 where a kind has none.

    `requests` counts down the requests that it still befalls (None: until cleared), `happened` up.
    """

    host: str
    kind: Kind
    value: int
    requests: int | None
    happened: int = 0

    def as_json(self) -> dict[str, Any]:
        """A JSON object with the fields' names."""
        return asdict(self)


class Faults:
    """The faults that are on. One LATENCY and one other kind for each host or domain."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._on: dict[tuple[str, bool], Fault] = {}

    def switch_on(
        self, host: str, kind: str, value: int | None = None, requests: int | None = None
    ) -> Fault:
        """Let `kind` befall `host` for so many `requests` (None: until cleared).

        `host` is a name that is served now or a cloud's domain (`*.vault.azure.net`). Replaces what
        is on there. Raises ValueError, saying which argument is wrong.
        """
        name = host.lower()
        self._check_host(name)
        if kind not in set(Kind):
            raise ValueError(f"{kind}: a fault is one of {', '.join(Kind)}")
        if requests is not None and not 1 <= requests <= _MOST_REQUESTS:
            raise ValueError(f"requests: a number from 1 to {_MOST_REQUESTS}, not {requests}")
        fault = Fault(name, Kind(kind), _value(Kind(kind), value), requests)
        self._on[name, fault.kind is Kind.LATENCY] = fault
        return fault

    def clear(self, host: str | None = None) -> int:
        """Switch off the faults of `host` (None: all); returns how many. Raises ValueError."""
        if host is not None:
            self._check_host(host.lower())
        gone = [key for key in self._on if host is None or key[0] == host.lower()]
        for key in gone:
            del self._on[key]
        return len(gone)

    def switched_on(self) -> list[Fault]:
        """The faults that are on, by host."""
        return [self._on[key] for key in sorted(self._on)]

    def befalling(self, host: str) -> tuple[float, Fault | None]:
        """What befalls a request to `host` now: seconds of delay, and the fault in its answer's place.

        Counts the request. A host's own faults go before its domain's.
        """
        if not self._on:
            return 0.0, None
        slow, other = (self._next(host, latency=latency) for latency in (True, False))
        return (slow.value / 1000 if slow else 0.0), other

    def _next(self, host: str, *, latency: bool) -> Fault | None:
        for name in (host, f"*.{host.partition('.')[2]}"):
            fault = self._on.get((name, latency))
            if fault is None:
                continue
            fault.happened += 1
            if fault.requests is not None:
                fault.requests -= 1
                if fault.requests == 0:
                    del self._on[name, latency]
            return fault
        return None

    def _check_host(self, name: str) -> None:
        if name in self._hosts.domains() or self._hosts.resolve(name) is Resolution.SERVED:
            return
        served = ", ".join([*self._hosts.domains(), *self._hosts.names()])
        raise ValueError(f"{name} is no host that the sandbox serves now; these are: {served}")


def _value(kind: Kind, value: int | None) -> int:
    if kind is Kind.STATUS:
        if value is None or not 400 <= value <= 599:
            raise ValueError(f"status: an HTTP status from 400 to 599, not {value}")
        return value
    if kind is Kind.LATENCY:
        if value is None or not 1 <= value <= _MOST_MILLISECONDS:
            raise ValueError(f"latency: milliseconds from 1 to {_MOST_MILLISECONDS}, not {value}")
        return value
    if value is not None:
        raise ValueError(f"{kind}: takes no value, {value} is one too many")
    return 0
