"""Figures and their targets."""

from __future__ import annotations

import pytest

from benchmarks.figures import Figure, Spread, Target, a_minute


def test_a_target_is_missed_when_a_single_run_misses_it() -> None:
    assert not Figure("f", "ms", (1.0, 2.0, 4.99), Target(5, inclusive=False)).missed
    assert Figure("f", "ms", (1.0, 2.0, 5.0), Target(5, inclusive=False)).missed


@pytest.mark.parametrize(("value", "missed"), [(89.9, False), (90.0, False), (90.1, True)])
def test_an_inclusive_target_is_met_by_its_limit(value: float, missed: bool) -> None:
    assert Figure("f", "s", (value,), Target(90, inclusive=True)).missed == missed


def test_a_figure_without_a_target_is_never_missed() -> None:
    assert not Figure("f", "ms", (1e9,)).missed


def test_the_spread_is_of_the_durations_themselves() -> None:
    spread = Spread.of([float(value) for value in range(101)])
    assert (spread.median, spread.p95, spread.p99) == pytest.approx((50.0, 95.0, 99.0))


@pytest.mark.parametrize(
    ("samples", "grown"),
    [
        pytest.param([180.0] * 7, 0.0, id="flat"),
        pytest.param([180.0, 181.0, 182.0, 183.0], 6.0, id="one each ten seconds"),
        pytest.param([183.0, 182.0, 181.0, 180.0], -6.0, id="falling"),
        pytest.param([180.0, 190.0, 180.0, 190.0, 180.0], 0.0, id="up and down"),
    ],
)
def test_growth_is_the_slope_of_all_samples_and_not_of_two(
    samples: list[float], grown: float
) -> None:
    every_ten_seconds = [(1_000.0 + 10 * number, mb) for number, mb in enumerate(samples)]
    assert a_minute(every_ten_seconds) == pytest.approx(grown)


def test_growth_goes_by_the_times_of_the_samples() -> None:
    assert a_minute([(0.0, 180.0), (10.0, 181.0), (40.0, 184.0)]) == pytest.approx(6.0)
