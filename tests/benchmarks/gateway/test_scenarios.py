"""The trace is the same for all, and what is told of an event is what its requests got."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.gateway import outages
from benchmarks.gateway.clouds import Clouds, OutageError, RefusalError
from benchmarks.gateway.external_calls import _share
from benchmarks.gateway.outages import EVENTS, ROTATION, Outcome, outcome
from benchmarks.gateway.peers.peer import Answer
from benchmarks.gateway.trace import SECRETS, trace


def test_a_trace_is_the_same_each_time_and_has_popular_secrets() -> None:
    asked = trace(1_000, 10)
    assert asked == trace(1_000, 10)
    assert [request.at for request in asked[:3]] == [0, 0.001, 0.002]
    counts = Counter(request.secret for request in asked)
    assert set(counts) == set(SECRETS)
    assert counts[SECRETS[0]] > 1.5 * counts[SECRETS[1]] > counts[SECRETS[3]]


def test_the_clouds_fail_as_the_scenario_says_and_count_what_they_are_asked() -> None:
    clouds = Clouds(vault_up=False)
    with pytest.raises(OutageError):
        clouds.fetch()
    clouds.vault_up, clouds.allowed = True, False
    with pytest.raises(RefusalError):
        clouds.fetch()
    clouds.entra_up = False
    with pytest.raises(OutageError):
        clouds.fetch()
    assert clouds.asked == {"entra": 3, "vault": 2}


class _Recorder:
    """Answers with what the clouds are like."""

    name = "recorder"

    def ask(self, now: float, secret: str, clouds: Clouds) -> Answer | None:
        up = clouds.vault_up and clouds.entra_up and clouds.allowed
        return Answer(clouds.version, now - 7) if up else None


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_lasts_ten_minutes_and_only_its_requests_count(event: outages.Event) -> None:
    found = outcome(_Recorder(), event)
    assert (found.asked, found.answered) == (600 * outages._RATE, 0)
    assert (found.oldest, found.last_answer) == (0, 0)


def test_an_outcome_tells_ages_and_how_long_an_old_version_lasts() -> None:
    found = outcome(_Recorder(), ROTATION)
    assert found.answered == 100
    assert found.oldest == pytest.approx(7)
    assert found.last_of(1) == 0
    told = Outcome(4, [(1, 10, 1), (5, 3, 2), (9, 20, 1)])
    assert (told.answered, told.oldest, told.last_answer, told.last_of(2)) == (75, 20, 9, 5)


def test_a_share_is_of_what_the_limit_allows_in_that_time() -> None:
    assert _share(40, 10) == pytest.approx(1)
    assert _share(40, 100) == pytest.approx(0.1)
