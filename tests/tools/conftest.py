"""A machine of the test's own: a PATH with nothing on it but the fakes that the test puts there."""

import os
import sys
from pathlib import Path

import pytest

REAL_PATH = os.environ.get("PATH", os.defpath)


class Machine:
    """Fake executables on a PATH of their own, an empty cache, and a log of every call."""

    def __init__(self, root: Path) -> None:
        self.bin = root / "bin"
        self.cache = root / "cache"
        self.log = root / "calls.log"
        self.bin.mkdir()

    def put(self, name: str, body: str, folder: Path | None = None) -> Path:
        """Put an executable, whose Python `body` sees `argv` and `Path`, into a folder of PATH.

        Each call is logged as its name and arguments.
        """
        file = (folder or self.bin) / name
        file.write_text(
            f"#!{sys.executable} -S\n"
            "import os, sys\nfrom pathlib import Path\n"
            "argv = sys.argv[1:]\n"
            f"with open({str(self.log)!r}, 'a') as log:\n"
            f"    log.write(' '.join([{name!r}, *argv]) + '\\n')\n"
            f"{body}\n"
        )
        file.chmod(0o755)
        return file

    def calls(self, prefix: str) -> list[str]:
        """The logged calls that begin with `prefix`, in order."""
        if not self.log.exists():
            return []
        return [line for line in self.log.read_text().splitlines() if line.startswith(prefix)]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine without pulumi, Go or uv."""
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(made.bin))
    monkeypatch.setenv("XDG_CACHE_HOME", str(made.cache))
    monkeypatch.delenv("GOTOOLCHAIN", raising=False)
    return made
