"""Requests through the bundles that the real engine deployed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import delays, world
from tests.end_to_end.bench import STACK, Bench

_WRITE_SECRET = Path(__file__).with_name("write_secret.py")
_ALPHA = "https://alpha.api.example.com/orders/v1"
_BETA = "https://beta.api.example.com/orders/v1"
_FETCH = ("iamcredentials.googleapis.com", "login.microsoftonline.com", ".vault.azure.net")

# How long the gateway may go by a declaration that has changed (its map's cache), in seconds.
_DECLARATION = 60


def _vault(bench: Bench, environment: str) -> str:
    environments: Any = bench.outputs()["environments"]
    return str(environments[environment]["vaultUri"])


def write(bench: Bench, environment: str, name: str, value: str) -> None:
    asked = {
        "tenant": world.TENANT_ID,
        "client": world.WRITER_CLIENT_ID,
        "assertion": bench.writer_token(),
        "vault": _vault(bench, environment),
        "name": name,
        "value": value,
    }
    subprocess.run(
        [sys.executable, str(_WRITE_SECRET)],
        input=json.dumps(asked),
        env=bench.client_environment(),
        text=True,
        check=True,
        timeout=60,
    )


def get(bench: Bench, url: str) -> tuple[httpx.Response, int]:
    """The gateway's answer, and how many external calls the fetch made."""
    before = bench.sandbox.status()["calls"]
    with bench.sandbox.http() as client:
        answer = client.get(url)
    calls = bench.sandbox.calls_after(before)
    return answer, sum(str(call["host"]).endswith(_FETCH) for call in calls)


@pytest.fixture(scope="module")
def serving(deployed: Bench) -> Bench:
    """The deployed program with the backend's keys in its vaults."""
    for environment, name in (
        ("alpha", "orders-backend-key"),
        ("beta", "orders-backend-key"),
        ("beta", "invoices-backend-key"),
    ):
        write(deployed, environment, name, deployed.sandbox.issue_backend_key())
    return deployed


def test_a_cold_request_makes_three_calls_a_warm_token_one_and_a_cached_value_none(
    serving: Bench,
) -> None:
    serving.sandbox.advance_clock(3600)
    met = [get(serving, f"{_ALPHA}/orders") for _ in range(2)]
    met += [get(serving, f"{_BETA}/invoices") for _ in range(2)]
    assert [(answer.status_code, calls) for answer, calls in met] == [
        (200, 3),
        (200, 1),
        (200, 3),
        (200, 0),
    ]


def test_a_value_that_the_backend_refuses_is_not_masked_by_the_gateway(serving: Bench) -> None:
    write(serving, "alpha", "orders-backend-key", "canary-not-a-key-of-the-backend")
    answer, _ = get(serving, f"{_ALPHA}/orders")
    assert answer.status_code == 401
    write(serving, "alpha", "orders-backend-key", serving.sandbox.issue_backend_key())
    assert get(serving, f"{_ALPHA}/orders")[0].status_code == 200


def test_a_cached_value_is_replaced_within_its_lifetime(serving: Bench) -> None:
    get(serving, f"{_BETA}/invoices")
    write(serving, "beta", "invoices-backend-key", "canary-not-a-key-of-the-backend")
    assert get(serving, f"{_BETA}/invoices")[0].status_code == 200
    serving.sandbox.advance_clock(300)
    assert get(serving, f"{_BETA}/invoices")[0].status_code == 401
    write(serving, "beta", "invoices-backend-key", serving.sandbox.issue_backend_key())
    serving.sandbox.advance_clock(300)
    assert get(serving, f"{_BETA}/invoices")[0].status_code == 200


def test_a_secret_of_another_environment_is_refused_without_a_call(serving: Bench) -> None:
    answer, calls = get(serving, f"{_ALPHA}/invoices")
    assert (answer.status_code, answer.json()["error"]["code"], calls) == (403, "not-allowed", 0)


def test_every_fetch_has_one_audit_row_with_the_requests_id(serving: Bench) -> None:
    get(serving, f"{_ALPHA}/orders")
    get(serving, f"{_BETA}/orders")
    serving.sandbox.advance_clock(delays.AUDIT_ROW)
    fetched = [
        entry["jsonPayload"]["requestId"]
        for entry in serving.sandbox.log_entries()
        if entry["jsonPayload"]["source"] == "fetched"
    ]
    gets = [
        row["CorrelationId"]
        for row in serving.sandbox.audit_rows()
        if row["OperationName"] == "SecretGet" and row["CorrelationId"] in fetched
    ]
    assert len(fetched) > 0
    assert sorted(gets) == sorted(fetched)


def test_a_caller_taken_from_the_declaration_is_refused_within_a_minute(serving: Bench) -> None:
    secret = "apigee-keyvault:environments.beta.secrets.invoices-backend-key"
    declared = serving.pulumi("config", "get", "--path", secret, "--json", "--stack", STACK)
    get(serving, f"{_BETA}/invoices")
    serving.pulumi("config", "rm", "--path", secret, "--stack", STACK)
    serving.up()
    serving.sandbox.advance_clock(_DECLARATION)
    answer, calls = get(serving, f"{_BETA}/invoices")
    assert (answer.status_code, calls) == (403, 0)

    callers = json.loads(json.loads(declared.stdout)["value"])
    assert callers["callers"] == ["orders-v1"]
    serving.pulumi("config", "set", "--path", f"{secret}.callers[0]", "orders-v1", "--stack", STACK)
    serving.up()
    serving.sandbox.advance_clock(_DECLARATION)
    assert get(serving, f"{_BETA}/invoices")[0].status_code == 200
