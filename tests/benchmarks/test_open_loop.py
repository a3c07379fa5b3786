"""A load's schedule doesn't wait for answers, and what a request is charged with."""

from __future__ import annotations

from itertools import pairwise

import pytest

from benchmarks.open_loop import Load, Sent, rate_of

_URL = "https://beta.api.example.com/orders/v1/invoices"


def test_requests_are_due_at_equal_distances_and_none_after_the_end() -> None:
    due = Load(_URL, rate=200, seconds=60).due()
    assert len(due) == 12_000
    assert {round(after - before, 9) for before, after in pairwise(due)} == {0.005}
    assert (due[0], due[-1]) == pytest.approx((0.0, 59.995))


def test_latency_counts_from_when_a_request_was_due() -> None:
    request = Sent(due=1.0, started=1.25, ended=1.5, failure=None)
    assert (request.latency, request.late) == pytest.approx((500.0, 250.0))


def test_the_rate_is_of_good_answers_until_the_last_one_came() -> None:
    sent = [
        Sent(due=0.0, started=0.0, ended=0.1, failure=None),
        Sent(due=0.5, started=0.5, ended=2.0, failure=None),
        Sent(due=1.0, started=1.0, ended=1.1, failure="status 503"),
    ]
    assert rate_of(sent) == pytest.approx(1.0)
