from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import certifi
import pytest

from sandbox import world
from tests.sandbox.dataplane.rig import CLIENT_ID, HOST, SECRETS_OFFICER, SECRETS_USER, Rig

CLIENT = Path(__file__).with_name("official_client.py")


def run(rig: Rig, *steps: str, bundle: str | None = None, **changes: str) -> list[Any]:
    """What azure-identity and azure-keyvault-secrets, unmodified, met at each step."""
    asked = {
        "tenant": world.TENANT_ID,
        "client": CLIENT_ID,
        "assertion": rig.assertion(),
        "vault": f"https://{HOST}",
        "steps": steps,
        **changes,
    }
    done = subprocess.run(
        [sys.executable, str(CLIENT)],
        input=json.dumps(asked),
        env={
            "HTTPS_PROXY": rig.proxy.url,
            "REQUESTS_CA_BUNDLE": bundle or str(rig.authority.certificate),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_azures_own_clients_work_with_a_proxy_and_a_ca_bundle_alone(trusted: Rig) -> None:
    trusted.assign(SECRETS_OFFICER)
    met = run(trusted, "set_and_get", "versions", "listing", "missing", "disable")
    assert met[:3] == [
        ["canary-1", True, {"a": "b"}],
        ["canary-1", "canary-2", 2],
        ["more-0", "more-1", "more-2", "orders"],
    ]
    assert met[3]["type"] == "ResourceNotFoundError"
    assert (met[4]["status"], met[4]["inner"]) == (403, "SecretDisabled")
    exchanges = [(c.host, c.path.rsplit("/", 1)[1]) for c in trusted.cloud.journal.after(0)]
    assert exchanges.count(("login.microsoftonline.com", "token")) == 1


def test_azures_own_clients_see_the_refusals(trusted: Rig) -> None:
    trusted.assign(SECRETS_USER)
    unallowed, unheard = run(trusted, "set_and_get", "missing")
    assert (unallowed["status"], unallowed["inner"]) == (403, "ForbiddenByRbac")
    assert unheard["status"] == 404


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"client": world.WRITER_CLIENT_ID}, "AADSTS700213"),
        ({"client": "88888888-8888-4888-8888-888888888888"}, "AADSTS700016"),
        ({"assertion": "garbage"}, "AADSTS50027"),
        ({"vault": "https://missing.vault.azure.net"}, "502"),
    ],
)
def test_azures_own_clients_report_what_went_wrong(
    trusted: Rig, changes: dict[str, str], message: str
) -> None:
    [met] = run(trusted, "get", **changes)
    assert message in met["message"]


def test_a_client_that_does_not_trust_the_ca_gets_nothing(trusted: Rig) -> None:
    [met] = run(trusted, "get", bundle=certifi.where())
    assert "CERTIFICATE_VERIFY_FAILED" in met["message"]
