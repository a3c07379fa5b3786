"""The workflows, by actionlint, by zizmor and by the rules that neither checks; each catches its defects."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.workflows.rules import breaches
from tools import go
from tools.setup import engine

_ROOT = Path(__file__).resolve().parents[2]
_HERE = Path(__file__).parent
_GOOD = _HERE / "fixtures" / "good.yml"
_WORKFLOWS = sorted((_ROOT / ".github" / "workflows").glob("*.yml"))
_ACTIONS_FOLDER = _ROOT / ".github" / "actions"
_ACTIONS = sorted(_ACTIONS_FOLDER.glob("*/action.yml"))
_JUDGED = yaml.safe_load((_ROOT / ".github" / "workflows" / "pull-request.yml").read_text())["jobs"]
_STEP = "      - run: echo"
_CHECKOUT = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2"

# The text that is changed in `good.yml`, what it becomes, and exactly what is said of it then.
_RULES = {
    "no time limit": ("    timeout-minutes: 5\n", "", ["time-limit: up"]),
    "all rights": (
        "permissions: {}\n",
        "permissions: write-all\n",
        ["no-permission: permissions at the top aren't {}"],
    ),
    "no rights named": (
        "    permissions:\n      contents: read # check out\n      id-token: write # sign in\n",
        "",
        ["rights-of-its-own: up"],
    ),
    "an identity for everybody": (
        "    environment: dev\n",
        "",
        ["identity-in-an-environment: up"],
    ),
    "writes code": ("contents: read", "contents: write", ["writes-no-code: up"]),
    "a stack without a group": ("group: stack-${{", "group: all-${{", ["one-at-a-time: up"]),
    "a cut off update": (
        "      cancel-in-progress: false",
        "      cancel-in-progress: true",
        ["never-cut-off: up"],
    ),
    "nothing approved": (
        "      - run: plan-digest --approved plan.json\n",
        "",
        ["approved-only: up"],
    ),
    "approved afterwards": (
        "      - run: plan-digest --approved plan.json\n      - run: pulumi up --yes\n",
        "      - run: pulumi up --yes\n      - run: plan-digest --approved plan.json\n",
        ["approved-only: up"],
    ),
    "an old token": (
        "      - run: plan-digest",
        "      - run: pulumi preview\n      - run: plan-digest",
        ["new-token: up"],
    ),
    "no token": ("      - uses: ./.github/actions/azure-token\n", "", ["new-token: up"]),
    "a fork's code with rights": (
        "  pull_request:\n",
        "  pull_request_target:\n",
        ["own-code-only: a trigger runs a fork's code with the repository's rights"],
    ),
    "a stored credential": (
        _STEP,
        "      - run: echo ${SECRET}\n        env:\n          SECRET: ${{ secrets.CANARY }}\n"
        + _STEP,
        ["no-secret: a stored credential is used"],
    ),
    "an injection": (
        'echo "$TITLE"',
        "echo ${{ github.event.pull_request.title }}",
        ["no-injection: up"],
    ),
    "a tag": (
        _CHECKOUT,
        "actions/checkout@v6",
        [
            "pinned-with-version: an action isn't pinned by SHA with its version behind it",
            "pinned: actions/checkout@v6",
        ],
    ),
    "a SHA of no known version": (
        " # v6.0.2",
        "",
        ["pinned-with-version: an action isn't pinned by SHA with its version behind it"],
    ),
    "a token kept": (
        "        with:\n          persist-credentials: false\n",
        "",
        ["keeps-no-token: up"],
    ),
}
_ACTIONLINT = {
    "an unknown key": ("    timeout-minutes: 5\n", "    timeout: 5\n", ["syntax-check"]),
    "an unknown context": ("github.event.pull_request.title", "githup.ref", ["expression"]),
    "an injection": (
        'echo "$TITLE"',
        "echo ${{ github.event.pull_request.title }}",
        ["expression"],
    ),
    "a job that isn't there": (
        "    environment: dev\n",
        "    environment: dev\n    needs: missing\n",
        ["job-needs"],
    ),
    "an unknown runner": ("ubuntu-24.04", "ubuntu-18.04", ["runner-label"]),
    "a right that isn't there": ("id-token: write", "identity: write", ["permissions"]),
}
_ZIZMOR = {
    "a fork's code with rights": (
        "  pull_request:\n",
        "  pull_request_target:\n",
        ["dangerous-triggers"],
    ),
    "all rights": ("permissions: {}\n", "permissions: write-all\n", ["excessive-permissions"]),
    "an injection": (
        'echo "$TITLE"',
        "echo ${{ github.event.pull_request.title }}",
        ["template-injection"],
    ),
    "a tag": (_CHECKOUT, "actions/checkout@v6", ["unpinned-uses"]),
    "a token kept": (
        "        with:\n          persist-credentials: false\n",
        "",
        ["artipacked"],
    ),
    "a secret for everybody": (
        "    env:\n",
        "    env:\n      ALL: ${{ toJSON(secrets) }}\n",
        ["overprovisioned-secrets"],
    ),
    "a command for the runner": (
        _STEP,
        '      - run: echo "::add-path::$TITLE"\n        env:\n'
        "          ACTIONS_ALLOW_UNSECURE_COMMANDS: true\n" + _STEP,
        ["insecure-commands"],
    ),
}


@pytest.fixture(scope="session")
def actionlint() -> Path:
    return go.program(_HERE / "actionlint", "actionlint")


def _linted(actionlint: Path, *paths: Path) -> list[str]:
    """The kinds of what actionlint says. Shell scripts in steps are checked by reading."""
    command = [actionlint, "-shellcheck=", "-pyflakes=", "-format", "{{json .}}", *paths]
    ran = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode in (0, 1), ran.stderr
    return sorted(finding["kind"] for finding in json.loads(ran.stdout or "[]"))


def _audited(*paths: Path) -> list[str]:
    """The names of what zizmor finds, as the strictest of its users sees it."""
    zizmor = Path(sys.executable).with_name("zizmor")
    options = ("--offline", "--persona", "pedantic", "--no-progress", "--format", "json")
    config = ("--config", str(_ROOT / ".github" / "zizmor.yml"))
    ran = subprocess.run(
        [str(zizmor), *options, *config, *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.stdout, ran.stderr
    return sorted(finding["ident"] for finding in json.loads(ran.stdout))


def _seeded(tmp_path: Path, old: str, new: str) -> Path:
    text = _GOOD.read_text()
    assert old in text
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    path = folder / "seeded.yml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    "path", [*_WORKFLOWS, *_ACTIONS, _GOOD], ids=lambda p: p.parent.name + p.name
)
def test_no_workflow_breaks_a_rule(path: Path) -> None:
    assert breaches(path) == []


@pytest.mark.parametrize(("old", "new", "expected"), _RULES.values(), ids=_RULES.keys())
def test_a_rule_catches_its_defect(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    assert breaches(_seeded(tmp_path, old, new)) == expected


def test_actionlint_finds_nothing(actionlint: Path) -> None:
    assert _linted(actionlint, *_WORKFLOWS, _GOOD) == []


@pytest.mark.parametrize(("old", "new", "expected"), _ACTIONLINT.values(), ids=_ACTIONLINT.keys())
def test_actionlint_catches_a_seeded_defect(
    actionlint: Path, tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    assert _linted(actionlint, _seeded(tmp_path, old, new)) == expected


def test_zizmor_finds_nothing() -> None:
    assert _audited(_ROOT / ".github") == []
    assert _audited(_GOOD) == []


@pytest.mark.parametrize(("old", "new", "expected"), _ZIZMOR.values(), ids=_ZIZMOR.keys())
def test_zizmor_catches_a_seeded_defect(
    tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    assert sorted(set(_audited(_seeded(tmp_path, old, new)))) == expected


def test_what_forks_run_has_no_right_but_to_read() -> None:
    text = (_ROOT / ".github" / "workflows" / "pull-request.yml").read_text()
    own = "if: github.event.pull_request.head.repo.full_name == github.repository"
    jobs = dict(
        re.findall(r"^  ([\w-]+):\n((?:    .*\n|\n)+)", text.partition("\njobs:\n")[2], re.M)
    )
    assert {name for name, job in jobs.items() if own not in job and "needs:" not in job} == {
        "check",
        "declared-access",
    }
    for name in ("check", "declared-access"):
        assert re.findall(r"^      ([\w-]+: (?:read|write))", jobs[name], re.M) == [
            "contents: read"
        ]
    # What needs rights waits for the job that forks don't have; the verdict needs none.
    assert "needs: affected" in jobs["preview"]
    assert "needs: preview" in jobs["comment"]
    assert "permissions: {}" in jobs["verdict"]


def test_the_verdict_waits_for_every_other_job() -> None:
    verdict = _JUDGED["verdict"]
    assert set(verdict["needs"]) == _JUDGED.keys() - {"verdict"}
    assert verdict["if"] == "always()"


@pytest.mark.parametrize(
    ("results", "passes"),
    [
        ("success success success success success", True),
        ("success success success skipped skipped", True),
        ("success success skipped skipped skipped", True),
        ("success failure success success success", False),
        ("success success success failure success", False),
        ("success success success cancelled skipped", False),
        ("", False),
    ],
)
def test_the_verdict_is_that_of_every_job(results: str, passes: bool) -> None:
    (step,) = _JUDGED["verdict"]["steps"]
    ran = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        env={"RESULTS": results},
        capture_output=True,
        check=False,
        timeout=10,
    )
    assert (ran.returncode == 0) is passes


def test_every_system_installs_the_engine_that_was_tested() -> None:
    files = [_ACTIONS_FOLDER / "prepare" / "action.yml", *(_ROOT / "docs" / "ci").glob("*.yml")]
    for path in files:
        pinned = re.findall(
            r"(?:pulumi-version:|pulumi\.com \| sh -s -- --version) (\S+)", path.read_text()
        )
        assert set(pinned) == {engine.pinned_version()}, path
