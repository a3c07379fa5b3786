"""Both kinds of identity serve requests, and go on serving while they are rotated."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import world
from tests.end_to_end.bench import STACK, Bench
from tests.end_to_end.test_requests import get, write

_ENVIRONMENTS = ("alpha", "beta")
_KINDS = {"alpha": "managed", "beta": "application"}
_SECRET = "orders-backend-key"


def _set(bench: Bench, environment: str, path: str, value: str) -> None:
    key = f"apigee-keyvault:environments.{environment}.identity.{path}"
    bench.pulumi("config", "set", "--path", key, value, "--stack", STACK)


def _deployed(bench: Bench) -> dict[str, Any]:
    """Deploy, let it spread, and return the environments' exports."""
    bench.up()
    bench.spread()
    environments: Any = bench.outputs()["environments"]
    return dict(environments)


def _statuses(bench: Bench) -> list[int]:
    """What the gateway answers in each environment."""
    urls = [f"https://{name}.api.example.com/orders/v1/orders" for name in _ENVIRONMENTS]
    return [get(bench, url)[0].status_code for url in urls]


def _reads(bench: Bench, exports: dict[str, Any], client: str) -> int:
    """What the vault answers to an environment's Google account that acts as a client of Entra.

    Or what Entra answers, where it issues no token.
    """
    assertion = bench.sandbox.identity_token(
        exports["googleServiceAccount"], world.EXCHANGE_AUDIENCE
    )
    form = {
        "grant_type": "client_credentials",
        "client_id": client,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
        "scope": "https://vault.azure.net/.default",
    }
    entra = f"https://login.microsoftonline.com/{world.TENANT_ID}/oauth2/v2.0/token"
    with bench.sandbox.http() as http:
        answer = http.post(entra, data=form)
        if answer.status_code != 200:
            return answer.status_code
        token = {"authorization": f"Bearer {answer.json()['access_token']}"}
        secret = f"{exports['vaultUri']}secrets/{_SECRET}?api-version=2025-07-01"
        return http.get(secret, headers=token).status_code


# The rotation of both kinds under load (test_no_request_lost) is the quick sample of this.
@pytest.mark.exhaustive
def test_either_kind_serves_and_both_generations_work_while_it_is_rotated(bench: Bench) -> None:
    bench.pulumi("stack", "init", STACK)
    for name, kind in _KINDS.items():
        _set(bench, name, "kind", kind)
    first = _deployed(bench)
    for name in _ENVIRONMENTS:
        write(bench, name, _SECRET, bench.sandbox.issue_backend_key())
    assert _statuses(bench) == [200, 200]

    for name in _ENVIRONMENTS:
        _set(bench, name, "generations[0]", "1")
        _set(bench, name, "generations[1]", "2")
    both = _deployed(bench)
    assert _statuses(bench) == [200, 200]
    for name in _ENVIRONMENTS:
        old, new = first[name]["clientId"], both[name]["clientId"]
        assert old != new
        assert [_reads(bench, both[name], client) for client in (old, new)] == [200, 200]
        assert both[name]["googleServiceAccount"] == first[name]["googleServiceAccount"]

    for name in _ENVIRONMENTS:
        _set(bench, name, "generations[0]", "2")
        key = f"apigee-keyvault:environments.{name}.identity.generations[1]"
        bench.pulumi("config", "rm", "--path", key, "--stack", STACK)
    second = _deployed(bench)
    assert _statuses(bench) == [200, 200]
    for name in _ENVIRONMENTS:
        assert second[name]["clientId"] == both[name]["clientId"]
        assert second[name]["principalIds"].keys() == {"2"}
        assert _reads(bench, second[name], second[name]["clientId"]) == 200
        assert _reads(bench, second[name], first[name]["clientId"]) in {400, 401}
    bench.up("--expect-no-changes")
