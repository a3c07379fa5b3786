"""What counts as a change, and what a refresh takes over."""

from __future__ import annotations

from sandbox.controlplane import diff
from sandbox.controlplane.values import UNKNOWN


def _paths(old: dict[str, object], new: dict[str, object]) -> dict[str, str]:
    return {change.path: change.kind for change in diff.changes(old, new)}


def test_change_is_named_by_its_path() -> None:
    old = {"a": {"b": [1, 2]}, "gone": 1}
    assert _paths(old, {"a": {"b": [1, 3, 4]}, "new": 1}) == {
        "a.b[1]": "update",
        "a.b[2]": "add",
        "gone": "delete",
        "new": "add",
    }


def test_unknown_counts_as_changed() -> None:
    assert _paths({"a": 1}, {"a": UNKNOWN}) == {"a": "update"}


def test_true_is_not_one() -> None:
    assert _paths({"a": 1}, {"a": True}) == {"a": "update"}


def test_providers_own_properties_do_not_count() -> None:
    assert _paths({"__defaults": ["a"]}, {"__defaults": []}) == {}


def test_path_within_takes_what_lies_beneath_and_no_longer_name() -> None:
    change = diff.Change("logs[0].enabled", "update")
    assert change.within(frozenset({"logs"}))
    assert not diff.Change("logsOther", "update").within(frozenset({"logs"}))


def test_refresh_takes_drift_and_leaves_the_clouds_defaults_out() -> None:
    inputs = {"p": {"given": 1}}
    before = {"p": {"given": 1, "default": True}, "other": "d"}
    after = {"p": {"given": 2, "default": True}, "other": "d"}
    assert diff.refreshed(inputs, before, after) == {"p": {"given": 2}}


def test_refresh_takes_a_changed_default_and_drops_what_is_gone() -> None:
    before = {"p": {"default": True}, "tags": {"a": "b"}}
    after = {"p": {"default": False}}
    assert diff.refreshed({"p": {}, "tags": {"a": "b"}}, before, after) == {"p": {"default": False}}
