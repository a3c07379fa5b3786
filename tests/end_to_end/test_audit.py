"""The audit trail with its alerts, on the real engine, and over rows that vaults really wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from components.audit.alert_rules import ALERTS
from components.audit.alerts import SAVED_QUERIES
from sandbox import delays, world
from tests.components.kql import execution
from tests.end_to_end.bench import STACK, Bench

_AUDIT = "apigee-keyvault:audit"


# What the CLI says of a finished step: `++ TYPE NAME created replacement (0.1s) ...`.
_DONE = re.compile(
    r"^ *[-+~]+ +\S+ (\S+) (created|updated|deleted|created replacement|replaced|deleted original)"
    r" \(",
    re.MULTILINE,
)


def _set(bench: Bench, path: str, value: str) -> None:
    bench.pulumi("config", "set", "--path", f"{_AUDIT}.{path}", value, "--stack", STACK)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A sandbox in which the program has been deployed with sign-in logs, and alerts with no option."""
    made = Bench(tmp_path_factory.mktemp("watched") / "sandbox")
    made.pulumi("stack", "init", STACK)
    _set(made, "signInLogs", "true")
    _set(made, "alerts.emails[0]", "oncall@example.com")
    _set(made, "alerts.webhooks.chat", "https://chat.example.com/canary-hook")
    made.up()
    yield made
    made.stop()


def _alerts(bench: Bench) -> dict[str, dict[str, Any]]:
    """What the alerts' component made, by name."""
    return {
        urn.rpartition("::")[2]: resource
        for urn, resource in bench.resources().items()
        if "AuditAlerts$" in urn
    }


def _rule(query: str) -> str:
    return f"alerts-{query.replace('_', '-')}"


def _query(made: dict[str, dict[str, Any]], query: str) -> str:
    return str(made[_rule(query)]["inputs"]["criteria"]["allOf"][0]["query"])


def test_rules_queries_and_workbook_are_made_before_there_is_any_row(watched: Bench) -> None:
    assert _alerts(watched).keys() == {
        "alerts-receivers",
        "alerts-workbook",
        *(_rule(rule.query) for rule in ALERTS if rule.needs in (None, "addresses")),
        *(f"alerts-query-{query.replace('_', '-')}" for query in SAVED_QUERIES),
    }


def test_a_second_up_changes_nothing_with_alerts_too(watched: Bench) -> None:
    watched.up("--expect-no-changes")


def test_a_refresh_finds_the_alerts_as_they_were_deployed(watched: Bench) -> None:
    watched.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", STACK)


def test_a_webhooks_url_is_in_no_state_in_plain_text(watched: Bench) -> None:
    assert "canary-hook" not in watched.pulumi("stack", "export", "--stack", STACK).stdout


def test_the_deployed_rules_tell_by_what_vaults_wrote(watched: Bench) -> None:
    """The writer may write secrets and may not use keys: one request is served, one denied."""
    watched.spread()
    outputs: Any = watched.outputs()
    vault = str(outputs["environments"]["alpha"]["vaultUri"])
    version = {"api-version": "2025-07-01"}
    with watched.sandbox.http() as client:
        client.headers["Authorization"] = f"Bearer {_vault_token(client, watched)}"
        url, value = f"{vault}secrets/orders-backend-key", {"value": "canary-value"}
        assert client.put(url, params=version, json=value).status_code == 200
        assert client.get(f"{vault}keys/signing", params=version).status_code == 403
    watched.sandbox.advance_clock(delays.AUDIT_ROW)

    made, rows = _alerts(watched), _rows(watched)
    [denied] = execution.answer(_query(made, "denied_fetches"), *_tables(rows))
    assert (denied["Operation"], denied["Object"]) == ("KeyGet", "keys/signing")
    assert denied["Who"] == "alpha-ci, beta-ci"
    undeclared = _query(made, "undeclared_callers")
    assert execution.answer(undeclared, *_tables(rows)) == []
    nobody = undeclared.replace(world.WRITER_PRINCIPAL_ID, "nobody")
    [served] = execution.answer(nobody, *_tables(rows))
    assert (served["Operation"], served["Caller"]) == ("SecretSet", world.WRITER_PRINCIPAL_ID)


def _vault_token(client: httpx.Client, bench: Bench) -> str:
    answer = client.post(
        f"https://login.microsoftonline.com/{world.TENANT_ID}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": world.WRITER_CLIENT_ID,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": bench.writer_token(),
            "scope": "https://vault.azure.net/.default",
        },
    )
    return str(answer.json()["access_token"])


def _rows(bench: Bench) -> list[dict[str, Any]]:
    return [
        {**row, "TimeGenerated": datetime.fromisoformat(row["TimeGenerated"])}
        for row in bench.sandbox.audit_rows()
    ]


def _tables(rows: list[dict[str, Any]]) -> tuple[Any, Any]:
    return {"AZKVAuditLogs": execution.tables()["AZKVAuditLogs"]}, {"AZKVAuditLogs": rows}


@pytest.mark.exhaustive
def test_a_changed_query_changes_its_own_rules_and_leaves_no_gap(watched: Bench) -> None:
    _set(watched, "alerts.deployers[0]", world.DEPLOYER_PRINCIPAL_ID)
    done = [(step, name) for name, step in _DONE.findall(watched.up())]
    assert set(done) == {
        ("created", "alerts-unplanned-access-changes"),
        ("updated", "alerts-undeclared-callers"),
        ("updated", "alerts-workbook"),
        # It can't be updated: the new one is there before the old one goes.
        ("created replacement", "alerts-query-undeclared-callers"),
        ("replaced", "alerts-query-undeclared-callers"),
        ("deleted original", "alerts-query-undeclared-callers"),
    }
    replaced = [step for step, name in done if name == "alerts-query-undeclared-callers"]
    assert replaced.index("created replacement") < replaced.index("deleted original")
    watched.up("--expect-no-changes")
