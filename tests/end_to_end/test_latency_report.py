"""The latency report on a deployed gateway: by Google's own client, behind proxy and CA bundle alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from sandbox import world
from tests.end_to_end.bench import ROOT, STACK, Bench

PATHS = ("orders", "invoices")


def _latency(bench: Bench, *arguments: str, token: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "validation", "latency", *arguments],
        cwd=ROOT,
        env={**bench.client_environment(), "GOOGLE_OAUTH_ACCESS_TOKEN": token},
        capture_output=True,
        text=True,
        check=False,
    )


def _allowed(bench: Bench) -> str:
    """An access token of the deployer's account, which owns the sandbox's project."""
    return bench.sandbox.access_token(world.DEPLOYER_ACCOUNT)


def test_the_report_is_the_same_from_cloud_logging_and_from_a_file(
    deployed: Bench, tmp_path: Path
) -> None:
    for _ in range(3):
        for environment in ("alpha", "beta"):
            for path in PATHS:
                url = f"https://{environment}.api.example.com/orders/v1/{path}"
                with deployed.sandbox.http() as client:
                    client.get(url)
    asked = _latency(deployed, "-s", STACK, "--json", token=_allowed(deployed))
    assert asked.returncode == 0, asked.stderr
    lines = tmp_path / "lines.json"
    lines.write_text("".join(f"{json.dumps(e)}\n" for e in deployed.sandbox.log_entries()))
    read = _latency(deployed, "-s", STACK, "--json", "--file", str(lines))
    report: dict[str, Any] = json.loads(asked.stdout)
    assert json.loads(read.stdout) == report
    found = {(secret["environment"], secret["secret"]) for secret in report["secrets"]}
    assert {("alpha", "orders-backend-key"), ("beta", "invoices-backend-key")} <= found
    assert report["unread"] == {}
    for secret in report["secrets"]:
        assert sum(row["calls"] for row in secret["calls"]) >= 3
        assert {row["leg"] for row in secret["legs"]} >= {"total"}


def test_without_the_permission_it_says_what_is_needed(deployed: Bench) -> None:
    reader = deployed.sandbox.access_token(
        "apigee-kv-alpha@sandbox-gateway.iam.gserviceaccount.com"
    )
    for token, told in (
        (reader, "logging.logEntries.list"),
        ("canary-no-token", "Cloud Logging of project"),
    ):
        refused = _latency(deployed, "-s", STACK, token=token)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert told in refused.stderr
        assert "canary" not in refused.stderr
        assert "Traceback" not in refused.stderr
