"""The sandbox and a project work in folders whose names mean something else in a URL or a shell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.bench import ROOT, STACK, Bench

ODD = "Größe, 50%20 #1? it's"


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    # Settings of the user's own for other backends: none may change how the sandbox keeps state.
    monkeypatch.setenv("PULUMI_DIY_BACKEND_GZIP", "true")
    made = Bench(tmp_path / ODD)
    yield made
    made.stop()


def test_state_lies_in_the_sandboxs_folder_whatever_its_name(odd: Bench, tmp_path: Path) -> None:
    project = tmp_path / f"{ODD} too"
    project.mkdir()
    runtime = {"name": "python", "options": {"virtualenv": str(ROOT / ".venv")}}
    (project / "Pulumi.yaml").write_text(json.dumps({"name": "odd", "runtime": runtime}))
    (project / "__main__.py").write_text("import pulumi\n\npulumi.export('said', 'hello')\n")
    odd.pulumi("stack", "init", STACK, "--cwd", project.name, directory=tmp_path)
    odd.up(directory=project)
    kept = odd.paths.pulumi_backend / ".pulumi" / "stacks" / "odd" / f"{STACK}.json"
    outputs = json.loads(kept.read_text())["checkpoint"]["latest"]["resources"][0]["outputs"]
    assert outputs == {"said": "hello"}
    assert {path.name for path in project.iterdir()} <= {
        "Pulumi.yaml",
        "__main__.py",
        "__pycache__",
    }
