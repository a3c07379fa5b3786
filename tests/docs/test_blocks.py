"""Blocks that need neither a cloud nor the sandbox run as printed. The quick start's: `tests/end_to_end`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import documents
from tests.docs.checkouts import checkout, shell

# The document, which of its blocks, what stands for a placeholder, and what must be printed or written.
_BLOCKS = {
    "a stack of one's own": ("real-clouds", (0, 1), {}, ""),
    "bundle checks": ("bundle-checks", (0,), {" PATH": " apigee"}, '"version": "2.1.0"'),
    "two declarations": ("reviews", (1,), {}, "nobody gains or loses access"),
}


@pytest.mark.parametrize(
    ("name", "numbers", "placeholders", "shown"), _BLOCKS.values(), ids=_BLOCKS.keys()
)
def test_a_block_runs_as_printed(
    tmp_path: Path,
    name: str,
    numbers: tuple[int, ...],
    placeholders: dict[str, str],
    shown: str,
) -> None:
    blocks = documents.blocks(name, "sh")
    script = "set -e\n" + "".join(blocks[number] for number in numbers)
    for placeholder, value in placeholders.items():
        assert placeholder in script
        script = script.replace(placeholder, value)
    ran = shell(script, checkout(tmp_path / "checkout"))
    assert ran.returncode == 0, ran.stdout
    assert shown in ran.stdout
    assert "Traceback" not in ran.stdout
