"""Copies of project and stack files: the engine writes into stack files, and must not touch the user's.

A project's `Pulumi.yaml` and `Pulumi.<stack>.yaml` are copied into the sandbox; the copy's `main`
leads back to the original folder, where the program runs. Owns the copies, not how the CLI is run.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import yaml

from sandbox.process import SandboxError

_PROJECT_FILE = "Pulumi.yaml"
_SEEN = "copied.json"
_SALT = "encryptionsalt"
# How a stack's own secrets are encrypted: by keys that lie in the real clouds, out of the sandbox's reach.
_SECRETS_PROVIDER = ("secretsprovider", "encryptedkey", _SALT)


def find_project(start: Path) -> Path:
    """The nearest folder at or above `start` that holds a Pulumi.yaml. Raises SandboxError."""
    for folder in (start, *start.parents):
        if (folder / _PROJECT_FILE).is_file():
            return folder
    raise SandboxError(f"no {_PROJECT_FILE} in {start} or above; run this inside a Pulumi project")


def project_name(project: Path) -> str:
    """The name that the Pulumi.yaml in `project` gives it."""
    return str(_read_yaml(project / _PROJECT_FILE).get("name", "project"))


def copy_project(project: Path, copies: Path) -> Path:
    """Bring the copy of `project` up to date and return its folder.

    A stack file is copied again when the original has changed since; its `encryptionsalt` is kept.
    What the CLI wrote into a copy (`config set`) lasts until then.
    """
    settings = _read_yaml(project / _PROJECT_FILE)
    target = copies / _copy_name(project, settings)
    target.mkdir(parents=True, exist_ok=True)
    settings["main"] = str((project / str(settings.get("main", "."))).resolve())
    _make_virtualenv_absolute(settings, project)
    _write(target / _PROJECT_FILE, yaml.safe_dump(settings, sort_keys=False))
    _copy_stack_files(project, target)
    return target


def _copy_name(project: Path, settings: dict[str, Any]) -> str:
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", str(settings.get("name", "project")))
    return f"{name}-{hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:8]}"


def _make_virtualenv_absolute(settings: dict[str, Any], project: Path) -> None:
    runtime = settings.get("runtime")
    options = runtime.get("options", {}) if isinstance(runtime, dict) else {}
    if "virtualenv" in options:
        # Not resolved: following the links of a virtual environment leads out of it.
        options["virtualenv"] = str(project.absolute() / options["virtualenv"])


def _copy_stack_files(project: Path, target: Path) -> None:
    seen_file = target / _SEEN
    seen = json.loads(seen_file.read_text()) if seen_file.exists() else {}
    for source in sorted(project.glob("Pulumi.*.yaml")):
        copy = target / source.name
        digest = hashlib.sha256(source.read_bytes()).hexdigest()
        if copy.exists() and seen.get(source.name) == digest:
            continue
        content = {
            key: value for key, value in _read_yaml(source).items() if key not in _SECRETS_PROVIDER
        }
        salt = _read_yaml(copy).get(_SALT) if copy.exists() else None
        if salt is not None:
            content[_SALT] = salt
        _write(copy, yaml.safe_dump(content, sort_keys=False))
        seen[source.name] = digest
    _write(seen_file, json.dumps(seen))


def _write(path: Path, text: str) -> None:
    """Replace a file at once, and only when it differs: another launch may be reading it."""
    if path.exists() and path.read_text() == text:
        return
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_text(text)
    partial.replace(path)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SandboxError(f"{path} is not readable as YAML: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SandboxError(f"{path} must be a mapping, not {type(content).__name__}")
    return content
