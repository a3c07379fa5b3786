"""The documentation builds as a site, and a link, anchor, image or page that is missing is caught."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs import documents

_ROOT = documents.DOCS.parent


def _build(root: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "--quiet"]
    return subprocess.run(
        [*command, "-d", str(target / "doctrees"), "-c", "docs", ".", str(target / "site")],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_every_page_is_in_the_site_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    built = _build(_ROOT, tmp_path)
    assert (built.returncode, built.stderr) == (0, "")
    pages = {path.stem for path in (tmp_path / "site" / "docs").glob("*.html")}
    assert pages == {path.stem for path in documents.DOCS.glob("*.md")}
    assert (tmp_path / "site" / "README.html").is_file()


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("[gone](missing.md)", "missing.md"),
        ("[gone](index.md#no-such-heading)", "no-such-heading"),
        ("![gone](missing.svg)", "missing.svg"),
        ("# A title\n\n### A level is left out", "Non-consecutive header level"),
    ],
)
def test_what_is_missing_is_caught(tmp_path: Path, page: str, said: str) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    shutil.copy(documents.DOCS / "conf.py", docs)
    (docs / "index.md").write_text("# Index\n\n```{toctree}\npage\n```\n")
    (docs / "page.md").write_text(page if page.startswith("#") else f"# Page\n\n{page}\n")
    built = _build(tmp_path, tmp_path / "built")
    assert built.returncode != 0
    assert said in built.stderr


def test_a_page_that_no_one_leads_to_is_caught(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    shutil.copy(documents.DOCS / "conf.py", docs)
    (docs / "index.md").write_text("# Index\n")
    (docs / "lost.md").write_text("# Lost\n")
    assert "lost.md" in _build(tmp_path, tmp_path / "built").stderr
