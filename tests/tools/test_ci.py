"""What the workflows' own scripts decide, over documents as GitHub's REST API describes them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.ci.affected_stacks import affected
from tools.ci.approved_plan import (
    RefusedError,
    approved_commit,
    may_write,
    merged_pull,
    reviewers,
    run_of,
)
from tools.ci.github import joined
from tools.ci.pull_request_comment import AUTHOR, existing

_ROOT = Path(__file__).resolve().parents[2]
_HEAD, _MERGE, _OLD = "a" * 40, "b" * 40, "c" * 40
_PULL: dict[str, Any] = {
    "number": 7,
    "merged_at": "2026-11-01T00:00:00Z",
    "merge_commit_sha": _MERGE,
    "base": {"ref": "main"},
    "head": {"sha": _HEAD},
    "user": {"login": "author"},
}


def _review(who: str, state: str, commit: str = _HEAD) -> dict[str, Any]:
    return {"user": {"login": who}, "state": state, "commit_id": commit}


def _run(**changed: object) -> dict[str, Any]:
    own = {"full_name": "org/repo"}
    return {
        "id": 1,
        "head_sha": _HEAD,
        "event": "pull_request",
        "conclusion": "success",
        "head_repository": own,
        "repository": own,
        **changed,
    }


@pytest.mark.parametrize(
    ("paths", "stacks"),
    [
        ([], []),
        (["Pulumi.dev.yaml"], ["dev"]),
        (["Pulumi.prod.yaml"], ["prod"]),
        (["README.md", "docs/ci.md", "tests/a.py", ".github/workflows/x.yml"], []),
        (["Pulumi.prod.yaml", "docs/ci.md", "Pulumi.dev.yaml"], ["dev", "prod"]),
        (["components/vault/key_vault.py"], ["dev", "prod"]),
        (["apigee/proxies/orders-v1/apiproxy/orders-v1.xml"], ["dev", "prod"]),
        (["policies/pack/rules/x.py"], ["dev", "prod"]),
        (["requirements.txt"], ["dev", "prod"]),
        (["__main__.py"], ["dev", "prod"]),
        (["a-new-folder/file"], ["dev", "prod"]),
        (["docs.py"], ["dev", "prod"]),
    ],
)
def test_what_may_change_a_deployment_affects_its_stacks(
    paths: list[str], stacks: list[str]
) -> None:
    assert affected(paths) == stacks


def test_every_name_without_effect_is_there_and_the_program_imports_none_of_it() -> None:
    for name in ("docs", "sandbox", "tests", "tools", "validation", "benchmarks", "package"):
        assert (_ROOT / name).is_dir()
    imports = re.compile(r"^(from|import) (sandbox|tests|tools|validation|package)\b", re.MULTILINE)
    program = [_ROOT / "__main__.py"]
    program += [
        file for room in ("components", "policies") for file in (_ROOT / room).rglob("*.py")
    ]
    assert [file for file in program if imports.search(file.read_text())] == []


def test_the_pull_request_of_a_merge_is_found() -> None:
    other = {**_PULL, "number": 8, "merge_commit_sha": _OLD}
    assert merged_pull([other, _PULL], _MERGE)["number"] == 7


@pytest.mark.parametrize(
    "pulls",
    [
        [],
        [{**_PULL, "merged_at": None}],
        [{**_PULL, "base": {"ref": "release"}}],
        [{**_PULL, "merge_commit_sha": _OLD}],
        [_PULL, {**_PULL, "number": 8}],
    ],
)
def test_a_commit_that_no_pull_request_made_is_refused(pulls: list[dict[str, Any]]) -> None:
    with pytest.raises(RefusedError, match="deploy through a pull request"):
        merged_pull(pulls, _MERGE)


@pytest.mark.parametrize(
    "reviews",
    [
        [_review("ann", "APPROVED")],
        [_review("ann", "CHANGES_REQUESTED", _OLD), _review("ann", "APPROVED")],
        [_review("ann", "APPROVED"), _review("ann", "COMMENTED", _OLD)],
        [_review("ann", "APPROVED", _OLD), _review("bob", "APPROVED")],
        [
            _review("ann", "CHANGES_REQUESTED"),
            _review("ann", "DISMISSED"),
            _review("bob", "APPROVED"),
        ],
    ],
)
def test_an_approval_of_the_last_commit_is_taken(reviews: list[dict[str, Any]]) -> None:
    assert approved_commit(_PULL, reviews, {"ann", "bob"}) == _HEAD


@pytest.mark.parametrize(
    ("reviews", "said"),
    [
        ([], "nobody who may write approved its last commit"),
        ([_review("ann", "COMMENTED")], "nobody who may write approved its last commit"),
        ([_review("ann", "APPROVED", _OLD)], "nobody who may write approved its last commit"),
        ([_review("author", "APPROVED")], "nobody who may write approved its last commit"),
        (
            [_review("ann", "APPROVED"), _review("ann", "DISMISSED")],
            "nobody who may write approved",
        ),
        (
            [_review("ann", "APPROVED"), _review("bob", "CHANGES_REQUESTED")],
            "bob asked for changes",
        ),
        ([_review("ann", "APPROVED"), _review("ann", "CHANGES_REQUESTED")], "ann asked for"),
    ],
)
def test_nothing_else_is_an_approval(reviews: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        approved_commit(_PULL, reviews, {"ann", "bob", "author"})


def test_the_word_of_somebody_who_may_not_write_counts_for_nothing() -> None:
    reviews = [_review("mallory", "APPROVED"), _review("troll", "CHANGES_REQUESTED")]
    with pytest.raises(RefusedError, match="nobody who may write approved"):
        approved_commit(_PULL, reviews, set())
    assert approved_commit(_PULL, [*reviews, _review("ann", "APPROVED")], {"ann"}) == _HEAD


def test_reviewers_are_others_than_the_author_and_no_account_that_is_gone() -> None:
    gone = {"user": None, "state": "APPROVED", "commit_id": _HEAD}
    reviews = [_review("bob", "COMMENTED"), _review("author", "APPROVED"), gone]
    assert reviewers(_PULL, reviews) == ["bob"]
    with pytest.raises(RefusedError, match="nobody who may write approved"):
        approved_commit(_PULL, [gone], {"bob"})


@pytest.mark.parametrize(
    ("permission", "may"),
    [("admin", True), ("maintain", True), ("write", True), ("triage", False), ("read", False)],
)
def test_who_may_write_is_githubs_to_say(permission: str, may: bool) -> None:
    assert may_write({"permission": permission}) is may


def test_the_newest_run_of_the_approved_commit_that_succeeded_is_taken() -> None:
    runs = [_run(id=3, conclusion="failure"), _run(id=2), _run(id=1)]
    assert run_of({"workflow_runs": runs}, _HEAD) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"head_sha": _OLD},
        {"event": "push"},
        {"conclusion": "failure"},
        {"conclusion": None},
        {"head_repository": {"full_name": "fork/repo"}},
        {"head_repository": None},
    ],
)
def test_no_other_run_is_taken_for_it(changed: dict[str, object]) -> None:
    with pytest.raises(RefusedError, match=r"no run of pull-request\.yml succeeded"):
        run_of({"workflow_runs": [_run(**changed)]}, _HEAD)


def test_the_one_comment_is_ours_and_the_oldest() -> None:
    marker = "<!-- marker -->"
    comments = [
        {"id": 1, "user": {"login": "mallory"}, "body": f"{marker}\ncopied"},
        {"id": 2, "user": {"login": AUTHOR}, "body": "another"},
        {"id": 3, "user": {"login": AUTHOR}, "body": f"{marker}\nours"},
        {"id": 4, "user": {"login": AUTHOR}, "body": f"{marker}\nlater"},
    ]
    assert existing(comments, marker) == 3
    assert existing(comments[:2], marker) is None


def test_pages_are_one_document() -> None:
    assert joined([[1, 2], [3]]) == [1, 2, 3]
    assert joined([{"workflow_runs": []}]) == {"workflow_runs": []}


@pytest.mark.parametrize(
    ("module", "arguments", "code", "said"),
    [
        ("approved_plan", (), 2, "usage"),
        ("approved_plan", ("dev", "file"), 1, "GITHUB_REPOSITORY isn't set"),
        ("pull_request_comment", (), 2, "usage"),
    ],
)
def test_a_command_without_what_it_needs_says_so(
    module: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")}
    ran = subprocess.run(
        [sys.executable, "-m", f"tools.ci.{module}", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=_ROOT,
        env=environment,
    )
    assert (ran.returncode, said in ran.stderr) == (code, True)
    assert "Traceback" not in ran.stderr


def test_changed_files_come_in_by_standard_input() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tools.ci.affected_stacks"],
        input="Pulumi.prod.yaml\n\nREADME.md\n",
        capture_output=True,
        text=True,
        check=True,
        cwd=_ROOT,
    )
    assert ran.stdout == '["prod"]\n'
