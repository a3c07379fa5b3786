"""Mends a stack after a crash, by the engine's own commands and in their order.

A killed engine leaves a lock and pending operations; a killed provider leaves objects that nothing
mentions. So: unlock; refresh, dropping what was pending; then import every object that the program
declares, that exists in the clouds and that isn't in the state. The next `up` does the rest.
(The engine's own `--import-pending-creates` exits 0 and imports nothing; it isn't used.)
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.client import Sandbox
from sandbox.engine import Engine
from sandbox.process import SandboxError
from sandbox.projects import find_project, project_name


@dataclass(frozen=True)
class Declared:
    """A resource that the next update would create. `id` is set when it exists already."""

    urn: str
    type: str
    name: str
    parent: str | None
    custom: bool
    id: str | None


def recover(sandbox: Sandbox, directory: Path, stack: str, report: Callable[[str], object]) -> None:
    """Mend `stack` of the project in `directory`, saying each thing done through `report`.

    Raises SandboxError with the engine's words when one of its commands fails.
    """
    if _restore_checkpoint(sandbox.paths.pulumi_backend, find_project(directory), stack):
        report("the state was cut off in the middle of a write; its last backup is back in place")
    engine = _Commands(Engine(sandbox.paths), directory, stack)
    engine.run("cancel", "--yes", stack=None)
    report("unlocked")
    engine.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    report("refreshed; pending creates dropped")
    imported = 0
    # What is imported makes more ids known, and with them more objects can be found.
    while found := _existing(sandbox, engine):
        for declared in found:
            report(f"importing {declared.urn} as {declared.id}")
        _import(engine, found)
        imported += len(found)
    report(f"{imported} objects imported; now run `python -m sandbox pulumi up --stack {stack}`")


def _restore_checkpoint(backend: Path, project: Path, stack: str) -> bool:
    """Put the backup in the place of a checkpoint that a kill left half-written.

    A `file://` backend writes the checkpoint in place, and keeps the one before beside it (`.bak`).
    What was made since then is found and imported like any other object that the state lacks.
    """
    checkpoint = backend / ".pulumi" / "stacks" / project_name(project) / f"{stack}.json"
    backup = checkpoint.with_name(f"{checkpoint.name}.bak")
    if not checkpoint.exists() or _is_json(checkpoint) or not _is_json(backup):
        return False
    partial = checkpoint.with_name(f"{checkpoint.name}.partial")
    shutil.copyfile(backup, partial)
    partial.replace(checkpoint)
    return True


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text())
    except (OSError, ValueError):
        return False
    return True


@dataclass(frozen=True)
class _Commands:
    engine: Engine
    directory: Path
    stack: str

    def run(self, *arguments: str, stack: str | None = "--stack") -> str:
        """Run a command on the stack and return what it prints."""
        named = [stack, self.stack] if stack else [self.stack]
        command = [*arguments, *named, "--non-interactive"]
        result = self.engine.run(command, self.directory, capture=True)
        if result.returncode:
            raise SandboxError(
                f"`pulumi {' '.join(command)}` failed:\n{result.stdout}{result.stderr}"
            )
        return result.stdout


def _existing(sandbox: Sandbox, engine: _Commands) -> list[Declared]:
    """Declared resources that exist but aren't in the state, with the components above them."""
    preview = json.loads(engine.run("preview", "--json"))
    configuration = preview.get("config", {})
    creates = {
        step["urn"]: _declared(sandbox, step["newState"], configuration)
        for step in preview["steps"]
        if step["op"] == "create"
    }
    found = [declared for declared in creates.values() if declared.id]
    wanted = {declared.urn for declared in found}
    for declared in found:
        above = creates.get(declared.parent or "")
        while above is not None and above.urn not in wanted:
            wanted.add(above.urn)
            above = creates.get(above.parent or "")
    return [declared for urn, declared in creates.items() if urn in wanted]


def _declared(
    sandbox: Sandbox, state: Mapping[str, Any], configuration: Mapping[str, str]
) -> Declared:
    inputs = state.get("inputs", {})
    package = state["type"].partition(":")[0]
    object_id = None
    if state.get("custom") and not state["type"].startswith("pulumi:"):
        own = {
            key.partition(":")[2]: value
            for key, value in configuration.items()
            if key.startswith(f"{package}:")
        }
        object_id = sandbox.existing(state["type"], inputs, own)
    return Declared(
        urn=state["urn"],
        type=state["type"],
        name=state["urn"].rpartition("::")[2],
        parent=state.get("parent") or None,
        custom=bool(state.get("custom")),
        id=object_id,
    )


def _import(engine: _Commands, found: Sequence[Declared]) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(import_file(found), file)
        file.flush()
        engine.run(
            "import",
            "--file",
            file.name,
            "--yes",
            "--generate-code=false",
            "--protect=false",
            "--skip-preview",
        )


def import_file(found: Sequence[Declared]) -> dict[str, Any]:
    """The engine's import file for these resources; parents already in the state go by URN."""
    names = {declared.urn: f"import-{number}" for number, declared in enumerate(found)}
    outside = [
        declared.parent
        for declared in found
        if declared.parent and declared.parent not in names and not _is_stack(declared.parent)
    ]
    table = {f"parent-{number}": urn for number, urn in enumerate(dict.fromkeys(outside))}
    names |= {urn: name for name, urn in table.items()}
    return {
        "nameTable": table,
        "resources": [_specification(declared, names) for declared in found],
    }


def _specification(declared: Declared, names: Mapping[str, str]) -> dict[str, Any]:
    specification: dict[str, Any] = {
        "type": declared.type,
        "name": names[declared.urn],
        "logicalName": declared.name,
    }
    if declared.parent is not None and declared.parent in names:
        specification["parent"] = names[declared.parent]
    return specification | ({"id": declared.id} if declared.custom else {"component": True})


def _is_stack(urn: str) -> bool:
    return "::pulumi:pulumi:Stack::" in urn
