"""The CLI works on copies of project and stack files."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sandbox.engine import absolute_paths, in_another_directory
from sandbox.process import SandboxError
from sandbox.projects import copy_project, find_project, project_name


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


def test_values_are_copied_as_they_are_written(project: Path, tmp_path: Path) -> None:
    """The engine reads YAML 1.2: to it `yes` is a text, `1:30` no number of seconds."""
    values = ["yes", "off", "1:30", "0o17", "017", "1_000", "1e3", "2026-11-25", "~", "'12'"]
    lines = [f"  p:k{number}: {value}" for number, value in enumerate(values)]
    (project / "Pulumi.local.yaml").write_text("\n".join(["config:", *lines, ""]))
    (project / "Pulumi.yaml").write_text("name: 007\nruntime: python\ndescription: no # or yes\n")
    copy = copy_project(project, tmp_path / "copies")
    assert (copy / "Pulumi.local.yaml").read_text().splitlines() == ["config:", *lines]
    assert (copy / "Pulumi.yaml").read_text().startswith("name: 007\nruntime: python\n")
    assert "description: no\n" in (copy / "Pulumi.yaml").read_text()
    assert project_name(project) == "007"


@pytest.mark.parametrize(
    "text",
    [
        "name: p\nruntime: {name: python, options: null}\nmain: null\n",
        "name: p\nruntime: {name: python, options: }\nplugins: null\npackages: {}\n",
        "name: p\nruntime: python\nplugins: {providers: null}\npackages: null\n",
        "name: p\n",
        "",
    ],
)
def test_what_is_empty_in_a_project_file_is_absent(
    project: Path, tmp_path: Path, text: str
) -> None:
    (project / "Pulumi.yaml").write_text(text)
    copy = copy_project(project, tmp_path / "copies")
    assert yaml.safe_load((copy / "Pulumi.yaml").read_text())["main"] == str(project)


def test_local_plugins_and_packages_are_the_projects_not_the_copys(
    project: Path, tmp_path: Path
) -> None:
    (project / "Pulumi.yaml").write_text(
        "name: p\nruntime: yaml\nplugins: {providers: [{name: a, path: ../a}]}\n"
        "packages: {b: ./b, c: {source: ../c, version: '1'}, d: aws@1.2.3, e: ../e}\n"
    )
    settings = yaml.safe_load((copy_project(project, tmp_path / "c") / "Pulumi.yaml").read_text())
    assert settings["plugins"]["providers"] == [{"name": "a", "path": str(tmp_path / "a")}]
    assert settings["packages"] == {
        "b": str(project / "b"),
        "c": {"source": str(tmp_path / "c"), "version": "1"},
        "d": "aws@1.2.3",
        "e": str(tmp_path / "e"),
    }


def test_a_damaged_note_of_what_was_copied_only_makes_the_files_be_copied_again(
    project: Path, tmp_path: Path
) -> None:
    copy = copy_project(project, tmp_path / "copies")
    for damaged in ("{", "[]", ""):
        (copy / "copied.json").write_text(damaged)
        (copy / "Pulumi.local.yaml").write_text("config: {p:a: set}\nencryptionsalt: v1:canary\n")
        assert _stack(copy_project(project, tmp_path / "copies")) == {
            "config": {"p:a": "one"},
            "encryptionsalt": "v1:canary",
        }


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("Pulumi.yaml", "[]", "Pulumi.yaml must be a mapping"),
        ("Pulumi.yaml", "name: a\n---\nname: b\n", "not readable as YAML"),
        ("Pulumi.yaml", "[" * 2_000, "not readable as YAML"),
        ("Pulumi.yaml", "name: p\nruntime: {name: python, options: [1]}\n", "runtime.options"),
        ("Pulumi.yaml", "name: p\nstackConfigDir: stacks\n", "stackConfigDir"),
        ("Pulumi.local.yaml", "just text", "Pulumi.local.yaml must be a mapping"),
        ("Pulumi.prod.yml", "config: {}", "Pulumi.prod.yml.*rename it to Pulumi.prod.yaml"),
        ("Pulumi.prod.json", "{}", "Pulumi.prod.json.*rename it to Pulumi.prod.yaml"),
    ],
)
def test_a_file_that_can_not_be_copied_is_named(
    project: Path, tmp_path: Path, name: str, text: str, reason: str
) -> None:
    (project / name).write_text(text)
    with pytest.raises(SandboxError, match=reason):
        copy_project(project, tmp_path / "copies")


def test_a_stack_file_that_is_none_is_named(project: Path, tmp_path: Path) -> None:
    (project / "Pulumi.gone.yaml").symlink_to(project / "nowhere")
    with pytest.raises(SandboxError, match=r"Pulumi\.gone\.yaml can't be read"):
        copy_project(project, tmp_path / "copies")


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


@pytest.mark.parametrize(
    "typed", [["--cwd", "in"], ["--cwd=in"], ["-C", "in"], ["-C=in"], ["-Cin"]]
)
def test_another_directory_is_the_sandboxs_to_go_to_not_the_clis(
    tmp_path: Path, typed: list[str]
) -> None:
    """Else the CLI would run in the user's own project, and write into its stack files."""
    (tmp_path / "in").mkdir()
    assert in_another_directory([*typed, "up"], tmp_path) == (["up"], tmp_path / "in")
    with pytest.raises(SandboxError, match=r"gone/?.* is no folder"):
        in_another_directory(["up", "--cwd", "gone"], tmp_path)


def test_what_stands_after_two_dashes_is_the_programs(tmp_path: Path) -> None:
    typed = ["config", "set", "a", "--", "-C"]
    assert in_another_directory(typed, tmp_path) == (typed, tmp_path)


@pytest.mark.parametrize("typed", [["--config-file", "f.yaml"], ["--config-file=f.yaml"]])
def test_a_stack_file_of_another_name_is_refused(tmp_path: Path, typed: list[str]) -> None:
    with pytest.raises(SandboxError, match=r"--config-file: .*Pulumi\.<stack>\.yaml"):
        in_another_directory(["up", *typed], tmp_path)
