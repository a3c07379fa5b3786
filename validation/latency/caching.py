"""Whether a cache would gain anything, and then which: caching follows measurement.

Owns the rule. A cache keeps a value for its lifetime, and so makes a new version or a role that was
taken away show that much later: so the shortest lifetime that does nearly all the good is suggested,
and none where little would be gained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from components.configuration.contents import MINIMUM_MEASURED_MILLISECONDS, Cache
from validation.latency.tally import LIFETIMES, SecretTally, Times

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


def advise(counted: SecretTally, declared: Cache | None) -> Advice:
    """Judge one secret's cache.

    Arguments:
        counted: its calls.
        declared: its `cache` block, None where it has none or none is known.
    """
    fetched = counted.legs.get(("vault", "fetched"), Times())
    if counted.reads < FEWEST_READS or len(fetched) < FEWEST_FETCHES:
        return Advice(
            f"Too few to say: {counted.reads} reads, {len(fetched)} of them fetched "
            f"({FEWEST_READS} and {FEWEST_FETCHES} are needed)."
        )
    median = fetched.percentile(50)
    if median < MINIMUM_MEASURED_MILLISECONDS:
        return _no_gain(
            declared, f"A fetch takes {median} ms, hardly more than a look into the cache."
        )
    lifetime = _lifetime(counted)
    if lifetime is None:
        return _no_gain(
            declared,
            f"Reads are too far apart: even {LIFETIMES[-1]} s would save only "
            f"{_saved(counted, LIFETIMES[-1]):.0%} of the fetches.",
        )
    if declared is not None:
        share = _cached_share(counted)
        return Advice(
            f"The cache pays: {share:.0%} of the reads were answered from it, a fetch takes {median} "
            "ms."
        )
    saved = _saved(counted, lifetime)
    cache = Cache.model_validate({"seconds": lifetime, "measuredMilliseconds": median})
    return Advice(
        f"A cache would gain: kept for {lifetime} s, {saved:.0%} of {counted.reads} reads would take "
        f"no fetch, which takes {median} ms (95 of 100: {fetched.percentile(95)} ms). The price: a "
        f"new version, or a role that was taken away, shows up to {lifetime} s later.",
        cache,
        is_finding=True,
    )


def _no_gain(declared: Cache | None, why: str) -> Advice:
    if declared is None:
        return Advice(f"A cache would gain nothing. {why}")
    return Advice(f"The cache gains nothing: remove the block. {why}", is_finding=True)


def _lifetime(counted: SecretTally) -> int | None:
    for lifetime in LIFETIMES:
        if _saved(counted, lifetime) >= ENOUGH:
            return lifetime
    return LIFETIMES[-1] if _saved(counted, LIFETIMES[-1]) >= LEAST else None


def _saved(counted: SecretTally, lifetime: int) -> float:
    return 1 - counted.fetches_with[lifetime] / counted.reads


def _cached_share(counted: SecretTally) -> float:
    cached = sum(n for (_, source), n in counted.outcomes.items() if source == "cached")
    return cached / counted.outcomes.total()
