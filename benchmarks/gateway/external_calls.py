"""How many external calls a request makes, and how many vault reads a thousand requests a second do.

Counted where the calls leave the runtime, over a trace on a clock that stands still meanwhile: what
is counted doesn't depend on how fast this machine is. Requests of 50 ms, as long as a fetch takes, are
sent together, and none of their calls is answered before all have begun: so a secret that isn't cached
yet, or no longer, is fetched by all that need it then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from benchmarks.figures import Figure, MeasurementError, Target
from benchmarks.gateway.clouds import Clouds
from benchmarks.gateway.flow import PROCESSORS, SharedFlow, shared_flow
from benchmarks.gateway.trace import SECRETS, trace

_RATE = 1_000
# Microsoft Learn, "Azure Key Vault service limits": reads of secrets a vault, in 10 seconds.
_LIMIT, _WINDOW = 4_000, 10
_CACHE = 300
_FETCH = 0.05
_NAME = f"{_RATE:,} requests/s, {PROCESSORS} processors"


def measure(progress: Callable[[str], None]) -> list[Figure]:
    """Calls of each kind of request, then reads of ten seconds of the trace. Raises MeasurementError."""
    progress("the gateway's external calls")
    with shared_flow(cache=_CACHE, stale=0) as flow:
        calls = [
            # The processors' own second has passed each time, so the shared cache is what answers.
            _calls(flow, "cold", 0, SECRETS[0], 3),
            _calls(flow, "warm token", 2, SECRETS[1], 1),
            _calls(flow, "warm", 4, SECRETS[0], 0),
        ]
    progress(f"{_NAME}: {_WINDOW} s with a cache, and without")
    return [*calls, *_reads(_CACHE), *_reads(0)]


def _calls(flow: SharedFlow, kind: str, at: float, secret: str, limit: int) -> Figure:
    made = _counted(flow, at, secret).total()
    target = Target(limit, inclusive=True)
    return Figure(f"external calls of a request, {kind}", "calls", (made,), target)


def _counted(flow: SharedFlow, at: float, secret: str) -> Counter[str]:
    before = flow.calls.copy()
    if flow.ask(at, secret, Clouds()) is None:
        raise MeasurementError(f"the request for {secret} at {at} s was not answered")
    return flow.calls - before


def _reads(cache: int) -> list[Figure]:
    """Ten seconds that begin with nothing cached: the most reads there can be in ten seconds.

    With a cache each secret is fetched in them, and then not again before its lifetime ends: so their
    reads are those of a whole lifetime, and the share of the limit that they are then is held to 1 %.
    """
    with shared_flow(cache=cache, stale=0) as flow:
        requests = trace(_RATE, _WINDOW)
        size = round(_RATE * _FETCH)
        for first in range(0, len(requests), size):
            batch = requests[first : first + size]
            served = flow.ask_together(batch[0].at, [asked.secret for asked in batch], Clouds())
            if served < len(batch):
                raise MeasurementError(f"{len(batch) - served} requests were not answered")
        vault, tokens = flow.calls["vault"], flow.calls["entra"]
    how = f"{_NAME}, cache {cache} s" if cache else f"{_NAME}, no cache"
    figures = [
        Figure(
            f"{how}: vault reads of its limit, cold {_WINDOW} s", "%", (_share(vault, _WINDOW),)
        ),
        Figure(f"{how}: tokens fetched, cold", "calls", (tokens,)),
    ]
    if cache:
        share, target = _share(vault, cache), Target(1, inclusive=True)
        figures.append(Figure(f"{how}: vault reads of its limit", "%", (share,), target))
    return figures


def _share(reads: int, seconds: int) -> float:
    """Reads in a time, in hundredths of those that the limit allows in it."""
    return 100 * reads / (_LIMIT * seconds / _WINDOW)
