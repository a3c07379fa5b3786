"""What is replaced or deleted, whether it is gone meanwhile, and what that means."""

from __future__ import annotations

from pathlib import Path

from tests.validation.previews import Event, create, delete, same, state, step, written
from validation.access_diff.replacements import Replacement, deleted, replaced
from validation.preview.reading import read

_KV = "azure-native:keyvault:Vault"
_VAULT = state(_KV, "alpha-vault", {"location": "a"})
_MOVED = {**_VAULT, "inputs": {"location": "b"}}
_GROUP = state("azure-native:resources:ResourceGroup", "group", {})
_EMPTY = "another vault is empty: its values must be written anew"


def _steps(*ops: str) -> list[Event]:
    states = {
        "create-replacement": (_VAULT, _MOVED),
        "replace": (_VAULT, _MOVED),
        "delete-replaced": (_VAULT, None),
    }
    return [step(op, *states[op], replacing=["location"]) for op in ops]


def test_one_that_goes_first_is_gone_meanwhile(tmp_path: Path) -> None:
    steps = _steps("delete-replaced", "replace", "create-replacement")
    assert replaced(read(written(tmp_path, *steps, same(_GROUP)))) == [
        Replacement("alpha-vault", _KV, ("location",), interrupts=True, means=_EMPTY)
    ]


def test_one_that_comes_first_is_not(tmp_path: Path) -> None:
    steps = _steps("create-replacement", "replace", "delete-replaced")
    preview = read(written(tmp_path, *steps))
    assert replaced(preview) == [
        Replacement("alpha-vault", _KV, ("location",), interrupts=False, means=_EMPTY)
    ]
    assert deleted(preview) == []


def test_one_that_is_deleted_for_good_is_no_replacement(tmp_path: Path) -> None:
    preview = read(written(tmp_path, delete(_GROUP), delete(_VAULT)))
    assert replaced(preview) == []
    assert [one.name for one in deleted(preview)] == ["alpha-vault", "group"]


def test_what_is_created_or_updated_is_neither(tmp_path: Path) -> None:
    preview = read(written(tmp_path, create(_GROUP), step("update", _VAULT, _MOVED)))
    assert (replaced(preview), deleted(preview)) == ([], [])
