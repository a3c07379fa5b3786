"""A figure is only given for requests that made exactly a warm request's calls."""

from __future__ import annotations

import pytest

from benchmarks.figures import MeasurementError
from benchmarks.traffic import CACHED, WARM_TOKEN, Request, check_calls

_VAULT = "kv-alpha-abc123.vault.azure.net"
_BACKEND = "orders.backend.example.com"
_LOG = "logging.googleapis.com"


def _check(request: Request, *hosts: str, count: int = 1, first: int = 8) -> None:
    calls = [{"sequence": first + number, "host": host} for number, host in enumerate(hosts)]
    check_calls(calls, request, count, before=7)


def test_the_calls_of_warm_requests_pass() -> None:
    _check(WARM_TOKEN, _VAULT, _BACKEND, WARM_TOKEN.host, _LOG)
    _check(CACHED, _BACKEND, CACHED.host, _LOG, _BACKEND, CACHED.host, count=2)


@pytest.mark.parametrize(
    ("request_", "hosts"),
    [
        pytest.param(CACHED, (_VAULT, CACHED.host), id="a cached value that was fetched"),
        pytest.param(WARM_TOKEN, (WARM_TOKEN.host,), id="a value that was not fetched"),
        pytest.param(WARM_TOKEN, (_VAULT, _VAULT, WARM_TOKEN.host), id="fetched twice"),
        pytest.param(
            WARM_TOKEN, ("login.microsoftonline.com", WARM_TOKEN.host), id="another host called"
        ),
        pytest.param(WARM_TOKEN, (_VAULT,), id="a request that never arrived"),
        pytest.param(CACHED, (), id="nothing happened"),
    ],
)
def test_other_calls_than_a_warm_requests_are_refused(
    request_: Request, hosts: tuple[str, ...]
) -> None:
    with pytest.raises(MeasurementError):
        _check(request_, *hosts)


def test_a_journal_that_lost_calls_is_refused() -> None:
    with pytest.raises(MeasurementError, match="hasn't kept"):
        _check(CACHED, CACHED.host, first=9)
