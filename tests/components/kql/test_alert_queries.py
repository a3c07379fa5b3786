"""Every alert's query, executed: it fires on what it is for, and stays silent on all else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from components.audit import saved_queries
from components.audit.alert_rules import ALERTS, AlertRule
from components.audit.saved_queries import QUERIES
from tests.components.kql import execution
from tests.components.kql.records import (
    ALPHA,
    BETA,
    BETA_GATEWAY,
    CLEAN_CHANGES,
    CLEAN_REQUESTS,
    CREDENTIAL,
    DEPLOYER,
    EVIL_NAMES,
    GRANT,
    GROUP,
    IDENTITY,
    NOW,
    STRANGER,
    SUBSCRIPTION,
    WATCHED,
    WRITER,
    Record,
    change,
    legacy,
    request,
)

_HOUR = timedelta(hours=1)

# What each alert is for, one record for each way that it can happen.
_FIRES_ON: dict[str, list[Record]] = {
    "denied_fetches": [
        request("SecretGet", 403),
        request("SecretGet", 403, STRANGER),
        request("SecretGet", 401),
        request("KeySign", 403, path="keys/signing/1/sign"),
    ],
    "undeclared_callers": [
        request(caller=STRANGER),
        request(caller=None),
        request("SecretSet", caller=STRANGER),
        request("KeySign", caller=STRANGER, path="keys/signing/1/sign"),
        # Who deploys may make keys, and neither use them nor read secrets.
        request("KeySign", caller=DEPLOYER, path="keys/signing/1/sign"),
        request("SecretGet", caller=DEPLOYER),
    ],
    "unplanned_access_changes": [
        change(GRANT, STRANGER),
        change(GRANT, STRANGER, on=f"{ALPHA}/secrets/orders"),
        change(GRANT, STRANGER, on=GROUP),
        change(GRANT, STRANGER, on=SUBSCRIPTION),
        change(GRANT, STRANGER, on="/providers/Microsoft.Management/managementGroups/root"),
        change(GRANT, "somebody@example.com", on=IDENTITY),
        change(CREDENTIAL, STRANGER, on=IDENTITY),
        change("Microsoft.Authorization/roleDefinitions/write", STRANGER, on=SUBSCRIPTION),
        change("Microsoft.Authorization/roleEligibilityScheduleRequests/write", STRANGER),
        change("Microsoft.KeyVault/vaults/accessPolicies/write", STRANGER),
    ],
    "foreign_addresses": [
        request(address="198.51.100.7"),
        request("SecretGet", 403, address="198.51.100.7"),
        request(vault=BETA, caller=BETA_GATEWAY, address="198.51.100.7"),
    ],
    "expiry_notices": [
        request(f"{kind}{what}EventGridNotification", None, None, path="")
        for kind in ("Secret", "Key", "Certificate")
        for what in ("NearExpiry", "Expired")
    ],
}


def _fired(rule: AlertRule, *records: Record) -> list[dict[str, object]]:
    """What the rule finds in the records of the time that it looks at."""
    hours = {"PT30M": 0.5, "PT1H": 1, "PT2H": 2, "P2D": 48}[rule.window]
    schemas = execution.tables()
    schemas["AzureDiagnostics"] |= execution.LEGACY_COLUMNS
    rows: dict[str, list[Record]] = {table: [] for table in schemas}
    for record in records:
        time = record["TimeGenerated"]
        if "OperationNameValue" in record:
            table = "AzureActivity"
        else:
            table = "AzureDiagnostics" if "ResourceProvider" in record else "AZKVAuditLogs"
        if time >= NOW - hours * _HOUR:  # type: ignore[operator]  # a datetime
            rows[table].append(record)
    return execution.answer(saved_queries.text(rule.query, WATCHED), schemas, rows)


def _rules(*, but: tuple[str, ...] = ()) -> list[object]:
    return [pytest.param(rule, id=rule.query) for rule in ALERTS if rule.query not in but]


@pytest.mark.parametrize("rule", _rules(but=("silent_vaults",)))
def test_an_alert_fires_once_for_each_record_that_it_is_for(rule: AlertRule) -> None:
    records = _FIRES_ON[rule.query]
    fired = _fired(rule, *CLEAN_REQUESTS, *CLEAN_CHANGES, *records)
    assert len(fired) == len(records) > 0
    assert {*rule.dimensions, "TimeGenerated"} <= set(fired[0])


@pytest.mark.parametrize("rule", _rules(but=("silent_vaults", "unplanned_access_changes")))
def test_an_alert_fires_on_the_same_in_the_catch_all_table(rule: AlertRule) -> None:
    records = _FIRES_ON[rule.query]
    assert len(_fired(rule, *map(legacy, [*CLEAN_REQUESTS, *records]))) == len(records)


@pytest.mark.parametrize("rule", _rules())
def test_an_alert_is_silent_on_what_is_as_it_should_be(rule: AlertRule) -> None:
    assert _fired(rule, *CLEAN_REQUESTS, *CLEAN_CHANGES) == []
    assert _fired(rule, *map(legacy, CLEAN_REQUESTS), *CLEAN_CHANGES) == []


_SILENT = next(rule for rule in ALERTS if rule.query == "silent_vaults")
_NOT_FETCHES = [
    request("SecretGet", 403, BETA_GATEWAY, vault=BETA),
    request("SecretSet", caller=WRITER, vault=BETA),
]


def _fetch_of_beta(hours_ago: int) -> Record:
    return request(vault=BETA, caller=BETA_GATEWAY, age=hours_ago * _HOUR)


@pytest.mark.parametrize("written", [request, lambda **given: legacy(request(**given))])
def test_a_vault_is_silent_when_no_gateway_got_anything_for_a_day_and_one_did_before(
    written: Callable[..., Record],
) -> None:
    beta = written(vault=BETA, caller=BETA_GATEWAY, age=25 * _HOUR)
    fired = _fired(_SILENT, request(), request(age=25 * _HOUR), beta, *_NOT_FETCHES)
    assert [row["Vault"] for row in fired] == ["kv-beta-def456"]
    assert {*_SILENT.dimensions, "TimeGenerated"} <= set(fired[0])
    assert _fired(_SILENT, request(), beta, _fetch_of_beta(23)) == []


def test_a_vault_that_is_new_or_that_nobody_has_asked_yet_is_not_silent() -> None:
    assert _fired(_SILENT) == []
    assert _fired(_SILENT, request(), *_NOT_FETCHES) == []
    # Its first fetch was within the day.
    assert _fired(_SILENT, request(), _fetch_of_beta(1)) == []


def test_a_vault_is_missed_only_where_it_is_expected() -> None:
    alone = replace(WATCHED, expected=["alpha"])
    rows = {"AZKVAuditLogs": [_fetch_of_beta(25)]}
    query = saved_queries.text("silent_vaults", alone)
    assert execution.answer(query, execution.tables(), rows) == []


def test_every_query_can_be_executed_even_before_there_is_any_table() -> None:
    """None needs what duckdb-kql hasn't; one that did would be named here, with the reason."""
    for query in QUERIES:
        assert execution.answer(saved_queries.text(query, WATCHED), {}, {}) == []


def test_a_declared_caller_is_called_by_its_name() -> None:
    [row] = execution.answer(
        saved_queries.text("fetches", WATCHED),
        execution.tables(),
        {"AZKVAuditLogs": [request(), request()]},
    )
    assert (row["Vault"], row["Object"], row["Who"], row["Status"], row["Requests"]) == (
        "kv-alpha-abc123",
        "secrets/orders",
        "alpha",
        200,
        2,
    )


def test_an_access_change_shows_what_it_gives_access_to() -> None:
    [row] = execution.answer(
        saved_queries.text("access_changes", WATCHED),
        execution.tables(),
        {"AzureActivity": [change(GRANT, STRANGER, on=f"{ALPHA}/secrets/orders")]},
    )
    assert row["Scope"] == f"{ALPHA}/secrets/orders".lower()
    assert row["Actor"] == STRANGER


def test_a_name_never_becomes_part_of_a_query() -> None:
    named = replace(
        WATCHED, gateways={name: name.encode().hex() for name in EVIL_NAMES}, addresses=EVIL_NAMES
    )
    rows = [
        request(caller=name.encode().hex(), address=address)
        for name in EVIL_NAMES
        for address in (name, f"{name}{name}")
    ]
    answer = execution.answer(
        saved_queries.text("foreign_addresses", named),
        execution.tables(),
        {"AZKVAuditLogs": rows},
    )
    assert {(row["Who"], row["Address"]) for row in answer} == {(n, f"{n}{n}") for n in EVIL_NAMES}


def test_equal_declarations_in_another_order_give_equal_texts() -> None:
    other = replace(
        WATCHED,
        vault_ids=dict(reversed([*WATCHED.vault_ids.items()])),
        gateways=dict(reversed([*WATCHED.gateways.items()])),
        writers=dict(reversed([*WATCHED.writers.items()])),
    )
    assert [saved_queries.text(q, WATCHED) for q in QUERIES] == [
        saved_queries.text(q, other) for q in QUERIES
    ]


def test_every_file_is_a_query_or_the_definitions_of_one() -> None:
    from components.audit import kql  # noqa: PLC0415 - its folder is its own affair elsewhere

    files = {file.stem for file in kql._FOLDER.glob("*")}
    assert files == {*QUERIES, *(q.after for q in QUERIES.values() if q.after)}
    assert all(re.fullmatch(r"_?[a-z_]+", file) for file in files)
