"""`access-diff` as its users run it: previews or declarations, Markdown out, 0 or 2."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.validation.previews import create, policy, state, summary, written
from validation.access_diff.command import Question, access_diff

_ROOT = Path(__file__).resolve().parents[3]


def test_a_preview_is_told_with_the_line_of_what_a_policy_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vault = state("azure-native:keyvault:Vault", "dev-vault", {}, component=("KeyVault", "dev"))
    refused = policy("vault-network", vault["urn"], "It is open.")
    path = written(tmp_path, create(vault), refused, summary("failed"))
    assert access_diff(Question([path]), _ROOT) == 0
    said = capsys.readouterr().out
    line = next(
        n
        for n, text in enumerate((_ROOT / "Pulumi.dev.yaml").read_text().splitlines(), 1)
        if text == "      vault:"
    )
    assert f"| **refused** | `vault-network` | `dev-vault` | `Pulumi.dev.yaml:{line}` |" in said
    assert "the preview failed" in said


def test_a_new_stack_gains_all_and_a_removed_one_loses_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there").mkdir()
    there = Path(shutil.copy(_ROOT / "Pulumi.local.yaml", tmp_path / "there"))
    missing = tmp_path / "Pulumi.local.yaml"
    for pair, said in (
        ([missing, there], "**14 gained**, **0 lost**, 0 kept"),
        ([there, missing], "**0 gained**, **14 lost**, 0 kept"),
        ([there, there], "nobody gains or loses access, 14 kept"),
    ):
        assert access_diff(Question(pair, declarations=True), _ROOT) == 0
        assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("Pulumi.dev.yaml", "config:\n  apigee-keyvault:environment: {}\n", "mistake"),
        ("Pulumi.dev.yaml", "nothing: here\n", "has no block `config`"),
        ("Pulumi.dev.yaml", "config: {a\n", "can't be read"),
        ("dev.yaml", "config: {}\n", "isn't named as a stack's file"),
    ],
)
def test_a_declaration_that_cannot_be_read_is_exit_code_2_with_what_and_where(
    tmp_path: Path, name: str, content: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert access_diff(Question([path, path], declarations=True), _ROOT) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("couldn't look: ")
    assert said in printed.err


def test_files_in_odd_numbers_and_no_preview_are_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for question in (
        Question([tmp_path / "Pulumi.dev.yaml"], declarations=True),
        Question([tmp_path / "missing"]),
        Question([_ROOT / "Pulumi.dev.yaml"]),
    ):
        assert access_diff(question, _ROOT) == 2
        assert capsys.readouterr().err.startswith("couldn't look: ")
