"""The quick start's blocks run as printed, one after the other, and what it shows is what comes."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs import documents
from tests.docs.checkouts import checkout, shell

_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_a_newcomer_gets_what_the_quick_start_shows(tmp_path: Path) -> None:
    script, expected = "", []
    for kind, block in _BLOCK.findall(documents.text("quick-start")):
        if kind == "text":
            expected += block.splitlines()
        else:
            # Set up is what the checkout is already.
            script += block.replace("make setup\n", "")
    ran = shell(script, checkout(tmp_path / "apigee-keyvault"), timeout=300)
    assert ran.returncode == 0, ran.stdout
    assert "Traceback" not in ran.stdout
    at = 0
    for line in expected:
        at = ran.stdout.find(line.strip(), at)
        assert at >= 0, (line, ran.stdout)
