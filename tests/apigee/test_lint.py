"""All bundles pass Apigee's linter with nothing to report, and the linter does report."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.apigee.sources import PROXIES, SHARED_FLOW

HERE = Path(__file__).parent
VERSION: str = json.loads((HERE / "package.json").read_text())["dependencies"]["apigeelint"]
# TD002 wants a target server: one more resource in every environment, for a sample's one backend.
# TD007 wants a trust store: the backend has a public certificate, which Apigee's own roots cover.
EXCLUDED = {SHARED_FLOW: "", **dict.fromkeys(PROXIES, "TD002,TD007")}


@pytest.fixture(scope="session")
def linter() -> Path:
    """The pinned linter, installed once into a cache outside the checkout."""
    if shutil.which("npm") is None:
        pytest.fail("apigeelint needs Node.js 20 or newer with npm: get it at https://nodejs.org/")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "apigee-keyvault"
    folder = base / "apigeelint" / VERSION
    program = folder / "node_modules" / "apigeelint" / "cli.js"
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "installed"
    with (folder / "lock").open("w") as lock:
        # Test workers share the cache; an interrupted installation leaves no mark and is redone.
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = (HERE / "package-lock.json").read_text()
        if not done.exists() or done.read_text() != wanted:
            done.unlink(missing_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder / name)
            run = subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            if run.returncode != 0:
                pytest.fail(f"npm could not install apigeelint {VERSION}: {run.stderr.strip()}")
            done.write_text(wanted)
    return program


def _findings(linter: Path, bundle: Path, excluded: str) -> list[str]:
    """Findings as `file:line rule message`, errors and warnings alike."""
    command = ["node", str(linter), "--profile", "apigeex", "-s", str(bundle), "-f", "json.js"]
    run = subprocess.run(
        [*command, "-e", excluded] if excluded else command,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.startswith("["), run.stdout + run.stderr
    return [
        f"{report['filePath']}:{message.get('line')} {message['ruleId']} {message['message']}"
        for report in json.loads(run.stdout)
        for message in report["messages"]
    ]


@pytest.mark.parametrize("bundle", EXCLUDED, ids=lambda bundle: bundle.parent.name)
def test_the_linter_finds_nothing(linter: Path, bundle: Path) -> None:
    assert _findings(linter, bundle, EXCLUDED[bundle]) == []


def test_the_linter_finds_a_seeded_defect(linter: Path, tmp_path: Path) -> None:
    copy = tmp_path / "sharedflowbundle"
    shutil.copytree(SHARED_FLOW, copy)
    policy = copy / "policies" / "PC-Value.xml"
    policy.write_text(policy.read_text().replace("<Prefix>azure-key-vault</Prefix>", "", 1))
    flow = copy / "sharedflows" / "default.xml"
    flow.write_text(flow.read_text().replace('kv.step = "ask"', 'kv.step = "ask" and (', 1))
    assert _findings(linter, copy, "") != []


@pytest.mark.parametrize("bundle", PROXIES, ids=lambda bundle: bundle.parent.name)
def test_exclusions_are_still_needed(linter: Path, bundle: Path) -> None:
    rules = {finding.split()[1] for finding in _findings(linter, bundle, "")}
    assert rules == set(EXCLUDED[bundle].split(","))
