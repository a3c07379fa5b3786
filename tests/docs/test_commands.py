"""Every command of Pulumi and of the sandbox in the documents exists, with each of its flags."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from sandbox import (
    cli,  # noqa: F401 - importing it adds its commands
    cli_clouds,  # noqa: F401 - as above
    cli_trouble,  # noqa: F401 - as above
)
from sandbox.terminal import app as sandbox_app
from tests.docs import documents
from tools.setup import engine
from validation.cli import app as validation_app

_DOCUMENTS = ["README", *sorted(path.stem for path in documents.DOCS.glob("*.md"))]
_PROGRAMS = {"python -m sandbox": sandbox_app, "python -m validation": validation_app}


@cache
def _help(*command: str) -> str:
    built = engine.directory()
    program = shutil.which("pulumi", path=str(built) if built else None)
    assert program
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(program).parent), os.environ["PATH"]]),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }
    done = subprocess.run(
        [program, *command, "--help"], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def _subcommand(words: list[str]) -> list[str]:
    """The words that name a command, by an alias too: each has help of its own."""
    named: list[str] = []
    for word in words:
        if not re.fullmatch(r"[a-z-]+", word) or word.startswith("-"):
            break
        if _help(*named, word) == _help(*named):
            break
        named.append(word)
    return named


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_pulumis_commands_have_their_flags(name: str) -> None:
    in_sandbox = documents.commands(name, "python -m sandbox pulumi")
    for words in documents.commands(name, "pulumi") + in_sandbox:
        named = _subcommand(words[2:] if words[0] == "--cwd" else words)
        assert named, words
        help_ = _help(*named)
        for flag in (word.partition("=")[0] for word in words if word.startswith("--")):
            assert re.search(rf"{flag}\b", help_), (words, flag)


@pytest.mark.parametrize("program", _PROGRAMS)
def test_the_projects_own_commands_have_their_flags(program: str) -> None:
    known = get_command(_PROGRAMS[program]).commands  # type: ignore[attr-defined]  # a group of commands
    found = [words for name in _DOCUMENTS for words in documents.commands(name, program)]
    assert found
    for words in found:
        options = {"--help"} | {o for parameter in known[words[0]].params for o in parameter.opts}
        if words[0] != "pulumi":
            flags = {word.partition("=")[0] for word in words if re.match("-.", word)}
            assert flags <= options, words


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_the_documents_that_are_named_are_there(name: str) -> None:
    linked = re.findall(r"\]\(([\w/.-]+)\)", documents.text(name))
    folder = documents.DOCS.parent if name == "README" else documents.DOCS
    assert [link for link in linked if not (folder / link).exists()] == []


def test_makes_targets_that_are_named_are_there() -> None:
    targets = re.findall(
        r"^([a-z-]+):", (documents.DOCS.parent / "Makefile").read_text(), re.MULTILINE
    )
    named = {words[0] for name in _DOCUMENTS for words in documents.commands(name, "make")}
    assert named
    assert named <= set(targets)
