"""GitHub's command line, `gh`, which signs in by the job's own token (GH_TOKEN)."""

import json
import subprocess
from typing import Any


class GitHubError(Exception):
    """`gh` failed; its text is for the user."""


def gh(*arguments: str) -> str:
    """Run `gh`; return what it printed.

    Raises:
        GitHubError: it failed, with what it said.
    """
    ran = subprocess.run(["gh", *arguments], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise GitHubError(f"gh {' '.join(arguments[:2])}: {ran.stderr.strip()}")
    return ran.stdout


def get(path: str) -> Any:  # noqa: ANN401 - a JSON document
    """A document of the REST API; every page of a list, as one list.

    Arguments:
        path: such as `repos/OWNER/REPO/pulls/7/reviews`.
    """
    return joined(json.loads(gh("api", "--paginate", "--slurp", path)))


def joined(pages: list[Any]) -> Any:  # noqa: ANN401 - a JSON document
    """What `--slurp` gives, a list with one element a page, as one document.

    An object that is in pages, such as a list of runs, is that of its first page: they are sorted,
    the newest first.
    """
    if all(isinstance(page, list) for page in pages):
        return [item for page in pages for item in page]
    return pages[0]
