"""Faults that are switched on: what a client meets, for how long, and what can't be asked for."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.responses import JSONResponse

from sandbox.faults import Kind
from tests.sandbox.dataplane.rig import HOST, TOKEN_URL, Rig
from tests.sandbox.dataplane.test_connections import CERTS, CLOUD_HOST, serves

VAULT_URL = f"https://{HOST}/secrets/a?api-version=2025-07-01"
TOKENS = "login.microsoftonline.com"


@pytest.fixture
def vault(rig: Rig) -> Rig:
    rig.vault()
    return rig


def healthy(rig: Rig) -> bool:
    return rig.request("GET", CERTS).status_code == 200


def test_an_outage_ends_the_connection_without_an_answer(rig: Rig) -> None:
    assert healthy(rig)
    rig.faults.switch_on(CLOUD_HOST, Kind.OUTAGE)
    before = rig.cloud.journal.sequence
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            rig.request("GET", CERTS)
    with pytest.raises(httpx.RemoteProtocolError):
        serves(rig)
    assert rig.cloud.journal.sequence == before
    rig.faults.clear()
    assert serves(rig)


def test_another_host_is_well_meanwhile(vault: Rig) -> None:
    vault.faults.switch_on(CLOUD_HOST, Kind.OUTAGE)
    assert vault.request("GET", VAULT_URL).status_code == 401


@pytest.mark.parametrize(
    ("host", "method", "url", "status", "expected"),
    [
        (HOST, "GET", VAULT_URL, 429, ("Throttled",)),
        (HOST, "GET", VAULT_URL, 503, ("ServiceUnavailable",)),
        (HOST, "GET", VAULT_URL, 401, ("Unauthorized",)),
        (CLOUD_HOST, "GET", CERTS, 429, (429, "RESOURCE_EXHAUSTED")),
        (CLOUD_HOST, "GET", CERTS, 503, (503, "UNAVAILABLE")),
        (CLOUD_HOST, "GET", CERTS, 502, (502, "INTERNAL")),
    ],
)
def test_a_status_comes_in_its_own_clouds_words(
    vault: Rig, host: str, method: str, url: str, status: int, expected: tuple[object, ...]
) -> None:
    vault.faults.switch_on(host, Kind.STATUS, status)
    answer = vault.request(method, url)
    error = answer.json()["error"]
    assert answer.status_code == status
    assert tuple(error[name] for name in ("code", "status") if name in error) == expected
    assert error["message"]


def test_a_vaults_refusals_carry_its_challenge(vault: Rig) -> None:
    vault.faults.switch_on(HOST, Kind.STATUS, 401)
    assert "https://vault.azure.net" in vault.request("GET", VAULT_URL).headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (503, "temporarily_unavailable", 90033),
        (429, "temporarily_unavailable", 90055),
        (400, "invalid_request", 50000),
    ],
)
def test_entras_refusals_are_oauths(rig: Rig, status: int, error: str, code: int) -> None:
    rig.faults.switch_on(TOKENS, Kind.STATUS, status)
    answer = rig.request("POST", TOKEN_URL, data={})
    assert answer.status_code == status
    assert (answer.json()["error"], answer.json()["error_codes"]) == (error, [code])


def test_a_host_of_no_cloud_answers_with_a_line_of_text(rig: Rig) -> None:
    rig.hosts.mount(lambda: {"api.example.com"}, JSONResponse({}), 10, "{}")
    rig.faults.switch_on("api.example.com", Kind.STATUS, 599)
    answer = rig.request("GET", "https://api.example.com/")
    assert (answer.status_code, answer.text) == (599, "Error")


def test_an_unreadable_body_is_a_success_that_is_no_json(rig: Rig) -> None:
    rig.faults.switch_on(CLOUD_HOST, Kind.UNREADABLE)
    answer = rig.request("GET", CERTS)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays that the server made, none of which took place."""
    delays: list[float] = []
    sleep = asyncio.sleep

    async def record(seconds: float) -> None:
        delays.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", record)
    return delays


def test_a_slow_host_answers_as_ever_but_later(rig: Rig, slept: list[float]) -> None:
    rig.faults.switch_on(CLOUD_HOST, Kind.LATENCY, 250)
    assert healthy(rig)
    assert slept == [0.25]
    rig.faults.clear(CLOUD_HOST)
    assert healthy(rig)
    assert slept == [0.25]


def test_a_host_may_be_slow_and_fail(rig: Rig, slept: list[float]) -> None:
    rig.faults.switch_on(CLOUD_HOST, Kind.LATENCY, 1000)
    rig.faults.switch_on(CLOUD_HOST, Kind.STATUS, 503)
    assert rig.request("GET", CERTS).status_code == 503
    assert slept == [1.0]


def test_a_client_that_waits_no_longer_leaves_the_server_well(rig: Rig) -> None:
    rig.faults.switch_on(CLOUD_HOST, Kind.LATENCY, 200, requests=1)
    with pytest.raises(httpx.ReadTimeout):
        rig.client.get(CERTS, timeout=httpx.Timeout(10, read=0.05))
    assert serves(rig)


def test_a_fault_befalls_as_many_requests_as_asked_for(rig: Rig) -> None:
    rig.faults.switch_on(CLOUD_HOST, Kind.STATUS, 503, requests=2)
    assert [rig.request("GET", CERTS).status_code for _ in range(3)] == [503, 503, 200]
    assert rig.faults.switched_on() == []


def test_a_fault_counts_how_often_it_happened(rig: Rig) -> None:
    rig.faults.switch_on(CLOUD_HOST, Kind.STATUS, 503, requests=5)
    rig.request("GET", CERTS)
    [fault] = rig.faults.switched_on()
    assert fault.as_json() == {
        "host": CLOUD_HOST,
        "kind": "status",
        "value": 503,
        "requests": 4,
        "happened": 1,
    }


def test_a_domains_fault_befalls_its_hosts_unless_they_have_their_own(vault: Rig) -> None:
    vault.faults.switch_on("*.vault.azure.net", Kind.STATUS, 503)
    assert vault.request("GET", VAULT_URL).status_code == 503
    vault.faults.switch_on(HOST, Kind.STATUS, 500, requests=1)
    assert [vault.request("GET", VAULT_URL).status_code for _ in range(2)] == [500, 503]
    assert healthy(vault)


def test_a_second_fault_replaces_the_first(rig: Rig) -> None:
    rig.faults.switch_on(CLOUD_HOST, Kind.OUTAGE)
    rig.faults.switch_on(CLOUD_HOST.upper(), Kind.STATUS, 503)
    assert [fault.kind for fault in rig.faults.switched_on()] == [Kind.STATUS]


def test_faults_of_one_host_are_cleared_alone(vault: Rig) -> None:
    vault.faults.switch_on(CLOUD_HOST, Kind.LATENCY, 1)
    vault.faults.switch_on(CLOUD_HOST, Kind.OUTAGE)
    vault.faults.switch_on(HOST, Kind.OUTAGE)
    assert vault.faults.clear(CLOUD_HOST) == 2
    assert [fault.host for fault in vault.faults.switched_on()] == [HOST]
    assert vault.faults.clear() == 1


@pytest.mark.parametrize(
    ("host", "kind", "value", "requests", "message"),
    [
        ("example.org", "outage", None, None, r"example\.org is no host.*www\.googleapis\.com"),
        ("missing.vault.azure.net", "outage", None, None, r"no host.*\*\.vault\.azure\.net"),
        ("*.googleapis.com", "outage", None, None, "no host"),
        ("*", "outage", None, None, "no host"),
        (CLOUD_HOST, "flood", None, None, "outage, status, unreadable, latency"),
        (CLOUD_HOST, "status", None, None, "status: an HTTP status from 400 to 599"),
        (CLOUD_HOST, "status", 200, None, "status: an HTTP status from 400 to 599"),
        (CLOUD_HOST, "latency", 0, None, "latency: milliseconds from 1"),
        (CLOUD_HOST, "outage", 5, None, "outage: takes no value"),
        (CLOUD_HOST, "outage", None, 0, "requests: a number from 1"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_with_the_reason(
    rig: Rig, host: str, kind: str, value: int | None, requests: int | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        rig.faults.switch_on(host, kind, value, requests)
    assert rig.faults.switched_on() == []


def test_clearing_an_unknown_host_is_refused(rig: Rig) -> None:
    with pytest.raises(ValueError, match=r"example\.org is no host"):
        rig.faults.clear("example.org")
