"""What a request gets while the vault or Entra is down, after a revocation and after a rotation.

The shared flow, as deployed, beside what others do by their published rules, on the same requests and
the same clouds. Requests are thinned to some a second: what one gets depends on when it comes, not on
how many others do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.figures import Figure, Target
from benchmarks.gateway.clouds import Clouds
from benchmarks.gateway.flow import shared_flow
from benchmarks.gateway.peers.bare_callout import BareCallout
from benchmarks.gateway.peers.kong import KongVault
from benchmarks.gateway.peers.peer import Answer, Peer
from benchmarks.gateway.peers.polled import (
    api_management_named_values,
    external_secrets_operator,
    secrets_store_csi,
)
from benchmarks.gateway.trace import Asked, trace

_RATE = 4
_WARM, _EVENT, _AFTER = 300, 600, 120
# What our declaration says, and what each peer can be set to that comes nearest.
CACHE, STALE = 60, 300


@dataclass(frozen=True)
class Event:
    """Something that happens to the clouds for ten minutes.

    Attributes:
        name: for the report.
        begin, end: how the clouds change.
        is_outage: whether an answer is wanted in it; else it is a revocation, where none is.
    """

    name: str
    begin: Callable[[Clouds], None]
    end: Callable[[Clouds], None]
    is_outage: bool = True


def _set(**values: object) -> Callable[[Clouds], None]:
    def change(clouds: Clouds) -> None:
        for name, value in values.items():
            setattr(clouds, name, value)

    return change


EVENTS = (
    Event("vault down 10 min", _set(vault_up=False), _set(vault_up=True)),
    Event("Entra down 10 min", _set(entra_up=False), _set(entra_up=True)),
    Event("role taken away", _set(allowed=False), _set(allowed=True), is_outage=False),
)
ROTATION = Event("new version", _set(version=2), _set())


@dataclass(frozen=True)
class Outcome:
    """What the requests of an event got.

    Attributes:
        asked: how many there were.
        ages: of each answer, in the order of the requests, with the seconds since the event began:
            (since, seconds since the value was fetched, its version).
    """

    asked: int
    answers: Sequence[tuple[float, float, int]]

    @property
    def answered(self) -> float:
        """Percent that got an answer."""
        return 100 * len(self.answers) / self.asked

    @property
    def oldest(self) -> float:
        """Seconds since the oldest value that was served had been fetched; 0 where none was."""
        return max((age for _, age, _ in self.answers), default=0.0)

    @property
    def last_answer(self) -> float:
        """Seconds after the event's beginning at which the last answer was given."""
        return max((since for since, _, _ in self.answers), default=0.0)

    def last_of(self, version: int) -> float:
        """Seconds after the event's beginning at which that version was last served."""
        return max((since for since, _, served in self.answers if served == version), default=0.0)


def outcome(peer: Peer, event: Event) -> Outcome:
    """Warm a peer up, let the event happen, and collect what the requests in it get."""
    clouds, asked, answers = Clouds(), 0, []
    begun = ended = False
    for request in trace(_RATE, _WARM + _EVENT + _AFTER):
        since = request.at - _WARM
        if since >= 0 and not begun:
            event.begin(clouds)
            begun = True
        if since >= _EVENT and not ended:
            event.end(clouds)
            ended = True
        answer = peer.ask(request.at, request.secret, clouds)
        if begun and not ended:
            asked += 1
            answers += _counted(request, since, answer)
    return Outcome(asked, answers)


def _counted(request: Asked, since: float, answer: Answer | None) -> list[tuple[float, float, int]]:
    return [] if answer is None else [(since, request.at - answer.fetched, answer.version)]


def measure(progress: Callable[[str], None]) -> list[Figure]:
    """Rows for the shared flow, held to the declaration, then for each peer."""
    figures = []
    for event in EVENTS:
        progress(f"the gateway and its peers: {event.name}")
        figures += _ours(event)
        figures += [
            row for peer in _peers() for row in _rows(peer.name, event, outcome(peer, event))
        ]
    progress(f"the gateway and its peers: {ROTATION.name}")
    with shared_flow(CACHE, STALE) as flow:
        late = outcome(flow, ROTATION).last_of(1)
        # The message processors keep what they looked up for one second more.
        name = f"{ROTATION.name}, {flow.name}: old one served for"
        figures.append(Figure(name, "s", (late,), Target(CACHE + 1, inclusive=True)))
    for peer in _peers():
        late = outcome(peer, ROTATION).last_of(1)
        figures.append(Figure(f"{ROTATION.name}, {peer.name}: old one served for", "s", (late,)))
    return figures


def _peers() -> list[Peer]:
    return [
        KongVault(),
        KongVault(ttl=CACHE, resurrect_ttl=STALE),
        external_secrets_operator(),
        external_secrets_operator(CACHE),
        secrets_store_csi(),
        secrets_store_csi(120),
        api_management_named_values(),
        BareCallout(),
    ]


def _ours(event: Event) -> list[Figure]:
    with ExitStack() as stack:
        flow = stack.enter_context(shared_flow(CACHE, STALE))
        found = outcome(flow, event)
    rows = _rows(flow.name, event, found)
    if event.is_outage:
        # A value fetched just before the outage is good for STALE seconds, one that was cached then
        # for less: every request within STALE - CACHE seconds has one, none has after STALE.
        within = [since for since, _, _ in found.answers if since < STALE - CACHE]
        wanted = (STALE - CACHE) * _RATE
        missing = 100 * (1 - len(within) / wanted)
        rows.append(
            _row(flow.name, event, "warm requests unanswered within the bound", missing, "%", 0)
        )
        rows.append(_row(flow.name, event, "oldest value served", found.oldest, "s", STALE))
    else:
        rows.append(_row(flow.name, event, "last answer after", found.last_answer, "s", CACHE + 1))
    return rows


def _rows(name: str, event: Event, found: Outcome) -> list[Figure]:
    if not event.is_outage:
        return [_row(name, event, "answered", found.answered, "%")]
    return [
        _row(name, event, "answered", found.answered, "%"),
        _row(name, event, "oldest value", found.oldest, "s"),
    ]


def _row(
    name: str, event: Event, what: str, value: float, unit: str, limit: float | None = None
) -> Figure:
    target = None if limit is None else Target(limit, inclusive=True)
    return Figure(f"{event.name}, {name}: {what}", unit, (value,), target)
