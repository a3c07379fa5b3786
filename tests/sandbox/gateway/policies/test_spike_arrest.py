"""What the documentation of SpikeArrest promises, on the sandbox's clock."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from sandbox.gateway.bundle import BundleError
from tests.sandbox.gateway.policies.support import deploy, loaded, with_processors
from tests.sandbox.gateway.rig import Site


def arrest(rate: str = "<Rate>12pm</Rate>", rest: str = "") -> str:
    return f'<SpikeArrest name="S">{rate}{rest}</SpikeArrest>'


def passes(site: Site, headers: Mapping[str, str] | None = None) -> bool:
    answer = site.request(headers=headers)
    if answer.status == 200:
        return True
    assert (answer.status, answer.fault) == (429, "policies.ratelimit.SpikeArrestViolation")
    return False


@pytest.fixture
def one(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site with one message processor, and a clock that only the test moves."""
    start = time.time()
    monkeypatch.setattr(time, "time", lambda: start)
    return with_processors(site, 1)


@pytest.mark.parametrize(("rate", "interval"), [("12pm", 5.0), ("10ps", 0.1), ("1ps", 1.0)])
def test_a_rate_is_smoothed_into_one_message_an_interval(
    one: Site, rate: str, interval: float
) -> None:
    deploy(one, arrest(f"<Rate>{rate}</Rate>"))
    assert passes(one)
    assert not passes(one)
    one.cloud.clock.advance(interval * 0.9)
    assert not passes(one)
    one.cloud.clock.advance(interval * 0.2)
    assert passes(one)


def test_a_refused_message_costs_nothing(one: Site) -> None:
    deploy(one, arrest())
    assert passes(one)
    one.cloud.clock.advance(4)
    assert not passes(one)
    one.cloud.clock.advance(1.1)
    assert passes(one)


def test_each_message_processor_has_a_rate_of_its_own(one: Site) -> None:
    two = with_processors(one, 2)
    deploy(two, arrest())
    assert [passes(two) for _ in range(4)] == [True, True, False, False]


def test_identifiers_are_counted_apart(one: Site) -> None:
    deploy(one, arrest(rest='<Identifier ref="request.header.app"/>'))
    assert passes(one, {"app": "a"})
    assert not passes(one, {"app": "a"})
    assert passes(one, {"app": "b"})
    assert passes(one)
    assert not passes(one)


def test_a_message_counts_by_its_weight(one: Site) -> None:
    deploy(one, arrest(rest='<MessageWeight ref="request.header.weight"/>'))
    assert passes(one, {"weight": "3"})
    one.cloud.clock.advance(10)
    assert not passes(one)
    one.cloud.clock.advance(5.1)
    assert passes(one)


def test_the_effective_count_is_the_regions_and_is_not_smoothed(one: Site) -> None:
    two = with_processors(one, 2)
    deploy(two, arrest("<Rate>3pm</Rate>", "<UseEffectiveCount>true</UseEffectiveCount>"))
    assert [passes(two) for _ in range(5)] == [True, True, True, False, False]
    one.cloud.clock.advance(59)
    assert not passes(two)
    one.cloud.clock.advance(1.5)
    assert [passes(two) for _ in range(4)] == [True, True, True, False]


def test_the_window_slides(one: Site) -> None:
    deploy(one, arrest("<Rate>2pm</Rate>", "<UseEffectiveCount>true</UseEffectiveCount>"))
    assert passes(one)
    one.cloud.clock.advance(40)
    assert passes(one)
    one.cloud.clock.advance(21)
    assert passes(one)
    assert not passes(one)


def test_the_rate_may_come_from_a_variable(one: Site) -> None:
    deploy(one, arrest('<Rate ref="request.header.rate">1pm</Rate>'))
    assert passes(one, {"rate": "1ps"})
    one.cloud.clock.advance(1.1)
    assert passes(one)
    one.cloud.clock.advance(2)
    assert not passes(one)


@pytest.mark.parametrize(
    ("policy", "headers", "fault"),
    [
        (arrest('<Rate ref="request.header.rate"/>'), {}, "FailedToResolveSpikeArrestRate"),
        (
            arrest('<Rate ref="request.header.rate"/>'),
            {"rate": "fast"},
            "FailedToResolveSpikeArrestRate",
        ),
        (
            arrest(rest='<MessageWeight ref="request.header.weight"/>'),
            {"weight": "-1"},
            "InvalidMessageWeight",
        ),
    ],
)
def test_a_value_that_is_none_is_a_fault(
    one: Site, policy: str, headers: dict[str, str], fault: str
) -> None:
    deploy(one, policy)
    answer = one.request(headers=headers)
    assert (answer.status, answer.fault) == (500, f"policies.ratelimit.{fault}")


def test_the_documented_fault_variable_is_set(one: Site) -> None:
    policy = arrest().replace('name="S"', 'name="S" continueOnError="true"')
    deploy(one, policy, show="{ratelimit.S.failed}")
    assert one.request().json()["headers"]["x-v"] == ""
    assert one.request().json()["headers"]["x-v"] == "true"


@pytest.mark.parametrize(
    ("policy", "element"),
    [
        (arrest(""), "SpikeArrest"),
        (arrest("<Rate/>"), "Rate"),
        (arrest("<Rate>10</Rate>"), "Rate"),
        (arrest("<Rate>1.5ps</Rate>"), "Rate"),
        (arrest("<Rate>0pm</Rate>"), "Rate"),
        (arrest(rest="<Identifier/>"), "Identifier"),
        (arrest(rest="<UseEffectiveCount>maybe</UseEffectiveCount>"), "UseEffectiveCount"),
    ],
)
def test_what_can_not_be_executed_is_refused_with_its_element(policy: str, element: str) -> None:
    with pytest.raises(BundleError) as refused:
        loaded(policy)
    assert refused.value.element.endswith(element)
