"""What is read of the engine's events, and what is refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.validation.previews import (
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
from validation.preview.model import Finding
from validation.preview.reading import PreviewError, read

_GROUP = state("azure-native:resources:ResourceGroup", "group", {"location": "westeurope"})
_MAP = state("gcp:apigee/environmentKeyvaluemaps:EnvironmentKeyvaluemaps", "map", {"name": "m"})


def test_steps_are_read_with_the_states_before_and_after(tmp_path: Path) -> None:
    edited = {**_GROUP, "inputs": {"location": "northeurope"}}
    update = step("replace", _GROUP, edited, changed={"location": "update"}, replacing=["location"])
    preview = read(written(tmp_path, update, same(_MAP)))
    assert (preview.project, preview.stack, preview.complete) == ("apigee-keyvault", "dev", True)
    (change,) = preview.changes
    assert (change.op, change.name, change.changed, change.replacing) == (
        *("replace", "group"),
        *({"location": "update"}, ["location"]),
    )
    assert preview.before[_GROUP["urn"]].text("location") == "westeurope"
    assert preview.after[_GROUP["urn"]].text("location") == "northeurope"
    assert preview.after.keys() == preview.before.keys() == {_GROUP["urn"], _MAP["urn"]}


def test_what_goes_is_before_and_what_comes_is_after(tmp_path: Path) -> None:
    preview = read(written(tmp_path, delete(_GROUP), create(_MAP)))
    assert preview.before.keys() == {_GROUP["urn"]}
    assert preview.after.keys() == {_MAP["urn"]}


def test_a_types_version_and_alias_are_no_part_of_its_kind(tmp_path: Path) -> None:
    tokens = (
        "azure-native:keyvault:Vault",
        "azure-native:keyvault/v20230701:Vault",
        "azure-native_keyvault_v20260201:keyvault/v20260201:Vault",
    )
    steps = [create(state(token, str(n), {})) for n, token in enumerate(tokens)]
    kinds = {s.kind for s in read(written(tmp_path, *steps)).after.values()}
    assert kinds == {"azure-native:keyvault:vault"}


def test_findings_and_packs_are_read_from_both_kinds_of_events(tmp_path: Path) -> None:
    about = urn("azure-native:keyvault:Vault", "vault")
    ended = summary(packs={"silent|local|/somewhere": "2.0.0"})
    preview = read(written(tmp_path, create(_MAP), policy("rule", about, " Why.\n"), ended))
    assert preview.findings == [Finding("mandatory", "rule", about, "Why.", "pack")]
    assert preview.packs == {"pack": "1.0.0", "silent": "2.0.0"}


@pytest.mark.parametrize("last", [error("it failed"), summary(result="failed")])
def test_a_preview_that_failed_is_read_as_incomplete(
    tmp_path: Path, last: dict[str, object]
) -> None:
    assert not read(written(tmp_path, create(_MAP), last)).complete


def test_an_empty_stack_is_a_whole_preview(tmp_path: Path) -> None:
    preview = read(written(tmp_path))
    assert (preview.complete, preview.steps, preview.stack) == (True, [], "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ('{\n  "config": {}\n}\n', "1: is no line of JSON"),
        ('{"config": {}, "steps": []}\n', "1: is no event of the engine"),
        ("[1]\n", "1: is no event of the engine"),
        (lines(create(_MAP)), "was cut off"),
        (lines(create(_MAP), summary())[:-20], "2: is no line of JSON"),
        (lines({"summaryEvent": {"isPreview": False}}), "tells of an update"),
        (lines({"resourcePreEvent": {"metadata": {"op": "create"}}}, summary()), "a step has not"),
        (lines({"resourcePreEvent": {}}, summary()), "a step has not"),
    ],
)
def test_another_kind_of_file_is_refused_by_name_and_reason(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "dev.preview.json"
    path.write_text(text)
    with pytest.raises(PreviewError) as refused:
        read(path)
    assert str(refused.value).startswith(str(path))
    assert said in str(refused.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe{}")
    for name in ("missing", "binary"):
        with pytest.raises(PreviewError, match="can't be read"):
            read(tmp_path / name)


def test_the_engines_one_document_is_refused_with_how_to_write_the_events(tmp_path: Path) -> None:
    path = tmp_path / "preview.json"
    path.write_text(json.dumps({"steps": [], "changeSummary": {}}))
    with pytest.raises(PreviewError, match="PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true"):
        read(path)
