"""A cache is suggested where it gains something, at the shortest lifetime that does, and only there."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import yaml

from components.configuration.contents import Cache
from tests.validation.latency.lines_of import line
from validation.latency.caching import advise
from validation.latency.lines import read
from validation.latency.tally import SecretTally, tally

DECLARED = Cache.model_validate({"seconds": 300, "measuredMilliseconds": 45})


def _counted(lines: Iterable[dict[str, object]]) -> SecretTally:
    (counted,) = tally(read(one) for one in lines).values()
    return counted


@pytest.mark.parametrize(
    ("every", "seconds"), [(0.5, 30), (2, 30), (3, 30), (4, 60), (20, 300), (80, 900), (300, 3600)]
)
def test_the_shortest_lifetime_that_saves_nine_tenths_is_suggested(
    every: float, seconds: int
) -> None:
    advice = advise(_counted(line(n * every) for n in range(600)), None)
    assert advice.is_finding
    assert advice.cache == Cache.model_validate({"seconds": seconds, "measuredMilliseconds": 40})
    assert f"up to {seconds} s later" in advice.text


def test_an_hour_is_suggested_where_it_saves_half_and_less_would_not_do() -> None:
    advice = advise(_counted(line(n * 1500) for n in range(120)), None)
    assert advice.cache == Cache.model_validate({"seconds": 3600, "measuredMilliseconds": 40})


def test_the_measurement_is_the_median_of_the_vaults_leg() -> None:
    lines = [line(n, vault=12 if n % 3 else 400) for n in range(300)]
    advice = advise(_counted(lines), None)
    assert advice.cache is not None
    assert advice.cache.measured_milliseconds == 12
    assert "95 of 100: 400 ms" in advice.text


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
    advice = advise(_counted(lines), None)
    assert (advice.cache, advice.is_finding) == (None, False)
    assert told in advice.text


def test_reads_that_are_too_far_apart_gain_nothing() -> None:
    advice = advise(_counted(line(n * 3700) for n in range(120)), None)
    assert (advice.cache, advice.is_finding) == (None, False)
    assert "even 3600 s would save only 0% of the fetches" in advice.text


def test_a_cache_that_pays_stays() -> None:
    lines = [line(n, "fetched" if n % 10 == 0 else "cached") for n in range(400)]
    advice = advise(_counted(lines), DECLARED)
    assert (advice.cache, advice.is_finding) == (None, False)
    assert advice.text.startswith("The cache pays: 90% of the reads")


@pytest.mark.parametrize(
    "lines", [[line(n, vault=3) for n in range(200)], [line(n * 3700) for n in range(200)]]
)
def test_a_cache_that_gains_nothing_is_a_finding(lines: list[dict[str, object]]) -> None:
    advice = advise(_counted(lines), DECLARED)
    assert (advice.cache, advice.is_finding) == (None, True)
    assert advice.text.startswith("The cache gains nothing: remove the block.")


def test_the_block_to_paste_is_one_that_the_declaration_takes() -> None:
    advice = advise(_counted(line(n) for n in range(200)), None)
    assert advice.cache is not None
    pasted = yaml.safe_load(yaml.safe_dump(advice.cache.model_dump(by_alias=True)))
    assert Cache.model_validate(pasted) == advice.cache
