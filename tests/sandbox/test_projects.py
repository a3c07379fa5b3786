"""The CLI works on copies of project and stack files."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sandbox.engine import absolute_paths
from sandbox.process import SandboxError
from sandbox.projects import copy_project, find_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(
        "name: p\nruntime: {name: python, options: {virtualenv: .venv}}\n"
    )
    (folder / "Pulumi.local.yaml").write_text("config: {p:a: one}\n")
    return folder


def _stack(copy: Path) -> dict[str, object]:
    return dict(yaml.safe_load((copy / "Pulumi.local.yaml").read_text()))


def test_the_copy_leads_back_to_the_original_program(project: Path, tmp_path: Path) -> None:
    copy = copy_project(project, tmp_path / "copies")
    settings = yaml.safe_load((copy / "Pulumi.yaml").read_text())
    assert settings["main"] == str(project)
    assert settings["runtime"]["options"]["virtualenv"] == str(project / ".venv")


def test_what_the_cli_wrote_lasts_until_the_original_changes_and_the_salt_for_ever(
    project: Path, tmp_path: Path
) -> None:
    copies = tmp_path / "copies"
    copy = copy_project(project, copies)
    (copy / "Pulumi.local.yaml").write_text("config: {p:a: set}\nencryptionsalt: v1:canary\n")
    assert _stack(copy_project(project, copies))["config"] == {"p:a": "set"}

    (project / "Pulumi.local.yaml").write_text("config: {p:a: two}\n")
    assert _stack(copy_project(project, copies)) == {
        "config": {"p:a": "two"},
        "encryptionsalt": "v1:canary",
    }
    assert (project / "Pulumi.local.yaml").read_text() == "config: {p:a: two}\n"


def test_a_secrets_provider_of_the_real_clouds_is_not_taken_along(
    project: Path, tmp_path: Path
) -> None:
    (project / "Pulumi.local.yaml").write_text(
        "secretsprovider: azurekeyvault://canary\nencryptedkey: canary\nconfig: {}\n"
    )
    assert _stack(copy_project(project, tmp_path / "copies")) == {"config": {}}


def test_two_projects_of_one_name_get_copies_apart(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "Pulumi.yaml").write_text((project / "Pulumi.yaml").read_text())
    assert copy_project(project, tmp_path / "c") != copy_project(other, tmp_path / "c")


def test_a_folder_outside_any_project_and_broken_yaml_are_named(
    project: Path, tmp_path: Path
) -> None:
    with pytest.raises(SandboxError, match=r"no Pulumi.yaml in .*program2"):
        find_project(tmp_path / "program2")
    (project / "Pulumi.local.yaml").write_text("config: [")
    with pytest.raises(SandboxError, match=r"Pulumi.local.yaml is not readable as YAML"):
        copy_project(project, tmp_path / "copies")


@pytest.mark.parametrize(
    ("typed", "passed_on"),
    [
        (["up", "--policy-pack", "policies"], ["up", "--policy-pack", "/w/policies"]),
        (["up", "--policy-pack=policies"], ["up", "--policy-pack=/w/policies"]),
        (
            ["stack", "export", "--file", "/abs/s.json"],
            ["stack", "export", "--file", "/abs/s.json"],
        ),
        (["config", "set", "a", "policies"], ["config", "set", "a", "policies"]),
    ],
)
def test_files_named_on_the_command_line_are_the_users_not_the_copys(
    typed: list[str], passed_on: list[str]
) -> None:
    assert absolute_paths(typed, Path("/w")) == passed_on
