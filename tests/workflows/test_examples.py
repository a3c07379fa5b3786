"""The page, GitHub's workflows and the examples for other systems run the same commands in each phase."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.docs import documents

_ROOT = Path(__file__).resolve().parents[2]
_CI = _ROOT / "docs" / "ci"
_EVENTS = "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"
_COMMAND = re.compile(
    r"(?:make (?:test|demo)$|(?:\.venv/bin/)?python -m validation .*|pulumi (?:preview|up|policy) .*)"
)
_ENDS = re.compile(r" *(>>|\|\|).*")


def _commands(text: str) -> set[str]:
    """The commands in a text, without what only one system says around them."""
    found = set()
    for line in text.splitlines():
        if command := _COMMAND.search(line):
            plain = _ENDS.sub("", command[0]).replace('"', "").removeprefix(".venv/bin/")
            found.add(plain)
    return found


def _steps(path: Path, *jobs: str) -> str:
    """The scripts of a GitHub workflow's jobs."""
    content = yaml.safe_load(path.read_text())["jobs"]
    return "\n".join(s.get("run", "") for job in jobs for s in content[job]["steps"])


def _gitlab(*jobs: str) -> str:
    class Loader(yaml.SafeLoader):
        pass

    def _reference(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> list[object]:
        return loader.construct_sequence(node)

    Loader.add_constructor("!reference", _reference)
    content = yaml.load((_CI / "gitlab-ci.yml").read_text(), Loader)  # noqa: S506 - a safe loader
    return "\n".join(line for job in jobs for line in content[job]["script"])


def _azure(begin: str, end: str) -> str:
    text = (_CI / "azure-pipelines.yml").read_text()
    yaml.safe_load(text)
    return text.partition(begin)[2].partition(end)[0]


_CHANGE, _MERGE, _NIGHT = (set(_commands(block)) for block in documents.blocks("ci", "sh")[-3:])
_WORKFLOWS = _ROOT / ".github" / "workflows"
_TEXTS = {
    "change": {
        "GitHub": _steps(_WORKFLOWS / "pull-request.yml", "check", "preview"),
        "GitLab": _gitlab("check", ".plan"),
        "Azure DevOps": _azure("stage: check", '[ "$NIGHT"') + _azure("exit\n", "deploy_"),
    },
    "merge": {
        "GitHub": _steps(_WORKFLOWS / "deploy-stack.yml", "up"),
        "GitLab": _gitlab(".deploy"),
        "Azure DevOps": _azure("stage: deploy_", "\x00"),
    },
    "night": {
        "GitHub": _steps(_WORKFLOWS / "nightly.yml", "drift"),
        "GitLab": _gitlab(".night"),
        "Azure DevOps": _azure('[ "$NIGHT"', "exit\n"),
    },
}
_PAGE = {"change": _CHANGE, "merge": _MERGE, "night": _NIGHT}
# The demo is in no phase of the page, and GitHub's comment is written from all previews by another job.
_BESIDE = {"make demo", "python -m validation access-diff $STACK.preview.json > access.md"}


@pytest.mark.parametrize("phase", _PAGE)
@pytest.mark.parametrize("system", ["GitHub", "GitLab", "Azure DevOps"])
def test_each_system_runs_the_pages_commands(phase: str, system: str) -> None:
    assert _PAGE[phase]
    assert _commands(_TEXTS[phase][system]) - _BESIDE == _PAGE[phase] - _BESIDE


def test_a_preview_that_is_read_is_written_as_events() -> None:
    for path in (*_WORKFLOWS.glob("*.yml"), *_CI.glob("*.yml"), documents.DOCS / "ci.md"):
        text = path.read_text()
        assert text.count("pulumi preview --json") == len(re.findall(rf"{_EVENTS}[=:]", text)), path


def test_no_example_stores_a_credential() -> None:
    for path in _CI.glob("*.yml"):
        text = path.read_text()
        assert not re.search(r"(?i)(secret|password|client_?secret|access_token)\b *[:=$]", text), (
            path
        )
