"""Kusto queries executed over rows, by duckdb-kql: a second implementation of the language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb_kql

Row = Mapping[str, object]

_TYPES = {
    "bool": "BOOLEAN",
    "datetime": "TIMESTAMP",
    "dynamic": "JSON",
    "int": "INTEGER",
    "long": "BIGINT",
    "real": "DOUBLE",
    "string": "VARCHAR",
}


def tables() -> dict[str, dict[str, str]]:
    """The documented columns of each table, with their Kusto types."""
    text = Path(__file__).with_name("tables.json").read_text(encoding="utf-8")
    return {name: table["columns"] for name, table in json.loads(text).items()}


# What Key Vault's records add to the catch-all table, once there are such records.
LEGACY_COLUMNS = {
    "httpStatusCode_d": "real",
    "identity_claim_oid_g": "string",
    "requestUri_s": "string",
    "eventGridEventProperties_data_ObjectName_s": "string",
}


def answer(
    query: str, schemas: Mapping[str, Mapping[str, str]], rows: Mapping[str, Iterable[Row]]
) -> list[dict[str, Any]]:
    """The rows that a query gives over `rows`, by table; a table that isn't in `schemas` isn't there."""
    connection = duckdb_kql.connect()
    for table, columns in schemas.items():
        described = ", ".join(f'"{name}" {_TYPES[kind]}' for name, kind in columns.items())
        connection.execute(f'CREATE TABLE "{table}" ({described})')
        for row in rows.get(table, ()):
            values = [
                json.dumps(row[name]) if kind == "dynamic" and name in row else row.get(name)
                for name, kind in columns.items()
            ]
            connection.table(table).insert(values)
    result = duckdb_kql.query(connection, query)
    return [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]
