"""A cache is suggested where it gains something, at the shortest lifetime that does, and only there."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import yaml

from components.configuration.contents import Cache
from tests.validation.latency.lines_of import line
from validation.latency.caching import LIFETIMES, Advice, advise
from validation.latency.lines import read
from validation.latency.tally import tally

DECLARED = Cache.model_validate({"seconds": 300, "measuredMilliseconds": 45})


def _advice(lines: Iterable[dict[str, object]], declared: Cache | None = None) -> Advice:
    lifetimes = (*LIFETIMES, declared.seconds) if declared else LIFETIMES
    ((subject, counted),) = tally((read(one) for one in lines), lifetimes).items()
    return advise(subject, counted, declared)


def _cache(seconds: int) -> Cache:
    return Cache.model_validate({"seconds": seconds, "measuredMilliseconds": 40})


@pytest.mark.parametrize(
    ("every", "seconds"), [(0.5, 30), (2, 30), (3, 30), (4, 60), (20, 300), (80, 900), (300, 3600)]
)
def test_the_shortest_lifetime_that_saves_nine_tenths_is_suggested(
    every: float, seconds: int
) -> None:
    advice = _advice(line(n * every) for n in range(600))
    assert advice.is_finding
    assert advice.cache == _cache(seconds)
    assert f"up to {seconds} s later" in advice.text


def test_an_hour_is_suggested_where_it_saves_half_and_less_would_not_do() -> None:
    advice = _advice(line(n * 1500) for n in range(120))
    assert advice.cache == _cache(3600)


def test_the_measurement_is_the_median_of_the_vaults_leg() -> None:
    lines = [line(n, vault=12 if n % 3 else 400) for n in range(300)]
    advice = _advice(lines)
    assert advice.cache is not None
    assert advice.cache.measured_milliseconds == 12
    assert "12 ms at p50, 400 ms at p95" in advice.text


def test_calls_that_failed_are_no_measurement() -> None:
    lines = [line(n, vault=5) for n in range(100)]
    lines += [line(100 + n, vault=5000, outcome="outage") for n in range(200)]
    advice = _advice(lines)
    assert (advice.cache, advice.is_finding) == (None, False)
    assert "A fetch takes 5 ms" in advice.text


def test_a_keys_operations_are_nothing_to_cache() -> None:
    advice = _advice(line(n, operation="sign") for n in range(300))
    assert (advice.cache, advice.is_finding) == (None, False)
    assert advice.text.startswith("Nothing to cache")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([line(n) for n in range(99)], "Too few to say: 99 reads, 99 of them fetched"),
        (
            [line(n, "cached" if n > 18 else "fetched") for n in range(200)],
            "Too few to say: 200 reads, 19 of them fetched",
        ),
        ([line(n, vault=9) for n in range(200)], "A fetch takes 9 ms"),
    ],
)
def test_nothing_is_suggested_where_nothing_is_known_or_gained(
    lines: list[dict[str, object]], told: str
) -> None:
    advice = _advice(lines)
    assert (advice.cache, advice.is_finding) == (None, False)
    assert told in advice.text


def test_reads_that_are_too_far_apart_gain_nothing() -> None:
    advice = _advice(line(n * 3700) for n in range(120))
    assert (advice.cache, advice.is_finding) == (None, False)
    assert "even 3600 s would save only 0% of the fetches" in advice.text


def test_a_cache_that_pays_stays() -> None:
    lines = [line(n, "fetched" if n % 10 == 0 else "cached") for n in range(400)]
    advice = _advice(lines, DECLARED)
    assert (advice.cache, advice.is_finding) == (None, False)
    assert advice.text == (
        "The cache pays: kept for 300 s, 398 of 400 reads (100%) need no fetch (360 calls were "
        "answered from it), which takes 40 ms at p50, 40 ms at p95; the block says 45 ms."
    )


def test_a_cache_that_was_declared_only_now_is_judged_by_what_it_will_save() -> None:
    advice = _advice((line(n) for n in range(400)), DECLARED)
    assert not advice.is_finding
    assert "398 of 400 reads (100%) need no fetch (0 calls were answered from it)" in advice.text


def test_a_cache_that_is_over_too_soon_is_a_finding() -> None:
    advice = _advice((line(n * 50) for n in range(200)), _cache(20))
    assert advice.is_finding
    assert advice.cache == _cache(900)
    assert (
        "kept for 20 s, 0 of 200 reads (0%) need no fetch. A longer one would gain" in advice.text
    )


@pytest.mark.parametrize(
    "lines", [[line(n, vault=3) for n in range(200)], [line(n * 3700) for n in range(200)]]
)
def test_a_cache_that_gains_nothing_is_a_finding(lines: list[dict[str, object]]) -> None:
    advice = _advice(lines, DECLARED)
    assert (advice.cache, advice.is_finding) == (None, True)
    assert advice.text.startswith("The cache gains nothing: remove the block.")


def test_the_block_to_paste_is_one_that_the_declaration_takes() -> None:
    advice = _advice(line(n) for n in range(200))
    assert advice.cache is not None
    pasted = yaml.safe_load(yaml.safe_dump(advice.cache.model_dump(by_alias=True)))
    assert Cache.model_validate(pasted) == advice.cache
