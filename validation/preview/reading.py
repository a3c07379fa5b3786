"""From the engine's events to a `Preview`.

Owns the format: what `pulumi preview --json --show-sames` writes under
PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true, one JSON event a line. Without that variable the engine
writes one document, which has no policy results (Pulumi CLI, `--json`); it is refused by name.
Secrets are `[secret]` there already: the engine masks them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from validation.preview.model import Finding, Preview, State, Step

HOW = (
    "write it with PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true"
    " pulumi preview --json --show-sames --stack STACK > FILE"
)


class PreviewError(Exception):
    """A file that is no whole preview; its text is for the user."""


def read(path: Path) -> Preview:
    """Read a preview from the file that it was written to.

    Arguments:
        path: the file; see `HOW`.

    Raises:
        PreviewError: it can't be read, is another kind of file, or was cut off.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PreviewError(f"{path}: can't be read: {error}") from error
    return _preview(path, list(_events(path, text)))


def _events(path: Path, text: str) -> Iterable[Mapping[str, Any]]:
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise PreviewError(f"{path}: is empty; {HOW}")
    for number, line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            raise PreviewError(f"{path}:{number}: is no line of JSON; {HOW}") from None
        if not isinstance(event, dict) or "sequence" not in event:
            raise PreviewError(f"{path}:{number}: is no event of the engine; {HOW}")
        yield event


def _preview(path: Path, events: Sequence[Mapping[str, Any]]) -> Preview:
    def all_of(kind: str) -> list[Mapping[str, Any]]:
        return [event[kind] for event in events if kind in event]

    summaries = all_of("summaryEvent")
    if any(not summary.get("isPreview") for summary in summaries):
        raise PreviewError(f"{path}: tells of an update, not of a preview; {HOW}")
    errors = [_error(d) for d in all_of("diagnosticEvent") if d.get("severity") == "error"]
    if not summaries and not errors:
        raise PreviewError(f"{path}: was cut off, it has no summary; preview again")
    try:
        steps = [_step(pre["metadata"]) for pre in all_of("resourcePreEvent")]
    except (KeyError, TypeError, AttributeError) as error:
        raise PreviewError(f"{path}: a step has not the engine's shape: {error!r}") from error
    project, stack = _names(steps)
    return Preview(
        stack=stack,
        project=project,
        steps=steps,
        findings=sorted({_finding(policy) for policy in all_of("policyEvent")}),
        packs=_packs(all_of("policyEvent"), summaries),
        errors=errors,
        complete=_complete(summaries, errors),
    )


def _complete(summaries: Sequence[Mapping[str, Any]], errors: Sequence[str]) -> bool:
    return (
        not errors
        and bool(summaries)
        and all(
            s.get("result", "succeeded") == "succeeded" and not s.get("maybeCorrupt")
            for s in summaries
        )
    )


def _error(diagnostic: Mapping[str, Any]) -> str:
    return f"{diagnostic.get('prefix', '')}{diagnostic.get('message', '')}".strip()


def _step(metadata: Mapping[str, Any]) -> Step:
    detailed = metadata.get("detailedDiff") or {}
    return Step(
        op=metadata["op"],
        urn=metadata["urn"],
        old=_state(metadata.get("old")),
        new=_state(metadata.get("new")),
        changed={path: diff.get("diffKind", "") for path, diff in detailed.items()}
        or dict.fromkeys(metadata.get("diffs") or [], ""),
        replacing=metadata.get("keys") or (),
    )


def _state(state: Mapping[str, Any] | None) -> State | None:
    if state is None:
        return None
    return State(
        urn=state["urn"],
        type=state["type"],
        inputs=state.get("inputs") or {},
        outputs=state.get("outputs") or {},
        parent=state.get("parent", ""),
        provider=state.get("provider", ""),
        protect=bool(state.get("protect")),
    )


def _names(steps: Sequence[Step]) -> tuple[str, str]:
    """Project and stack, which every URN has: `urn:pulumi:STACK::PROJECT::TYPE::NAME`."""
    for step in steps:
        head, project, *_ = step.urn.split("::")
        return project, head.removeprefix("urn:pulumi:")
    return "", ""


def _finding(policy: Mapping[str, Any]) -> Finding:
    return Finding(
        level=policy.get("enforcementLevel", ""),
        rule=policy.get("policyName", ""),
        urn=policy.get("resourceUrn", ""),
        message=str(policy.get("message", "")).strip(),
        pack=policy.get("policyPackName", ""),
    )


def _packs(
    policies: Sequence[Mapping[str, Any]], summaries: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """Versions by name. The summary's keys also tell where the pack lay: `NAME|local|FOLDER`."""
    packs = {p["policyPackName"]: p.get("policyPackVersion", "") for p in policies}
    for summary in summaries:
        for key, version in (summary.get("PolicyPacks") or {}).items():
            packs[key.split("|", 1)[0]] = version
    return dict(sorted(packs.items()))
