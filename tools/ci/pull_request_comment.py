"""`python3 -m tools.ci.pull_request_comment NUMBER FILE`: one comment, edited in place.

The comment is known by the first line of the file, its marker, and by who wrote it. A second run edits it;
a pull request never has two.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.ci.github import GitHubError, get, gh

AUTHOR = "github-actions[bot]"
_LIMIT = 65_536


def existing(comments: Sequence[Mapping[str, Any]], marker: str) -> int | None:
    """The id of the oldest comment of ours with a marker, or None.

    Arguments:
        comments: `GET /repos/{}/issues/{}/comments`, the oldest first.
        marker: the first line. Anybody may copy it; nobody else is the author.
    """
    for comment in comments:
        if comment["user"]["login"] == AUTHOR and comment["body"].startswith(marker):
            return int(comment["id"])
    return None


def write(repository: str, number: str, file: Path) -> None:
    """Write the comment.

    Raises:
        GitHubError: GitHub couldn't be asked, or the text is too long for a comment.
    """
    text = file.read_text("utf-8")
    if len(text) >= _LIMIT:
        raise GitHubError(f"{file} has {len(text)} characters; a comment takes {_LIMIT}")
    path = f"repos/{repository}/issues/{number}/comments"
    known = existing(get(path), text.partition("\n")[0])
    how = (
        ("POST", path)
        if known is None
        else ("PATCH", f"repos/{repository}/issues/comments/{known}")
    )
    gh("api", "--silent", "--method", *how, "--field", f"body=@{file}")
    print("written" if known is None else f"edited in place: {known}")


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0, or 1 where the comment couldn't be written."""
    if len(arguments) != 2 or "GITHUB_REPOSITORY" not in os.environ:
        print("usage: python3 -m tools.ci.pull_request_comment NUMBER FILE", file=sys.stderr)
        return 2
    try:
        write(os.environ["GITHUB_REPOSITORY"], arguments[0], Path(arguments[1]))
    except (GitHubError, OSError) as error:
        print(f"the comment couldn't be written: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
