"""What a change of an input does, for every input of every type: the rows of `replacements/`."""

from __future__ import annotations

import pytest

from sandbox.controlplane.values import UNKNOWN
from tests.sandbox.controlplane.examples.every import EXAMPLES, TYPES
from tests.sandbox.controlplane.examples.example import Made
from tests.sandbox.controlplane.replacements.every import ROWS
from tests.sandbox.controlplane.replacements.row import Row
from tests.sandbox.controlplane.rig import Clouds, Refused

_BY_TOKEN = {row.token: row for row in ROWS}


def test_every_type_has_one_row() -> None:
    assert sorted(row.token for row in ROWS) == sorted(TYPES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.token)
def test_every_input_stands_in_its_row_once(row: Row) -> None:
    named = [row.delete_first, row.create_first, row.updated, row.ignored, row.unexecuted]
    assert sorted(" ".join(named).split()) == sorted(TYPES[row.token].schema.inputs)
    assert set(row.refused) <= set(row.updated.split())


def _effect(clouds: Clouds, made: Made, token: str, given: dict[str, object], name: str) -> str:
    """The column that a change of one input belongs in: to a value that isn't known yet."""
    try:
        found = clouds.driver(token).diff(made[token], {**given, name: UNKNOWN})
    except Refused as refused:
        return "unexecuted" if f"'{name}'" in str(refused) else str(refused)
    if found.replaced:
        return "delete_first" if found.deletes_first else "create_first"
    return "updated" if found.changed else "ignored"


def test_every_input_has_the_effect_of_its_row(clouds: Clouds, made: Made) -> None:
    for example in EXAMPLES:
        row, given = _BY_TOKEN[example.token], example.given(made)
        columns = ("delete_first", "create_first", "updated", "ignored", "unexecuted")
        expected = {name: column for column in columns for name in getattr(row, column).split()}
        found = {name: _effect(clouds, made, row.token, given, name) for name in expected}
        assert found == expected, row.token


def test_what_the_cloud_refuses_is_refused_in_place(clouds: Clouds, made: Made) -> None:
    for example in EXAMPLES:
        driver, found = clouds.driver(example.token), made[example.token]
        for name, (value, reason) in _BY_TOKEN[example.token].refused.items():
            with pytest.raises(Refused, match=reason):
                pytest.fail(str(driver.update(found, {**example.given(made), name: value})))
