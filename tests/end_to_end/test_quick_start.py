"""The quick start's blocks run as printed, one after the other, and what it shows is what comes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.docs import documents
from tests.end_to_end.bench import ROOT

_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _checkout(folder: Path) -> Path:
    """What `git clone` and a set-up give."""
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in files.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def test_a_newcomer_gets_what_the_quick_start_shows(tmp_path: Path) -> None:
    project = _checkout(tmp_path / "apigee-keyvault")
    script, expected = [], []
    for kind, block in _BLOCK.findall(documents.text("quick-start")):
        if kind == "text":
            expected.append(block.splitlines())
            continue
        script.append(block.replace("make setup\n", ""))
    ran = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=project,
        env={k: v for k, v in os.environ.items() if not k.startswith("APIGEE_KEYVAULT")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    shown = ran.stdout
    assert ran.returncode == 0, shown
    assert "Traceback" not in shown
    at = 0
    for lines in expected:
        for line in lines:
            found = shown.find(line.strip(), at)
            assert found >= 0, (line, shown)
            at = found
