"""`python3 -m tools.ci.approved_plan STACK FILE`: fetch the plan that reviewers approved for main's head.

The plan is what the pull request's own run wrote for the very commit that was approved. Everything that
doesn't lead to exactly one such plan is a refusal (exit code 1) that says what to do: a commit on main
without a pull request, an approval of an older commit, a later objection, a run that failed.

GitHub, 'REST API endpoints for commits', 'for pull request reviews', 'for workflow runs'.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.ci.github import GitHubError, get, gh

WORKFLOW = "pull-request.yml"
BASE = "main"

Document = Mapping[str, Any]


class RefusedError(Exception):
    """There is no plan that may be deployed; the text says why and what to do."""


def merged_pull(pulls: Sequence[Document], commit: str) -> Document:
    """The pull request whose merge made a commit.

    Arguments:
        pulls: `GET /repos/{}/commits/{commit}/pulls`.
        commit: the commit on main.

    Raises:
        RefusedError: there is none, or several.
    """
    found = [
        pull
        for pull in pulls
        if pull["merged_at"] and pull["base"]["ref"] == BASE and pull["merge_commit_sha"] == commit
    ]
    if len(found) != 1:
        raise RefusedError(
            f"{commit} was made by {len(found)} merged pull requests into {BASE}, not by one: deploy"
            " through a pull request"
        )
    return found[0]


def reviewers(pull: Document, reviews: Sequence[Document]) -> list[str]:
    """Who reviewed a pull request: others than its author, and no account that is gone.

    Arguments:
        pull: the pull request.
        reviews: `GET /repos/{}/pulls/{}/reviews`.
    """
    return sorted({_login(review) for review in reviews} - {"", _login(pull)})


def may_write(permission: Document) -> bool:
    """Whether somebody may write to the repository. On a public one anybody may write an approval.

    Arguments:
        permission: `GET /repos/{}/collaborators/{}/permission`.
    """
    return permission["permission"] in ("admin", "maintain", "write")


def approved_commit(pull: Document, reviews: Sequence[Document], writers: Collection[str]) -> str:
    """The head of a pull request, where somebody else approved exactly that commit.

    Arguments:
        pull: the pull request.
        reviews: `GET /repos/{}/pulls/{}/reviews`, the oldest first.
        writers: those of its reviewers who may write to the repository; others' words don't count.

    Raises:
        RefusedError: nobody did, or somebody's last word is an objection.
    """
    head, number = pull["head"]["sha"], pull["number"]
    last: dict[str, Document] = {}
    for review in reviews:
        # A comment takes neither an approval nor an objection back.
        if review["state"] in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
            last[_login(review)] = review
    counted = set(writers) - {_login(pull)}
    last = {who: review for who, review in last.items() if who in counted}
    objecting = sorted(who for who, r in last.items() if r["state"] == "CHANGES_REQUESTED")
    if objecting:
        raise RefusedError(f"pull request {number}: {', '.join(objecting)} asked for changes")
    states = {r["commit_id"] for r in last.values() if r["state"] == "APPROVED"}
    if head not in states:
        raise RefusedError(
            f"pull request {number}: nobody who may write approved its last commit, {head}: what was"
            " approved is not what was merged. Open another pull request and have it approved after"
            " its last commit"
        )
    return str(head)


def _login(of: Document) -> str:
    """The account's name; nothing where it is gone."""
    return str((of.get("user") or {}).get("login", ""))


def run_of(runs: Document, commit: str) -> int:
    """The id of the newest run of the pull request's workflow for a commit, that succeeded.

    Arguments:
        runs: `GET /repos/{}/actions/workflows/{}/runs?head_sha={}`, the newest first.
        commit: the approved commit.

    Raises:
        RefusedError: there is none.
    """
    for run in runs["workflow_runs"]:
        if (
            run["head_sha"] == commit
            and run["event"] == "pull_request"
            and run["conclusion"] == "success"
            and (run["head_repository"] or {}).get("full_name") == run["repository"]["full_name"]
        ):
            return int(run["id"])
    raise RefusedError(
        f"no run of {WORKFLOW} succeeded for {commit} on a branch of this repository: run it again, or"
        " push the change to a branch here"
    )


def fetch(repository: str, commit: str, stack: str, target: Path) -> None:
    """Write the approved plan of a stack to a file.

    Raises:
        RefusedError: there is none.
        GitHubError: GitHub couldn't be asked.
    """
    pull = merged_pull(get(f"repos/{repository}/commits/{commit}/pulls"), commit)
    reviews = get(f"repos/{repository}/pulls/{pull['number']}/reviews")
    writers = [
        who
        for who in reviewers(pull, reviews)
        if may_write(get(f"repos/{repository}/collaborators/{who}/permission"))
    ]
    approved = approved_commit(pull, reviews, writers)
    query = f"head_sha={approved}&event=pull_request&status=success"
    runs = get(f"repos/{repository}/actions/workflows/{WORKFLOW}/runs?{query}")
    run = run_of(runs, approved)
    with tempfile.TemporaryDirectory() as folder:
        gh(
            "run",
            "download",
            str(run),
            "--repo",
            repository,
            "--name",
            f"plan-{stack}",
            "--dir",
            folder,
        )
        shutil.copyfile(Path(folder) / f"{stack}.plan.json", target)
    print(f"{stack}: pull request {pull['number']}, approved at {approved}, run {run}")


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0, or 1 where nothing may be deployed."""
    if len(arguments) != 2:
        print("usage: python3 -m tools.ci.approved_plan STACK FILE", file=sys.stderr)
        return 2
    try:
        stack, target = arguments
        fetch(os.environ["GITHUB_REPOSITORY"], os.environ["GITHUB_SHA"], stack, Path(target))
    except KeyError as error:
        print(f"refused: {error.args[0]} isn't set, as GitHub Actions does", file=sys.stderr)
        return 1
    except (RefusedError, GitHubError, OSError) as error:
        print(f"refused: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
