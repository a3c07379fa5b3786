"""What all commands share: the command line itself, the terminal, and the running sandbox."""

from __future__ import annotations

import json
from collections.abc import Sequence

import typer
from rich.console import Console

from sandbox import process
from sandbox.client import Sandbox
from sandbox.paths import Paths

app = typer.Typer(
    name="sandbox",
    help="Both clouds on one machine: run the program, the policy pack and clients against them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def connect() -> Sandbox:
    """The running sandbox. Raises SandboxError when none runs."""
    paths = Paths.default()
    return Sandbox(paths, process.require(paths))


def print_lines(rows: Sequence[object]) -> None:
    """Print each row as one line of JSON."""
    for row in rows:
        print(json.dumps(row))
