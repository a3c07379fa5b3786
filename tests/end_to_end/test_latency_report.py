"""The latency report on a deployed gateway: by Google's own client, behind proxy and CA bundle alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox import world
from tests.end_to_end.bench import ROOT, STACK, Bench
from tests.end_to_end.test_requests import write

# Whatever this machine has of a user's or of an instance's own isn't found.
_NO_CREDENTIALS = {
    "GOOGLE_APPLICATION_CREDENTIALS": "",
    "CLOUDSDK_CONFIG": "absent",
    "NO_GCE_CHECK": "true",
}
_LOGGING = "logging.googleapis.com"
# So long the vaults take here to answer, in milliseconds, and so many requests there are.
_VAULT, _REQUESTS = 30, 105


def _latency(bench: Bench, *arguments: str, token: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "validation", "latency", *arguments],
        cwd=ROOT,
        env={**bench.client_environment(), **_NO_CREDENTIALS, "GOOGLE_OAUTH_ACCESS_TOKEN": token},
        capture_output=True,
        text=True,
        check=False,
    )


def _allowed(bench: Bench) -> str:
    """An access token of the deployer's account, which owns the sandbox's project."""
    return bench.sandbox.access_token(world.DEPLOYER_ACCOUNT)


@pytest.fixture(scope="module")
def used(deployed: Bench) -> Bench:
    """A gateway with slow vaults that was used: one secret of four often, and cached nowhere."""
    write(deployed, "alpha", "orders-backend-key", deployed.sandbox.issue_backend_key())
    deployed.sandbox.fault("*.vault.azure.net", "latency", _VAULT)
    with deployed.sandbox.http() as client:
        for _ in range(_REQUESTS):
            client.get("https://alpha.api.example.com/orders/v1/orders")
        for path in ("orders", "invoices"):
            client.get(f"https://beta.api.example.com/orders/v1/{path}")
    deployed.sandbox.clear_faults()
    return deployed


def test_the_report_is_the_same_from_cloud_logging_and_from_a_file(
    used: Bench, tmp_path: Path
) -> None:
    asked = _latency(used, "-s", STACK, "--json", token=_allowed(used))
    assert asked.returncode == 1, asked.stderr
    assert asked.stderr == ""
    lines = tmp_path / "lines.json"
    # As `gcloud logging read --format=json` has them: an array, the newest first.
    lines.write_text(json.dumps(used.sandbox.log_entries()[::-1], indent=2))
    read = _latency(used, "-s", STACK, "--json", "--file", str(lines))
    report: dict[str, Any] = json.loads(asked.stdout)
    assert json.loads(read.stdout) == report
    assert report["unread"] == {}


def test_a_cache_is_suggested_where_the_gateway_would_gain_and_nowhere_else(used: Bench) -> None:
    asked = _latency(used, "-s", STACK, "--json", token=_allowed(used))
    secrets = json.loads(asked.stdout)["secrets"]
    found = {(secret["environment"], secret["secret"]): secret for secret in secrets}
    assert {key for key, secret in found.items() if secret["finding"]} == {
        ("alpha", "orders-backend-key")
    }
    often = found["alpha", "orders-backend-key"]
    legs = {(leg["leg"], leg["answer"]): leg for leg in often["legs"]}
    assert set(legs) == {(leg, "fetched") for leg in ("google", "entra", "vault", "total")}
    assert legs["google", "fetched"]["calls"] == legs["entra", "fetched"]["calls"] == 1
    assert legs["vault", "fetched"]["calls"] == legs["total", "fetched"]["calls"] == _REQUESTS
    assert legs["total", "fetched"]["p50"] >= legs["vault", "fetched"]["p50"] >= _VAULT
    assert often["cache"]["measuredMilliseconds"] == legs["vault", "fetched"]["p50"]
    absent = found["beta", "invoices-backend-key"]
    assert {leg["answer"] for leg in absent["legs"]} == {"failed"}


def test_one_environment_is_asked_for_alone(used: Bench) -> None:
    for arguments, told in (
        (("--environment", "beta"), "beta / orders-backend-key"),
        (("--environment", "gamma"), "no call of the shared flow of the environment gamma"),
    ):
        asked = _latency(used, "-s", STACK, *arguments, token=_allowed(used))
        assert told in asked.stdout + asked.stderr
        assert "alpha /" not in asked.stdout


@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_for_the_quota_is_waited_out(used: Bench, status: int) -> None:
    used.sandbox.fault(_LOGGING, "status", status, requests=1)
    asked = _latency(used, "-s", STACK, token=_allowed(used))
    assert asked.returncode == 1, asked.stderr
    assert used.sandbox.faults() == []


def test_without_the_permission_it_says_what_is_needed(deployed: Bench) -> None:
    reader = deployed.sandbox.access_token(
        "apigee-kv-alpha@sandbox-gateway.iam.gserviceaccount.com"
    )
    for token, told in (
        (reader, "logging.logEntries.list"),
        ("canary-no-token", "Cloud Logging of project"),
        ("", "default credentials were not found"),
    ):
        refused = _latency(deployed, "-s", STACK, token=token)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert told in refused.stderr
        assert "canary" not in refused.stderr
        assert "Traceback" not in refused.stderr
