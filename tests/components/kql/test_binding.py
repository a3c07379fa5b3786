"""Every query, bound by Microsoft's language service against the documented tables."""

from __future__ import annotations

import re
from dataclasses import replace

from components.audit import saved_queries
from components.audit.saved_queries import QUERIES, Watched
from tests.components.kql import execution
from tests.components.kql.binder import bind
from tests.components.kql.records import EVIL_NAMES, WATCHED

_EMPTY = Watched(vault_ids={}, gateways={})
_UNKNOWN_TABLE = re.compile(r"KS205 Warning at \d+: The fuzzy name '\w+' does not refer to .*")


def _texts(watched: Watched = WATCHED) -> dict[str, str]:
    return {name: saved_queries.text(name, watched) for name in QUERIES}


def test_every_query_binds() -> None:
    assert bind(execution.tables(), _texts()) == {name: [] for name in QUERIES}


def test_every_query_binds_while_nothing_is_declared() -> None:
    assert bind(execution.tables(), _texts(_EMPTY)) == {name: [] for name in QUERIES}


def test_every_query_binds_before_there_is_any_table() -> None:
    for complaints in bind({}, _texts()).values():
        assert [c for c in complaints if not _UNKNOWN_TABLE.fullmatch(c)] == []


def test_every_query_binds_whatever_the_names_are() -> None:
    evil = replace(WATCHED, gateways={name: name for name in EVIL_NAMES}, deployers=EVIL_NAMES)
    assert bind(execution.tables(), _texts(evil)) == {name: [] for name in QUERIES}


_MISTAKES = (
    ("denied_fetches", "CallerIpAddress", "CallerIPAddress"),
    ("denied_fetches", "= CallerIPAddress", "= CallerIPAddress_s"),
    ("denied_fetches", "where Status", "where StatusCode"),
    ("access_changes", "ActivityStatusValue in~", "ActivityStatusValues in~"),
    ("sign_ins", "by ServicePrincipalName", "by ServicePrincipal"),
    ("latency", "percentile(", "percentil("),
    ("fetches", "AZKVAuditLogs", "AZKVAuditLog"),
)


def test_a_wrong_column_function_or_table_is_caught() -> None:
    mistaken = {}
    for query, right, wrong in _MISTAKES:
        text = saved_queries.text(query, WATCHED)
        assert right in text
        mistaken[wrong] = text.replace(right, wrong)
    for wrong, complaints in bind(execution.tables(), mistaken).items():
        assert any("does not refer to any known" in complaint for complaint in complaints), wrong
