"""`plan-digest` as its users run it: what it prints, writes and exits with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.validation.previews import create, same, state, written
from validation.plan.command import Question, plan_digest

_MAP = state("gcp:apigee/environmentKeyvaluemaps:EnvironmentKeyvaluemaps", "map", {"name": "m"})


def test_the_digest_alone_is_on_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan_digest(Question(written(tmp_path, create(_MAP))), tmp_path) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("sha256:")
    assert printed.out.count("\n") == 1
    assert printed.err == ""


def test_a_plan_that_was_written_is_approved_again_and_another_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    preview, approved = written(tmp_path, create(_MAP)), tmp_path / "approved.json"
    assert plan_digest(Question(preview, write=approved), tmp_path) == 0
    capsys.readouterr()
    assert plan_digest(Question(preview, approved=approved), tmp_path) == 0
    assert "this is what was approved" in capsys.readouterr().err
    other = written(tmp_path, same(_MAP), name="other.json")
    assert plan_digest(Question(other, approved=approved), tmp_path) == 1
    said = capsys.readouterr().err
    assert said.startswith("refused: sha256:")
    assert "create map" in said
    assert "approve again" in said


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"changes": []}', '{"changes": [1], "files": {}, "format": 1, "packs": {}}'],
)
def test_a_file_that_is_no_plan_is_never_taken_for_an_approval(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    approved = tmp_path / "approved.json"
    approved.write_text(content)
    question = Question(written(tmp_path, create(_MAP)), approved=approved)
    assert plan_digest(question, tmp_path) == 2
    printed = capsys.readouterr()
    assert str(approved) in printed.err
    assert printed.out == ""


def test_what_can_not_be_read_or_written_is_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    preview = written(tmp_path, create(_MAP))
    for question in (
        Question(tmp_path / "missing"),
        Question(preview, approved=tmp_path / "missing"),
        Question(preview, write=tmp_path / "no" / "folder"),
        Question(preview, also=[Path("missing")]),
    ):
        assert plan_digest(question, tmp_path) == 2
        assert capsys.readouterr().err.startswith("couldn't look: ")


def test_the_written_plan_says_what_would_be_done(tmp_path: Path) -> None:
    target = tmp_path / "plan.json"
    plan_digest(Question(written(tmp_path, create(_MAP)), write=target), tmp_path)
    made = json.loads(target.read_text())
    assert [(c["op"], c["becomes"]) for c in made["changes"]] == [("create", {"name": "m"})]
