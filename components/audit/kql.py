"""Kusto queries from files, with values put in front of them.

A query's text is never put together: the values that it needs become `let` statements before it,
each one a literal that `literal` or `table` has quoted. Owns the quoting; which queries there are is
`audit_queries`' matter.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

_FOLDER = Path(__file__).parent / "queries"


def load(name: str) -> str:
    """The text of the file `queries/<name>.kql`."""
    return (_FOLDER / f"{name}.kql").read_text(encoding="utf-8")


def literal(value: str) -> str:
    """A string literal, whatever is in `value`.

    JSON's escapes are also Kusto's, in a string literal and inside `dynamic(...)` alike (Microsoft
    Learn, 'The string data type', 'The dynamic data type').
    """
    return json.dumps(value, ensure_ascii=False)


def array(values: Iterable[str]) -> str:
    """An array of strings, sorted and each once, so that equal values give an equal text."""
    return f"dynamic([{', '.join(literal(value) for value in sorted(set(values)))}])"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of strings, sorted. `columns` are names out of the code, not out of the settings."""
    schema = ", ".join(f"{column}: string" for column in columns)
    cells = ", ".join(literal(cell) for row in sorted(map(tuple, rows)) for cell in row)
    return f"datatable({schema}) [{cells}]"


def query(values: Mapping[str, str], names: Sequence[str]) -> str:
    """The files `names` one after another, after a `let` statement for each value.

    Arguments:
        values: the literal that each name stands for.
        names: the files; all but the last hold `let` statements themselves.
    """
    lets = [f"let {name} = {value};\n" for name, value in sorted(values.items())]
    return "".join([*lets, *(load(name) for name in names)])
