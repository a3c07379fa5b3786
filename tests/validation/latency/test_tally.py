"""What is counted: legs by source, exact percentiles, fetches that a cache would have left."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.validation.latency.lines_of import BEGIN, line
from validation.latency.lines import LineError, read
from validation.latency.tally import Subject, Tally, Times, tally

KEY = Subject("dev", "orders-backend-key", "read")
LIFETIMES = (30, 60, 300, 900, 3600)


def _tally(lines: Iterable[dict[str, Any]]) -> Mapping[Subject, Tally]:
    return tally((read(one) for one in lines), LIFETIMES)


def test_a_line_is_read_bare_and_as_an_entry() -> None:
    bare = line(googleStart=1000, googleEnd=1030, entraStart=1030, entraEnd=1100)
    call = read(bare)
    assert call == read({"logName": "x", "jsonPayload": bare})
    assert call.legs == {"google": 30, "entra": 70, "vault": 40, "total": 42}
    assert call.start == BEGIN


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ("truncat", "is no JSON object"),
        ([], "is no JSON object"),
        ({"textPayload": "x"}, "has no text 'environment'"),
        ({**line(), "secret": None}, "has no text 'secret'"),
        ({**line(), "end": None}, "has no numbers 'start' and 'end'"),
        ({**line(), "start": True}, "has no numbers 'start' and 'end'"),
        ({**line(), "start": float("nan")}, "has no numbers 'start' and 'end'"),
        ({**line(), "vaultEnd": 0}, "has a leg that ends before it starts"),
    ],
)
def test_what_is_no_call_says_why(record: object, told: str) -> None:
    with pytest.raises(LineError) as refused:
        read(record)
    assert str(refused.value) == told


def test_a_leg_that_did_not_run_has_no_time() -> None:
    assert read(line(source="cached")).legs == {"total": 1}


@given(st.lists(st.integers(0, 2000), min_size=1))
def test_percentiles_are_those_of_all_times(milliseconds: list[int]) -> None:
    times = Times()
    for one in milliseconds:
        times.add(one)
    ordered = sorted(milliseconds)
    assert len(times) == len(ordered)
    assert times.percentile(100) == ordered[-1]
    assert times.percentile(50) == statistics.median_low(ordered)
    for percent in (1, 95, 99):
        value = times.percentile(percent)
        assert sum(one <= value for one in ordered) * 100 >= percent * len(ordered)
        assert sum(one < value for one in ordered) * 100 < percent * len(ordered)


def test_what_took_longer_than_ten_minutes_is_counted_as_that() -> None:
    times = Times()
    times.add(10**9)
    assert times.percentile(50) == 600_000


def test_calls_are_told_apart_by_environment_secret_outcome_and_source() -> None:
    given_: list[dict[str, Any]] = [
        line(),
        line(1, "cached"),
        line(2, outcome="outage"),
        line(3, environment="test"),
        line(4, secret="other"),
        line(5, operation="sign"),
        line(6, "stale"),
        line(7, "none", outcome="not-allowed"),
    ]
    counted = _tally(given_)
    assert set(counted) == {
        KEY,
        ("test", "orders-backend-key", "read"),
        ("dev", "other", "read"),
        ("dev", "orders-backend-key", "sign"),
    }
    assert counted[KEY].outcomes == {
        ("served", "fetched"): 1,
        ("served", "cached"): 1,
        ("outage", "fetched"): 1,
        ("served", "stale"): 1,
        ("not-allowed", "none"): 1,
    }
    assert [(leg, source, len(times)) for leg, source, times in counted[KEY].rows()] == [
        ("vault", "fetched", 1),
        ("vault", "failed", 1),
        ("total", "fetched", 1),
        ("total", "cached", 1),
        ("total", "stale", 1),
        ("total", "failed", 2),
    ]


def test_a_cache_leaves_one_fetch_a_lifetime() -> None:
    counted = _tally(line(at) for at in range(0, 3600, 10))[KEY]
    assert counted.reads == 360
    assert counted.fetches_with == {30: 120, 60: 60, 300: 12, 900: 4, 3600: 1}


def test_only_reads_that_got_a_value_count_for_a_cache() -> None:
    rest = [line(1, outcome="outage"), line(2, outcome="not-found"), line(3, operation="sign")]
    counted = _tally([line(), line(4, outcome="expired"), *rest])[KEY]
    assert counted.reads == 2
    assert counted.fetches_with == dict.fromkeys(LIFETIMES, 1)


@given(st.lists(st.integers(0, 20_000)).map(sorted))
def test_the_newest_first_takes_as_few_fetches_as_the_oldest_first(starts: list[int]) -> None:
    """`gcloud logging read` lists the newest first."""
    forwards = [line(at) for at in (0, *starts)]
    counted, backwards = _tally(forwards)[KEY], _tally(reversed(forwards))[KEY]
    assert backwards.fetches_with == counted.fetches_with
    for lifetime in LIFETIMES:
        assert counted.saved(lifetime) == len(forwards) - counted.fetches_with[lifetime]


def test_versions_are_cached_apart() -> None:
    counted = _tally(line(at, version=("1", "2")[at % 2]) for at in range(20))[KEY]
    assert counted.fetches_with == dict.fromkeys(LIFETIMES, 2)
