"""google-auth, unmodified, with a proxy and a CA bundle alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox import google_tokens, world
from sandbox.dataplane.cloud_logging import LogEntries
from tests.sandbox.dataplane.rig import ACCOUNT, UNIQUE_ID, Rig
from tests.sandbox.dataplane.test_google import LOG, allow_writer, enable, grant

CLIENT = Path(__file__).with_name("google_client.py")
CALLER = world.DEPLOYER_ACCOUNT


def run(rig: Rig, *steps: str, **changes: str) -> list[Any]:
    asked = {
        "source": google_tokens.mint_access_token(rig.cloud, CALLER),
        "account": ACCOUNT,
        "audience": world.EXCHANGE_AUDIENCE,
        "log": LOG,
        "steps": steps,
        **changes,
    }
    done = subprocess.run(
        [sys.executable, str(CLIENT)],
        input=json.dumps(asked),
        env={"HTTPS_PROXY": rig.proxy.url, "REQUESTS_CA_BUNDLE": str(rig.authority.certificate)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


@pytest.fixture
def granted(rig: Rig) -> Rig:
    rig.account()
    grant(rig, member=CALLER)
    enable(rig)
    return rig


def test_googles_own_client_impersonates_an_account(granted: Rig) -> None:
    [[token, valid]] = run(granted, "access_token")
    assert valid
    read = google_tokens.read_access_token(granted.cloud, token)
    assert read is not None
    assert read.email == ACCOUNT
    assert read.scopes == {"https://www.googleapis.com/auth/logging.write"}


def test_googles_own_client_verifies_an_accounts_id_token(granted: Rig) -> None:
    [claims] = run(granted, "identity_token")
    assert (claims["sub"], claims["email"]) == (UNIQUE_ID, ACCOUNT)
    assert claims["aud"] == world.EXCHANGE_AUDIENCE


def test_googles_own_client_refuses_tokens_that_are_not_googles(granted: Rig) -> None:
    claims = granted.google_claims()
    forged = granted.cloud.entra_key.sign(claims)
    foreign = granted.cloud.google_key.sign({**claims, "iss": "https://example.com"})
    other = granted.cloud.google_key.sign({**claims, "aud": "other"})
    expected = {
        forged: "Certificate for key id",
        foreign: "Wrong issuer",
        other: "Token has wrong audience",
    }
    for token, message in expected.items():
        [met] = run(granted, "verify", source=token)
        assert message in met["message"]


def test_googles_own_client_reports_a_missing_grant(rig: Rig) -> None:
    rig.account()
    enable(rig)
    for step, permission in (("access_token", "getAccessToken"), ("identity_token", "getOpenId")):
        [met] = run(rig, step)
        assert met["type"] == "RefreshError"
        assert f"iam.serviceAccounts.{permission}" in met["message"]


def test_googles_own_client_writes_logs_as_the_account(granted: Rig) -> None:
    enable(granted, "logging.googleapis.com")
    assert run(granted, "write_log") == [403]
    allow_writer(granted)
    assert run(granted, "write_log") == [200]
    [entry] = LogEntries(granted.cloud.store).entries(LOG)
    assert entry["jsonPayload"] == {"from": "google-auth"}
