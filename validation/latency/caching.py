"""Whether a cache would gain anything, and then which: caching follows measurement.

Owns the rule. A cache keeps a value for its lifetime, and so makes a new version or a role that was
taken away show that much later: so the shortest lifetime that does nearly all the good is suggested,
and none where little would be gained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from components.configuration.contents import MINIMUM_MEASURED_MILLISECONDS, Cache
from validation.latency.tally import READ, Subject, Tally, Times

# Seconds, up to the longest that the declaration takes.
LIFETIMES: Final = (30, 60, 300, 900, 3600)
# Fewer than these say nothing.
FEWEST_READS: Final = 100
FEWEST_FETCHES: Final = 20
# The shortest lifetime that saves this share of the fetches is enough; one that saves less than the
# second gains too little.
ENOUGH: Final = 0.9
LEAST: Final = 0.5


@dataclass(frozen=True)
class Advice:
    """What the measurements say of one secret's cache.

    Attributes:
        text: the finding, in a sentence or two.
        cache: the block to declare, where one would gain something; else None.
        is_finding: whether the declaration should change.
    """

    text: str
    cache: Cache | None = None
    is_finding: bool = False


def advise(subject: Subject, counted: Tally, declared: Cache | None) -> Advice:
    """Judge one secret's cache.

    Arguments:
        subject: whose it is.
        counted: its calls, counted for LIFETIMES and for the declared one.
        declared: its `cache` block, None where it has none or none is known.
    """
    if subject.operation != READ:
        return Advice("Nothing to cache: the vault itself uses the key.")
    fetched = counted.legs.get(("vault", "fetched"), Times())
    if counted.reads < FEWEST_READS or len(fetched) < FEWEST_FETCHES:
        return Advice(
            f"Too few to say: {counted.reads} reads, {len(fetched)} of them fetched "
            f"({FEWEST_READS} and {FEWEST_FETCHES} are needed)."
        )
    if fetched.percentile(50) < MINIMUM_MEASURED_MILLISECONDS:
        return _no_gain(
            declared,
            f"A fetch takes {fetched.percentile(50)} ms, hardly more than a look into the cache.",
        )
    if declared is not None and _share(counted, declared.seconds) >= LEAST:
        return _pays(counted, fetched, declared)
    lifetime = _lifetime(counted)
    if lifetime is None:
        return _no_gain(
            declared,
            f"Reads are too far apart: even {LIFETIMES[-1]} s would save only "
            f"{_share(counted, LIFETIMES[-1]):.0%} of the fetches.",
        )
    return _suggestion(counted, fetched, lifetime, declared)


def _pays(counted: Tally, fetched: Times, declared: Cache) -> Advice:
    cached = sum(n for (_, source), n in counted.outcomes.items() if source == "cached")
    return Advice(
        f"The cache pays: kept for {declared.seconds} s, {_saving(counted, declared.seconds)} "
        f"({cached} calls were answered from it), which takes {_price(fetched)}; the block says "
        f"{declared.measured_milliseconds:g} ms."
    )


def _suggestion(counted: Tally, fetched: Times, lifetime: int, declared: Cache | None) -> Advice:
    begin = "A cache would gain"
    if declared is not None:
        begin = (
            f"The cache gains little: kept for {declared.seconds} s, "
            f"{_saving(counted, declared.seconds)}. A longer one would gain"
        )
    median = fetched.percentile(50)
    return Advice(
        f"{begin}: kept for {lifetime} s, {_saving(counted, lifetime)}, which takes "
        f"{_price(fetched)}. The price: a new version, or a role that was taken away, shows up to "
        f"{lifetime} s later.",
        Cache.model_validate({"seconds": lifetime, "measuredMilliseconds": median}),
        is_finding=True,
    )


def _no_gain(declared: Cache | None, why: str) -> Advice:
    if declared is None:
        return Advice(f"A cache would gain nothing. {why}")
    return Advice(f"The cache gains nothing: remove the block. {why}", is_finding=True)


def _lifetime(counted: Tally) -> int | None:
    for lifetime in LIFETIMES:
        if _share(counted, lifetime) >= ENOUGH:
            return lifetime
    return LIFETIMES[-1] if _share(counted, LIFETIMES[-1]) >= LEAST else None


def _share(counted: Tally, lifetime: int) -> float:
    return counted.saved(lifetime) / counted.reads


def _saving(counted: Tally, lifetime: int) -> str:
    saved = counted.saved(lifetime)
    return f"{saved} of {counted.reads} reads ({_share(counted, lifetime):.0%}) need no fetch"


def _price(fetched: Times) -> str:
    return f"{fetched.percentile(50)} ms at p50, {fetched.percentile(95)} ms at p95"
