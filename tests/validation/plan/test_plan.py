"""The plan and its digest: what belongs to it changes it, and noise doesn't."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.validation.previews import (
    UNKNOWN,
    Event,
    create,
    delete,
    error,
    lines,
    policy,
    same,
    state,
    step,
    summary,
    urn,
    written,
)
from validation.plan.comparison import differences
from validation.plan.plan import Plan, PlanError, digest, plan
from validation.preview.reading import read

_MAP = state("gcp:apigee/environmentKeyvaluemaps:EnvironmentKeyvaluemaps", "map", {"name": "m"})
_GROUP = state("azure-native:resources:ResourceGroup", "group", {"location": "westeurope"})
_API = state("gcp:apigee/api:Api", "orders", {"configBundle": "b.zip", "detectMd5hash": "x"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A program's folder, with a bundle and what was approved beside it."""
    (tmp_path / "b.zip").write_bytes(b"bundle")
    (tmp_path / "requirements.txt").write_text("pulumi==1\n")
    (tmp_path / "policies" / "__pycache__").mkdir(parents=True)
    (tmp_path / "policies" / "rule.py").write_text("RULE = 1\n")
    return tmp_path


def _plan(folder: Path, *events: Event, also: tuple[str, ...] = ()) -> Plan:
    return plan(read(written(folder, *events)), folder, [Path(name) for name in also])


def _with(one: dict[str, Any], **inputs: object) -> dict[str, Any]:
    return {**one, "inputs": {**one["inputs"], **inputs}}


def test_a_digest_is_sha256_in_hexadecimal(folder: Path) -> None:
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest(_plan(folder, create(_MAP))))


def test_order_times_places_and_instances_are_noise(folder: Path, tmp_path: Path) -> None:
    pack = summary(packs={"pack|local|/one/place": "1"})
    first = _plan(folder, create(_MAP), create(_GROUP), pack)
    another = {**_MAP, "provider": _MAP["provider"].replace(UNKNOWN, "another-instance")}
    later = tmp_path / "later.json"
    elsewhere = summary(packs={"pack|local|/another/place": "1"})
    later.write_text(lines(create(_GROUP), create(another), elsewhere, at=1_900_000_000))
    assert digest(plan(read(later), folder)) == digest(first)


def test_what_stays_as_it_is_does_not_belong_to_a_plan(folder: Path) -> None:
    assert digest(_plan(folder, create(_MAP), same(_GROUP))) == digest(_plan(folder, create(_MAP)))


_ALONE = (create(_MAP),)
_CHANGES: dict[str, tuple[Event, ...]] = {
    "one more": (create(_MAP), create(_GROUP)),
    "another": (create(_GROUP),),
    "none": (),
    "deleted": (delete(_MAP),),
    "another value": (create(_with(_MAP, name="n")),),
    "another type of value": (create(_with(_MAP, name=1)),),
    "one property more": (create(_with(_MAP, more="")),),
    "an unknown value": (create(_with(_MAP, name=UNKNOWN)),),
    "another package": (create({**_MAP, "provider": _MAP["provider"].replace("10_2_0", "10_3")}),),
    "a pack": (create(_MAP), summary(packs={"pack|local|/p": "1"})),
    "another pack's version": (create(_MAP), summary(packs={"pack|local|/p": "2"})),
    "updated": (step("update", _MAP, _with(_MAP, name="n"), changed={"name": "update"}),),
    "updated from another": (step("update", _with(_MAP, name="o"), _with(_MAP, name="n")),),
    "replaced": (step("replace", _MAP, _with(_MAP, name="n"), replacing=["name"]),),
    "a hidden change": (step("update", _MAP, _MAP, changed={"secret": "update"}),),
}


def test_everything_that_would_be_done_changes_the_digest(folder: Path) -> None:
    plans = {"alone": _plan(folder, *_ALONE)}
    plans |= {name: _plan(folder, *events) for name, events in _CHANGES.items()}
    assert len({digest(made) for made in plans.values()}) == len(plans)
    for name, made in plans.items():
        assert bool(differences(plans["alone"], made)) == (name != "alone"), name


def test_a_bundles_content_belongs_to_the_plan_and_a_missing_one_is_refused(folder: Path) -> None:
    first = _plan(folder, create(_API))
    (folder / "b.zip").write_bytes(b"another")
    second = _plan(folder, create(_API))
    assert differences(first, second) == ["create orders (gcp:apigee/api:Api): differs in bundle"]
    (folder / "b.zip").unlink()
    with pytest.raises(PlanError, match=r"b\.zip: can't be read: .*; preview in this folder first"):
        _plan(folder, create(_API))


def test_the_files_beside_the_program_belong_to_it_but_no_bytecode(folder: Path) -> None:
    also = ("requirements.txt", "policies")
    first = _plan(folder, create(_MAP), also=also)
    (folder / "policies" / "__pycache__" / "rule.pyc").write_bytes(b"noise")
    assert digest(_plan(folder, create(_MAP), also=also)) == digest(first)
    (folder / "policies" / "rule.py").write_text("RULE = 2\n")
    (folder / "policies" / "new.py").write_text("")
    (folder / "requirements.txt").unlink()
    second = _plan(folder, create(_MAP), also=("policies",))
    assert differences(first, second) == [
        "file policies/new.py: wasn't there when it was approved",
        "file policies/rule.py: isn't the one that was approved",
        "file requirements.txt: was there when it was approved, isn't now",
    ]


@pytest.mark.parametrize(
    ("name", "said"), [("missing", "can't be read"), ("../elsewhere", "lies outside")]
)
def test_a_file_that_is_missing_or_lies_elsewhere_is_refused(
    folder: Path, name: str, said: str
) -> None:
    with pytest.raises(PlanError, match=said):
        _plan(folder, create(_MAP), also=(name,))


def test_a_preview_that_failed_cannot_be_approved_and_says_why(folder: Path) -> None:
    refused = policy("no-person", urn("azure-native:keyvault:Vault", "v"), "A person.")
    for events, said in (
        ((create(_MAP), error("it broke")), "error: it broke"),
        ((create(_MAP), refused, summary(result="failed")), "policy no-person: A person."),
    ):
        with pytest.raises(PlanError, match="nothing to approve") as raised:
            _plan(folder, *events)
        assert said in str(raised.value)


def test_a_difference_names_the_property_and_never_its_value(folder: Path) -> None:
    nested = {"properties": {"rules": [{"value": "canary-1"}], "b": "canary-2"}}
    other = {"properties": {"rules": [{"value": "canary-3"}]}}
    lines_ = differences(
        _plan(folder, create(_with(_GROUP, **nested))),
        _plan(folder, create(_with(_GROUP, **other))),
    )
    assert lines_ == [
        (
            "create group (azure-native:resources:ResourceGroup): differs in"
            " becomes.properties.b, becomes.properties.rules[0].value"
        )
    ]


def test_a_plan_of_another_stack_is_another_plan(folder: Path) -> None:
    other = {**_MAP, "urn": _MAP["urn"].replace(":dev::", ":prod::")}
    found = differences(_plan(folder, create(_MAP)), _plan(folder, create(other)))
    assert found[0] == "stack: approved 'dev', now 'prod'"
