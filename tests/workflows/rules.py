"""What neither actionlint nor zizmor checks of the workflows: each rule a sentence, each breach a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

Workflow = Mapping[Any, Any]

_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_LOCAL = re.compile(r"\./\.github/[\w./-]+")
_COMMENTED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$", re.MULTILINE)
_USES = re.compile(r"uses: [\w-]", re.MULTILINE)
_ENGINE = re.compile(r"\bpulumi (?:preview|up|destroy|refresh|policy analyze)\b")
_NEW_TOKEN = re.compile(r"\./\.github/actions/(?:sign-in|azure-token)")


def breaches(path: Path) -> list[str]:
    """Every rule that a workflow or composite action breaks, as `RULE: where`."""
    text = path.read_text("utf-8")
    content = yaml.safe_load(text)
    found = [*_of_text(text), *_of_steps(content)]
    if "jobs" in content:
        found += [
            *_of_workflow(content),
            *(b for j in content["jobs"].items() for b in (*_of_job(*j), *_of_tokens(*j))),
        ]
    return sorted(found)


def _of_text(text: str) -> Iterator[str]:
    if len(_COMMENTED.findall(text)) != len(_USES.findall(text)):
        yield "pinned-with-version: an action isn't pinned by SHA with its version behind it"
    if "secrets." in text or "secrets[" in text:
        yield "no-secret: a stored credential is used"
    if "GITHUB_TOKEN" in text:
        yield "no-secret: use github.token"


def _of_workflow(workflow: Workflow) -> Iterator[str]:
    if workflow.get("permissions") != {}:
        yield "no-permission: permissions at the top aren't {}"
    # YAML 1.1 reads the key `on` as true.
    triggers = workflow[True]
    if "pull_request_target" in triggers or "workflow_run" in triggers:
        yield "own-code-only: a trigger runs a fork's code with the repository's rights"


def _of_job(name: str, job: Workflow) -> Iterator[str]:
    if "uses" in job:
        return
    if "timeout-minutes" not in job:
        yield f"time-limit: {name}"
    rights = job.get("permissions")
    if not isinstance(rights, dict):
        yield f"rights-of-its-own: {name}"
        return
    if "id-token" in rights and "environment" not in job:
        yield f"identity-in-an-environment: {name}"
    if "contents" in rights and rights["contents"] != "read":
        yield f"writes-no-code: {name}"
    commands = " ".join(str(step.get("run", "")) for step in job.get("steps", ()))
    changes = re.search(r"\bpulumi (up|destroy|refresh)\b", commands)
    concurrency = job.get("concurrency", {})
    if changes and not str(concurrency.get("group", "")).startswith("stack-${{"):
        yield f"one-at-a-time: {name}"
    if changes and concurrency.get("cancel-in-progress") is not False:
        yield f"never-cut-off: {name}"
    if changes and "plan-digest" not in commands.split("pulumi up")[0]:
        yield f"approved-only: {name}"


def _of_tokens(name: str, job: Workflow) -> Iterator[str]:
    """GitHub's token for Entra lasts five minutes; a command of the engine may take longer."""
    is_new = False
    for step in job.get("steps", ()):
        is_new = is_new or bool(_NEW_TOKEN.fullmatch(str(step.get("uses", ""))))
        for _ in _ENGINE.finditer(str(step.get("run", ""))):
            if not is_new:
                yield f"new-token: {name}"
            is_new = False


def _of_steps(content: Workflow) -> Iterator[str]:
    jobs = content.get("jobs", {"": content.get("runs", {})})
    for name, job in jobs.items():
        for step in job.get("steps", ()):
            if "${{" in str(step.get("run", "")):
                yield f"no-injection: {name}"
            uses = str(step.get("uses", ""))
            if uses.startswith("actions/checkout@") and (
                step.get("with", {}).get("persist-credentials") is not False
            ):
                yield f"keeps-no-token: {name}"
            if uses and not (_PINNED.fullmatch(uses) or _LOCAL.fullmatch(uses)):
                yield f"pinned: {uses}"
