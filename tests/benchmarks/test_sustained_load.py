"""A request's time is divided without a remainder, and only a warm request's."""

from __future__ import annotations

import pytest

from benchmarks.figures import MeasurementError
from benchmarks.open_loop import Sent
from benchmarks.sustained_load import division
from benchmarks.traffic import BACKEND_HOST, CACHED, LOG_HOST

_VAULT = "kv-beta-abc123.vault.azure.net"


def _calls(**milliseconds: list[float]) -> list[dict[str, object]]:
    hosts = {"gateway": CACHED.host, "backend": BACKEND_HOST, "log": LOG_HOST, "vault": _VAULT}
    return [
        {"host": hosts[name], "milliseconds": value}
        for name, values in milliseconds.items()
        for value in values
    ]


def test_the_parts_of_a_request_make_up_its_latency() -> None:
    sent = [
        Sent(due=0.0, started=0.001, ended=0.010, failure=None),
        Sent(due=0.1, started=0.103, ended=0.120, failure=None),
    ]
    figures = division(sent, _calls(gateway=[4.0, 8.0], backend=[1.0, 2.0], log=[50.0]))
    assert {figure.name.rpartition(", ")[2]: figure.median for figure in figures} == pytest.approx(
        {
            "sent late": 2.0,
            "client and connection": 7.0,
            "runtime and policies": 4.5,
            "simulated endpoints": 1.5,
        }
    )
    assert sum(figure.median for figure in figures) == pytest.approx(15.0)


def test_only_as_many_requests_count_as_the_journal_has_kept() -> None:
    sent = [
        Sent(due=0.0, started=0.0, ended=9.0, failure=None),
        Sent(due=1.0, started=1.0, ended=1.01, failure=None),
        Sent(due=10.0, started=10.0, ended=10.01, failure=None),
    ]
    figures = division(sent[1:] + sent[:1], _calls(gateway=[2.0], backend=[1.0]))
    assert sum(figure.median for figure in figures) == pytest.approx(10.0)


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param(_calls(gateway=[2.0], backend=[1.0], vault=[1.0]), id="a secret was fetched"),
        pytest.param(_calls(gateway=[2.0]), id="the target was never called"),
        pytest.param(_calls(backend=[2.0]), id="no request came"),
        pytest.param([], id="nothing happened"),
    ],
)
def test_calls_of_no_warm_request_are_refused(calls: list[dict[str, object]]) -> None:
    sent = [Sent(due=0.0, started=0.0, ended=1.0, failure=None)]
    with pytest.raises(MeasurementError, match="no warm requests"):
        division(sent, calls)
