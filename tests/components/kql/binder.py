"""Kusto queries bound by Microsoft's own language service, as Log Analytics' editor does."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools import node

_HERE = Path(__file__).resolve().parent


def bind(
    tables: Mapping[str, Mapping[str, str]], queries: Mapping[str, str]
) -> dict[str, list[str]]:
    """What is wrong with each query; an unknown table, column or function is.

    Arguments:
        tables: the columns of each table, with their Kusto types.
        queries: the queries' texts, by a name for each.
    """
    schemas = {
        table: f"({', '.join(f'{column}: {kind}' for column, kind in columns.items())})"
        for table, columns in tables.items()
    }
    result = subprocess.run(
        [node.executable(), _HERE / "bind.js", node.packages(_HERE)],
        input=json.dumps({"tables": schemas, "queries": queries}),
        capture_output=True,
        text=True,
        check=True,
    )
    complaints: dict[str, list[str]] = json.loads(result.stdout)
    return complaints
