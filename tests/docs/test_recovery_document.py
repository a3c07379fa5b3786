"""docs/recovery.md names the ids, inputs and commands that recovery works by."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sandbox.recovery
from components.deployer import azure_needs, google_needs
from sandbox.cloud import Cloud
from tests.docs import documents
from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.examples.every import EXAMPLES, TYPES, make_all
from tests.sandbox.controlplane.examples.example import Made
from tests.sandbox.controlplane.rig import Clouds

_READ_ALONE = rig.ORGANIZATION_TYPE
_PROGRAMS = {
    *azure_needs.BY_CUSTOM_ROLE,
    *azure_needs.BY_CONDITION,
    *azure_needs.BY_PERSONS,
    *google_needs.BY_CUSTOM_ROLE,
    *google_needs.BY_CONDITION,
} - {_READ_ALONE}
"""Types of what the program makes in the clouds."""


@pytest.fixture(scope="module")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clouds]:
    folder = tmp_path_factory.mktemp("clouds")
    for name in ("program", "pki"):
        (folder / name).mkdir()
    opened = Clouds(Cloud.open(folder / "state.db", folder / "pki"), folder / "program")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def made(clouds: Clouds) -> Made:
    """One object of every type."""
    return make_all(clouds)


def _ids() -> dict[str, str]:
    rows = documents.table("recovery", "### Ids")
    return {documents.code(type_)[0]: documents.code(template)[0] for type_, template in rows}


def test_every_type_has_its_import_id_but_one_that_has_none(made: Made) -> None:
    without = {
        type_
        for type_ in _PROGRAMS
        if TYPES[type_].import_id(made[type_].id, made[type_].outputs) is None
    }
    assert without == {rig.SERVICE_IDENTITY}
    assert set(_ids()) == _PROGRAMS - without
    assert all(f"`{type_}` can't be imported" in documents.text("recovery") for type_ in without)


def _matches(template: str, import_id: str) -> bool:
    """Whether an id is of a template's form; a name in braces stands for a name or a path."""
    pattern = "".join(
        ".+" if part.startswith("{") else re.escape(part) for part in re.split(r"({\w+})", template)
    )
    return re.fullmatch(pattern, import_id) is not None


def test_an_object_is_imported_by_an_id_of_the_documents_form(clouds: Clouds, made: Made) -> None:
    for type_, template in _ids().items():
        found = made[type_]
        import_id = TYPES[type_].import_id(found.id, found.outputs)
        assert import_id is not None
        assert _matches(template, import_id), (template, import_id)
        # As many names as the id has, and those of inputs or of what the cloud makes up.
        if import_id == found.id:
            assert template == TYPES[type_].path
        imported = clouds.driver(type_).import_(type_, import_id)
        assert imported is not None
        assert imported.id == found.id


def test_the_inputs_to_write_in_have_those_that_no_import_of_an_example_brings_back(
    clouds: Clouds, made: Made
) -> None:
    unread = set()
    for example in EXAMPLES:
        type_ = example.token
        found = made[type_]
        import_id = TYPES[type_].import_id(found.id, found.outputs)
        if type_ not in _PROGRAMS or import_id is None:
            continue
        imported = clouds.driver(type_).import_(type_, import_id)
        assert imported is not None
        defaulted = sandbox.recovery._DEFAULTED.get(type_, set())
        given = set(example.given(made)) - set(imported.inputs) | defaulted
        unread |= {(type_, name) for name in given}
    listed = documents.table("recovery", "## 4.")
    # All of them are exactly what the program's own need: tests/end_to_end/test_recovery_document.py.
    assert {(documents.code(type_)[0], documents.code(name)[0]) for type_, name in listed} >= unread


def test_the_steps_are_recoverys_own_with_its_flags() -> None:
    assert sandbox.recovery.__file__
    source = ast.parse(Path(sandbox.recovery.__file__).read_text("utf-8"))
    words = [
        [str(word.value) for word in call.args if isinstance(word, ast.Constant)]
        for call in ast.walk(source)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and (call.func.value.id, call.func.attr) == ("engine", "run")
    ]
    assert len(words) == 6
    copied = [" ".join(command) for command in documents.commands("recovery", "pulumi")]
    for command in words:
        verb = [word for word in command if not word.startswith("-")]
        flags = {word for word in command if word.startswith("-")}
        written = [one for one in copied if one.startswith(" ".join(verb))]
        assert any(flags <= set(one.split()) for one in written), command
