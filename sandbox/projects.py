"""Copies of project and stack files: the engine writes into stack files, and must not touch the user's.

A project's `Pulumi.yaml` and `Pulumi.<stack>.yaml` are copied into the sandbox; the copy's `main`
leads back to the original folder, where the program runs. Values are copied as they are written,
for the engine to read them: its YAML is not Python's. Owns the copies, not how the CLI is run.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import yaml

from sandbox.process import SandboxError

_PROJECT_FILE = "Pulumi.yaml"
_SEEN = "copied.json"
_SALT = "encryptionsalt"
# How a stack's own secrets are encrypted: by keys that lie in the real clouds, out of the sandbox's reach.
_SECRETS_PROVIDER = ("secretsprovider", "encryptedkey", _SALT)
# Where else the engine would look for stack files.
_OTHER_STACK_FILES = ("Pulumi.*.yml", "Pulumi.*.json")
_OTHER_FOLDER = "stackConfigDir"
_TEXT = "tag:yaml.org,2002:str"


def find_project(start: Path) -> Path:
    """The nearest folder at or above `start` that holds a Pulumi.yaml. Raises SandboxError."""
    for folder in (start, *start.parents):
        if (folder / _PROJECT_FILE).is_file():
            return folder
    raise SandboxError(f"no {_PROJECT_FILE} in {start} or above; run this inside a Pulumi project")


def project_name(project: Path) -> str:
    """The name that the Pulumi.yaml in `project` gives it."""
    return _text(_read_yaml(project / _PROJECT_FILE), "name") or "project"


def copy_project(project: Path, copies: Path) -> Path:
    """Bring the copy of `project` up to date and return its folder.

    A stack file is copied again when the original has changed since; its `encryptionsalt` is kept.
    What the CLI wrote into a copy (`config set`) lasts until then. Raises SandboxError for a file
    that can't be read, and for stack files where the sandbox doesn't look for them.
    """
    file = project / _PROJECT_FILE
    settings = _read_yaml(file)
    _check_stack_files(project, settings)
    target = copies / _copy_name(project)
    target.mkdir(parents=True, exist_ok=True)
    _set(settings, "main", str((project / (_text(settings, "main") or ".")).resolve()))
    _make_virtualenv_absolute(file, settings)
    _make_plugins_absolute(project, settings)
    _write(target / _PROJECT_FILE, _written(settings))
    _copy_stack_files(project, target)
    return target


def _copy_name(project: Path) -> str:
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", project_name(project))
    return f"{name}-{hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:8]}"


def _check_stack_files(project: Path, settings: yaml.MappingNode) -> None:
    for other in sorted(path for glob in _OTHER_STACK_FILES for path in project.glob(glob)):
        raise SandboxError(
            f"{other}: the sandbox copies stack files named Pulumi.<stack>.yaml; rename it to"
            f" {other.stem}.yaml"
        )
    if _get(settings, _OTHER_FOLDER) is not None:
        raise SandboxError(
            f"{project / _PROJECT_FILE}: {_OTHER_FOLDER} is set; the sandbox copies stack files"
            " that lie beside it, and no others"
        )


def _make_virtualenv_absolute(file: Path, settings: yaml.MappingNode) -> None:
    options = _get(_get(settings, "runtime"), "options")
    if options is None or options.tag.endswith(":null"):
        return
    if not isinstance(options, yaml.MappingNode):
        raise SandboxError(f"{file}: runtime.options must be a mapping")
    if _get(options, "virtualenv") is not None:
        # Not resolved: following the links of a virtual environment leads out of it.
        folder = file.parent.absolute() / (_text(options, "virtualenv") or ".")
        _set(options, "virtualenv", str(folder))


def _make_plugins_absolute(project: Path, settings: yaml.MappingNode) -> None:
    """Local plugins and component packages, which the engine looks for from the copy's folder."""
    plugins, packages = _get(settings, "plugins"), _get(settings, "packages")
    kinds = plugins.value if isinstance(plugins, yaml.MappingNode) else []
    listed = [
        item for _, kind in kinds if isinstance(kind, yaml.SequenceNode) for item in kind.value
    ]
    places = [(item, "path") for item in listed if isinstance(item, yaml.MappingNode)]
    if isinstance(packages, yaml.MappingNode):
        places += [(packages, key.value) for key, _ in packages.value]
        places += [
            (one, "source") for _, one in packages.value if isinstance(one, yaml.MappingNode)
        ]
    for mapping, name in places:
        path = _text(mapping, name) or ""
        # Others are names of packages, to be found by the engine, or absolute.
        if path.startswith("."):
            _set(mapping, name, str((project / path).resolve()))


def _copy_stack_files(project: Path, target: Path) -> None:
    seen_file = target / _SEEN
    seen = _read_seen(seen_file)
    for source in sorted(project.glob("Pulumi.*.yaml")):
        copy = target / source.name
        digest = hashlib.sha256(_read(source).encode()).hexdigest()
        if copy.exists() and seen.get(source.name) == digest:
            continue
        content = _read_yaml(source)
        content.value = [
            (key, value) for key, value in content.value if key.value not in _SECRETS_PROVIDER
        ]
        salt = _text(_read_yaml(copy), _SALT) if copy.exists() else None
        if salt is not None:
            _set(content, _SALT, salt)
        _write(copy, _written(content))
        seen[source.name] = digest
    _write(seen_file, json.dumps(seen))


def _read_seen(file: Path) -> dict[str, str]:
    """What was copied, by digest; nothing where that can't be told any more."""
    try:
        seen = json.loads(file.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return seen if isinstance(seen, dict) else {}


def _write(path: Path, text: str) -> None:
    """Replace a file at once, and only when it differs: another launch may be reading it."""
    if path.exists() and path.read_text("utf-8", errors="replace") == text:
        return
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_text(text, "utf-8")
    partial.replace(path)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SandboxError(f"{path} can't be read: {error}") from error


def _read_yaml(path: Path) -> yaml.MappingNode:
    """A file's mapping, each value as it is written there. Raises SandboxError."""
    try:
        content = yaml.compose(_read(path), yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise SandboxError(f"{path} is not readable as YAML: {error}") from error
    if content is None or content.tag.endswith(":null"):
        return yaml.MappingNode("tag:yaml.org,2002:map", [])
    if not isinstance(content, yaml.MappingNode):
        raise SandboxError(f"{path} must be a mapping of names to values")
    return content


def _written(content: yaml.MappingNode) -> str:
    return str(yaml.serialize(content, Dumper=yaml.SafeDumper, allow_unicode=True))


def _get(mapping: yaml.Node | None, name: str) -> yaml.Node | None:
    """A member; None where there is none, or where it would be of something else than a mapping."""
    members = mapping.value if isinstance(mapping, yaml.MappingNode) else []
    return next((value for key, value in members if key.value == name), None)


def _text(mapping: yaml.MappingNode, name: str) -> str | None:
    """A member's text as it is written; None where it is absent, null or no scalar."""
    found = _get(mapping, name)
    if not isinstance(found, yaml.ScalarNode) or found.tag.endswith(":null"):
        return None
    return str(found.value)


def _set(mapping: yaml.MappingNode, name: str, text: str) -> None:
    kept = [(key, value) for key, value in mapping.value if key.value != name]
    mapping.value = [*kept, (yaml.ScalarNode(_TEXT, name), yaml.ScalarNode(_TEXT, text))]
