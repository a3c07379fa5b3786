"""`git diff --name-only A B | python3 -m tools.ci.affected_stacks`: the stacks that changes affect.

Prints them as a JSON list, in the order in which they are deployed. A stack's own file affects that
stack; documents, tests and what only checks affect none; everything else affects all, so that a new
folder is never forgotten.
"""

import json
import sys
from collections.abc import Iterable

STACKS = ("dev", "prod")

# What no deployment depends on. A name that ends in a slash is a folder.
_WITHOUT_EFFECT = (
    ".ci/",
    ".github/",
    "LICENSE",
    "Makefile",
    "Pulumi.local.yaml",
    "README.md",
    "benchmarks/",
    "bootstrap/",
    "docs/",
    "package/",
    "sandbox/",
    "tests/",
    "tools/",
    "validation/",
)


def affected(paths: Iterable[str]) -> list[str]:
    """The stacks that a change of these files affects.

    Arguments:
        paths: the changed files, relative to the repository's root.
    """
    found: set[str] = set()
    for path in paths:
        own = [stack for stack in STACKS if path == f"Pulumi.{stack}.yaml"]
        if own or not _is_without_effect(path):
            found.update(own or STACKS)
    return [stack for stack in STACKS if stack in found]


def _is_without_effect(path: str) -> bool:
    return any(
        path.startswith(name) if name.endswith("/") else path == name for name in _WITHOUT_EFFECT
    )


if __name__ == "__main__":
    print(json.dumps(affected(line.strip() for line in sys.stdin if line.strip())))
