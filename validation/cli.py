"""The validators' command line. Owns words and exit codes; what the commands do lies in their rooms.

Exit codes are the same for every command: 0 nothing found, 1 findings, 2 it couldn't look.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from validation.access_diff import command as access_diff_command
from validation.bundles.command import Format, check_bundles
from validation.latency.command import Question, measure
from validation.plan import command as plan_command
from validation.policy_config import command as policy_config_command

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


@app.command("access-diff")
def access_diff(
    files: Annotated[
        list[Path],
        typer.Argument(help="Previews as the engine's events, one a stack: docs/reviews.md."),
    ],
    declarations: Annotated[
        bool,
        typer.Option(
            "--declarations",
            help="The files are stacks' files, each before and after the change: no cloud is asked.",
        ),
    ] = False,
) -> None:
    """Say, as Markdown for a pull request, who gains, loses and keeps access to what."""
    question = access_diff_command.Question(files, declarations)
    raise typer.Exit(access_diff_command.access_diff(question, Path.cwd()))


@app.command("plan-digest")
def plan_digest(
    preview: Annotated[
        Path, typer.Argument(help="A preview as the engine's events: docs/reviews.md.")
    ],
    also: Annotated[
        list[Path] | None,
        typer.Option(help="A file or folder whose contents are approved as well; may be repeated."),
    ] = None,
    write: Annotated[Path | None, typer.Option(help="Where to write the plan, for review.")] = None,
    approved: Annotated[
        Path | None, typer.Option(help="A plan that was approved: 1 unless it is this one.")
    ] = None,
) -> None:
    """Print the digest of what a preview would do, and hold it against the one that was approved."""
    question = plan_command.Question(preview, also or [], write, approved)
    raise typer.Exit(plan_command.plan_digest(question, Path.cwd()))


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


@app.command()
def latency(
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", help="The stack whose gateway is measured.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="Lines of the gateway's log instead, one JSON value each; - for stdin."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="How far back: 90m, 24h, 7d (24h of Cloud Logging, all of a file)."),
    ] = None,
    environment: Annotated[str | None, typer.Option(help="One environment's lines alone.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The report for a program.")] = False,
) -> None:
    """Measure each leg of the gateway's calls, and say where a cache would gain something."""
    question = Question(stack, file, since, environment, json)
    raise typer.Exit(measure(question, Path.cwd()))


@app.command("policy-config")
def policy_config(
    stack: Annotated[
        str, typer.Option("--stack", "-s", help="The stack that the pack is to judge.")
    ],
) -> None:
    """Write the policy pack's configuration (for --policy-pack-config) from a stack's declaration."""
    raise typer.Exit(policy_config_command.write(stack, Path.cwd()))
