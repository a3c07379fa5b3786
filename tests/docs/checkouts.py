"""A checkout as a reader has it, for trying what the documents say."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.docs import documents

_ROOT = documents.DOCS.parent


def checkout(folder: Path) -> Path:
    """What `git clone` and a set-up give, on a branch `main` of its own; returns the folder."""
    files = subprocess.run(
        ["git", "ls-files"], cwd=_ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in files.splitlines():
        if (_ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(_ROOT / name, folder / name)
    who = ("-c", "user.name=A reader", "-c", "user.email=reader@example.com")
    for command in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "--all"),
        (*who, "commit", "--quiet", "--message", "As it is"),
    ):
        subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)
    (folder / ".venv").symlink_to(_ROOT / ".venv")
    return folder


def shell(script: str, folder: Path, *, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run a script as a reader would, with the virtual environment's commands on PATH."""
    path = os.pathsep.join([str(_ROOT / ".venv" / "bin"), os.environ["PATH"]])
    environment = {k: v for k, v in os.environ.items() if not k.startswith("APIGEE_KEYVAULT")}
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**environment, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=timeout,
    )
