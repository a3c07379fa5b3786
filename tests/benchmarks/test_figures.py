"""Figures and their targets."""

from __future__ import annotations

import pytest

from benchmarks.figures import Figure, Spread, Target


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
