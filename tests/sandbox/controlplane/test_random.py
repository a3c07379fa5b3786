"""Random strings: really random, and only in the state."""

from __future__ import annotations

import re

import pytest

from tests.sandbox.controlplane.rig import RANDOM_STRING, Clouds, Refused

_INPUTS = {"length": 6, "special": False, "upper": False}


def test_value_is_of_the_asked_kind_and_never_the_same(clouds: Clouds) -> None:
    made = [clouds.random.create(RANDOM_STRING, _INPUTS) for _ in range(20)]
    assert all(re.fullmatch("[a-z0-9]{6}", one["result"]) for one in made)
    assert len({one["result"] for one in made}) > 15


def test_value_is_kept_through_a_refresh(clouds: Clouds) -> None:
    made = clouds.random.create(RANDOM_STRING, _INPUTS)
    refreshed = clouds.random.read(made)
    assert refreshed is not None
    assert (refreshed.outputs, refreshed.inputs) == (made.outputs, made.inputs)


def test_minima_are_kept(clouds: Clouds) -> None:
    made = clouds.random.create(RANDOM_STRING, {"length": 4, "minNumeric": 2, "minUpper": 2})
    assert len(re.findall("[0-9]", made["result"])) == 2
    assert len(re.findall("[A-Z]", made["result"])) == 2


def test_own_special_characters_are_used(clouds: Clouds) -> None:
    made = clouds.random.create(
        RANDOM_STRING, {"length": 3, "minSpecial": 3, "overrideSpecial": "_"}
    )
    assert made["result"] == "___"


@pytest.mark.parametrize(
    "inputs",
    [
        {"length": 0},
        {"length": 3, "minLower": 4},
        {"length": 3, "lower": False, "upper": False, "numeric": False, "special": False},
    ],
)
def test_impossible_demand_is_refused(clouds: Clouds, inputs: dict[str, object]) -> None:
    with pytest.raises(Refused, match="at least"):
        clouds.random.create(RANDOM_STRING, inputs)


def test_every_demand_replaces_create_first(clouds: Clouds) -> None:
    made = clouds.random.create(RANDOM_STRING, _INPUTS)
    longer = clouds.random.diff(made, {**_INPUTS, "length": 7})
    assert (longer.replaced, longer.deletes_first) == ({"length"}, False)
    keepers = clouds.random.diff(made, {**_INPUTS, "keepers": {"a": "b"}})
    assert keepers.replaced == {"keepers"}
    assert clouds.random.diff(made, {**_INPUTS, "lower": True}).changed == set()
