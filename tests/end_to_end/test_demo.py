"""The tour that the README promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.bench import ROOT


def test_the_tour_is_as_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    tour = subprocess.run(
        [sys.executable, "-m", "sandbox", "demo"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert tour.returncode == 0, f"{tour.stdout}{tour.stderr}"
    assert "As told: 10 of 10 steps." in tour.stdout
    assert "✗" not in tour.stdout
    assert "\x1b" not in tour.stdout
    assert tour.stderr == ""
    assert list(tmp_path.iterdir()) == []
