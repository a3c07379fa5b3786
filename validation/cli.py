"""The validators' command line. Owns words and exit codes; what the commands do lies in their rooms.

Exit codes are the same for every command: 0 nothing found, 1 findings, 2 it couldn't look.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from validation.bundles.command import Format, check_bundles

app = typer.Typer(
    name="validation",
    help="Look at what is deployed, or about to be, and say what is wrong with it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line."""
    app()


@app.callback()
def _commands() -> None:
    """Keeps the command's name on the command line while there is one command only."""


@app.command()
def bundles(
    path: Annotated[
        Path,
        typer.Argument(
            help="A bundle (apiproxy or sharedflowbundle), a folder above several, or a zip."
        ),
    ],
    format_: Annotated[
        Format, typer.Option("--format", help="Lines to read, or a SARIF 2.1.0 log.")
    ] = Format.text,
) -> None:
    """Check Apigee bundles for what apigeelint doesn't find; docs/bundle-checks.md has the checks."""
    raise typer.Exit(check_bundles(path, format_))
