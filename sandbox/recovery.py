"""Mends a stack after a crash, by the engine's own commands and in their order.

A killed engine leaves a lock and pending operations; a killed provider leaves objects that nothing
mentions. So: unlock; refresh, dropping what was pending; then import every object that the program
declares, that exists in the clouds and that isn't in the state, with the inputs that no provider
can read back. A declared vault that a destroy has deleted keeps its name from a new one, so it is
recovered before. The next `up` does the rest. (The engine's own `--import-pending-creates` exits 0 and
imports nothing; it isn't used.)
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.client import Sandbox
from sandbox.engine import Engine
from sandbox.process import SandboxError
from sandbox.projects import find_project, project_name
from sandbox.state_files import StateFiles

# What a preview shows for a value that isn't known before the update, and for a secret.
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SECRET = "[secret]"  # noqa: S105 - a marker, not a secret
_VAULT = "azure-native:keyvault:Vault"
# What an import fills with a default, though the provider never reads it (pulumi-gcp's source).
_DEFAULTED = {
    "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment": {"override"}
}


@dataclass(frozen=True)
class Declared:
    """A resource that the next update would create. `id` is set when it exists already."""

    urn: str
    type: str
    name: str
    parent: str | None
    custom: bool
    id: str | None
    inputs: Mapping[str, Any]


def recover(sandbox: Sandbox, directory: Path, stack: str, report: Callable[[str], object]) -> None:
    """Mend `stack` of the project in `directory`, saying each thing done through `report`.

    Raises SandboxError when an engine is still at work on the stack, and with the engine's words
    when one of its commands fails.
    """
    files = StateFiles(sandbox.paths.pulumi_backend, project_name(find_project(directory)), stack)
    for pid in files.engines():
        raise SandboxError(
            f"process {pid} is a Pulumi CLI at work on the stack {stack}: let it end, or end it"
            f" (`kill -INT {pid}`), before recovering"
        )
    for mended in files.mend():
        report(mended)
    engine = _Commands(Engine(sandbox.paths), directory, stack)
    engine.run("cancel", "--yes", stack=None)
    report("unlocked")
    engine.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    report("refreshed; pending creates dropped")
    imported = 0
    # What is imported makes more ids known, and with them more objects can be found.
    while found := _existing(sandbox, engine, report):
        for declared in found:
            report(f"importing {declared.urn} as {declared.id}")
        _import(engine, found)
        _complete(engine, found)
        imported += len(found)
    report(f"{imported} objects imported; now run `python -m sandbox pulumi up --stack {stack}`")


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
            told = reported(result.stdout) + result.stderr
            raise SandboxError(f"`pulumi {' '.join(command)}` failed:\n{told}")
        return result.stdout


def reported(output: str) -> str:
    """What a command says: of a `--json` one's output, its diagnostics alone."""
    try:
        diagnostics = json.loads(output)["diagnostics"]
    except (ValueError, KeyError, TypeError):
        return output
    return "\n".join(diagnostic["message"].strip() for diagnostic in diagnostics)


def _existing(
    sandbox: Sandbox, engine: _Commands, report: Callable[[str], object]
) -> list[Declared]:
    """Declared resources that exist but aren't in the state, with the components above them."""
    preview = json.loads(engine.run("preview", "--json"))
    configuration = preview.get("config", {})
    _recover_vaults(sandbox, preview["steps"], report)
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


def _recover_vaults(
    sandbox: Sandbox, steps: Sequence[Mapping[str, Any]], report: Callable[[str], object]
) -> None:
    """Take back the deletions of vaults by a destroy that didn't come to its end."""
    if all(step["op"] == "create" for step in steps):
        return  # it did, or nothing was ever deployed
    for step in steps:
        if step["op"] != "create" or step["newState"]["type"] != _VAULT:
            continue
        name = step["newState"].get("inputs", {}).get("vaultName", _UNKNOWN)
        if sandbox.recover_vault(name):
            report(f"the deleted vault {name} is recovered, with what is in it")


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
        inputs=inputs,
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


def _complete(engine: _Commands, found: Sequence[Declared]) -> None:
    """Write into the state what an import can't know; else the next `up` would replace for it."""
    exported = json.loads(engine.run("stack", "export"))
    declared = {one.urn: one.inputs for one in found if one.custom}
    for resource in exported["deployment"]["resources"]:
        add_unread(resource, declared.get(resource["urn"], {}))
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(exported, file)
        file.flush()
        engine.run("stack", "import", "--file", file.name)


def add_unread(resource: dict[str, Any], declared: Mapping[str, Any]) -> None:
    """Give an imported resource the declared inputs that its provider didn't return.

    They are those of the create that was interrupted: the program is the same. What the preview
    doesn't know or doesn't show is left to the next update.
    """
    defaulted = _DEFAULTED.get(resource["type"], set())
    for name, value in declared.items():
        shown = json.dumps(value)
        if name.startswith("__") or _UNKNOWN in shown or _SECRET in shown:
            continue
        for properties in (resource["inputs"], resource["outputs"]):
            if name not in properties or name in defaulted:
                properties[name] = value


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
