"""What a preview would do, in one canonical form: the same plan is the same text, whoever made it.

Owns what belongs to a plan and what is noise. To it belong: each change with the inputs before and
after, the versions of the packages that would make it, the bundles' contents, the policy packs, and
the files that decide beside the program (locked requirements, the pack's code and configuration).
Noise is: order, times, providers' instance ids, source positions, where a file lies on a machine.

Resources that stay as they are don't belong to it: another change that was deployed in between
leaves a plan as approved, unless it touches the same resources. Secrets are masked in a preview, so
a changed secret is seen as a change of its property and never by its value.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from validation.preview.model import UNKNOWN, Preview, State, Step

FORMAT: Final = 1
_BUNDLE: Final = "configBundle"
_LATER: Final = "(known after deployment)"
# The bridged providers note there which inputs they filled in; it says nothing that these don't.
_INTERNAL: Final = frozenset({"__defaults"})

Plan = Mapping[str, object]


class PlanError(Exception):
    """A preview that can't be approved, or a file that is missing; its text is for the user."""


def plan(preview: Preview, folder: Path, also: Sequence[Path] = ()) -> Plan:
    """The canonical plan.

    Arguments:
        preview: a complete preview.
        folder: the program's folder, in which the preview ran: bundles are read from there.
        also: files and folders, beneath `folder`, whose contents belong to what is approved.

    Raises:
        PlanError: the preview failed, or a bundle or a file isn't there.
    """
    if not preview.complete:
        raise PlanError(
            "the preview failed, so there is nothing to approve; mend it and preview again"
            + "".join(f"\n  {text}" for text in _reasons(preview))
        )
    changes = sorted(preview.changes, key=lambda step: (step.urn, step.op))
    return {
        "format": FORMAT,
        "project": preview.project,
        "stack": preview.stack,
        "changes": [_change(step, folder) for step in changes],
        "packs": dict(preview.packs),
        "files": dict(sorted(_files(also, folder))),
    }


def digest(made: Plan) -> str:
    """A plan's digest: `sha256:` and 64 hex digits."""
    text = json.dumps(made, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def is_plan(value: object) -> bool:
    """Whether a value read from a file has a plan's shape."""
    return (
        isinstance(value, dict)
        and value.keys() == {"format", "project", "stack", "changes", "packs", "files"}
        and isinstance(value["packs"], dict)
        and isinstance(value["files"], dict)
        and isinstance(value["changes"], list)
        and all(isinstance(c, dict) and {"urn", "op"} <= c.keys() for c in value["changes"])
    )


def _reasons(preview: Preview) -> list[str]:
    mandatory = [f for f in preview.findings if f.level == "mandatory"]
    return [*preview.errors, *(f"policy {f.rule}: {f.message}" for f in mandatory)]


def _change(step: Step, folder: Path) -> Mapping[str, object]:
    return {
        "op": step.op,
        "urn": step.urn,
        "type": step.type,
        "package": _package(step.new or step.old),
        "was": _inputs(step.old),
        "becomes": _inputs(step.new),
        "changed": dict(step.changed),
        "replacedFor": sorted(step.replacing),
        "bundle": _bundle(step, folder),
    }


def _package(state: State | None) -> str:
    """The provider's package and name, as in `gcp default_10_2_0`: without its instance's id."""
    if state is None or not state.provider:
        return ""
    kind, name = state.provider.split("::")[2:4]
    return f"{kind.rsplit(':', 1)[-1]} {name}"


def _inputs(state: State | None) -> object:
    return None if state is None else _canonical(state.inputs)


def _canonical(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _canonical(v) for key, v in value.items() if key not in _INTERNAL}
    if isinstance(value, list):
        return [_canonical(v) for v in value]
    return _LATER if value == UNKNOWN else value


def _bundle(step: Step, folder: Path) -> str | None:
    """The content of the bundle that would be uploaded: its inputs tell only where it lies."""
    path = step.new.text(_BUNDLE) if step.new else ""
    return _content(folder / path, "preview in this folder first") if path else None


def _files(also: Sequence[Path], folder: Path) -> Iterator[tuple[str, str]]:
    for given in also:
        path = folder / given
        try:
            name = path.resolve().relative_to(folder.resolve())
        except ValueError:
            raise PlanError(f"{given}: lies outside {folder}") from None
        if not path.is_dir():
            yield name.as_posix(), _content(path, "name a file or folder that is there")
            continue
        for file in sorted(path.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                yield (name / file.relative_to(path)).as_posix(), _content(file, "")


def _content(path: Path, mend: str) -> str:
    try:
        return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError as error:
        raise PlanError(f"{path}: can't be read: {error.strerror}; {mend}") from error
