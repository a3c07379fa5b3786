"""The sandbox's command line. Owns words and exit codes; what the commands do lies in their modules.

Here: the process, the engine and the demo. The clouds' commands are in `cli_clouds`, those that make
trouble in `cli_trouble`.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from sandbox import process
from sandbox.paths import ROOT_VARIABLE, Paths
from sandbox.process import SandboxError
from sandbox.terminal import app, connect, err, out


def main() -> None:
    """Run the command line; a mistake the user can mend is one message and exit code 1."""
    try:
        app()
    except SandboxError as error:
        message = str(error)
    except (OSError, sqlite3.OperationalError) as error:
        message = (
            f"{error}; the sandbox's folder is {Paths.default().root}: if that is where it fails,"
            f" make room or rights there, or name another one in {ROOT_VARIABLE}"
        )
    except sqlite3.DatabaseError as error:
        message = (
            f"the clouds' state in {Paths.default().database} is damaged: {error};"
            " `python -m sandbox reset` deletes it, and all else in its folder"
        )
    else:
        return
    err.print(f"[red]error:[/red] {escape(message)}")
    sys.exit(1)


@app.command()
def up() -> None:
    """Start the sandbox, or find the one that runs."""
    paths = Paths.default()
    running, new = process.start(paths)
    out.print(
        f"{'started' if new else 'already running'}: pid {running.pid}, state in {paths.root}"
    )


@app.command()
def down() -> None:
    """Stop the sandbox. Its state stays."""
    stopped = process.stop(Paths.default())
    out.print("stopped; the state is kept" if stopped else "no sandbox was running")


@app.command()
def status() -> None:
    """Say whether the sandbox runs, where, and what time it is there. Exit code 1 when it doesn't."""
    sandbox = connect()
    facts = sandbox.status()
    now = datetime.fromtimestamp(facts["now"], UTC).isoformat(timespec="seconds")
    out.print(f"running    pid {facts['pid']}, peak memory {facts['peakMegabytes']} MB")
    out.print(f"state      {sandbox.paths.root}")
    out.print(f"proxy      http://{sandbox.running.proxy}")
    out.print(f"ca         {sandbox.paths.ca_certificate}")
    out.print(f"its time   {now} ({facts['clockOffsetSeconds']:.0f} s ahead)")
    out.print(f"calls      {facts['calls']} since it started")


@app.command()
def reset() -> None:
    """Stop the sandbox and delete all of its state: clouds, stacks, keys."""
    paths = Paths.default()
    if paths.root.exists() and not paths.marker.is_file():
        raise SandboxError(f"{paths.root} isn't a sandbox's folder: not deleted")
    process.stop(paths)
    if paths.root.exists():
        shutil.rmtree(paths.root)
    out.print(f"deleted {paths.root}")


@app.command()
def recover(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack's name.")],
) -> None:
    """Mend a stack after a crash: unlock, clear what was pending, import what exists but isn't in state."""
    from sandbox.recovery import recover as recover_stack  # noqa: PLC0415 (loads provider SDKs)

    recover_stack(connect(), Path.cwd(), stack, report=out.print)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def pulumi(context: typer.Context) -> None:
    """Run the Pulumi CLI in the sandbox's environment: `python -m sandbox pulumi up --stack local`."""
    from sandbox.engine import Engine  # noqa: PLC0415 (loads provider SDKs)

    sandbox = connect()
    code = Engine(sandbox.paths).run(context.args, Path.cwd()).returncode
    mend = "`python -m sandbox recover --stack STACK` mends the stack it was working on"
    if code < 0:
        err.print(f"[red]the engine was killed by signal {-code}[/red]; {mend}")
    elif code and process.find(sandbox.paths) != sandbox.running:
        err.print(
            "[red]the sandbox ended meanwhile[/red]; `python -m sandbox up` starts it (state is"
            f" kept), then {mend}"
        )
    # As a shell has it: 128 and the signal's number.
    sys.exit(code if code >= 0 else 128 - code)


@app.command()
def demo() -> None:
    """A narrated tour of the whole path, in a sandbox of its own. Exit code 1 when a step isn't as told."""
    from sandbox.demo.tour import run  # noqa: PLC0415 (loads provider SDKs)

    sys.exit(run())


@app.command("try-bundles")
def try_bundles(
    folder: Annotated[
        Path, typer.Argument(help="A folder with Apigee bundles, a clone of samples say.")
    ],
) -> None:
    """Say of every Apigee bundle beneath a folder whether it runs here, and how its requests go."""
    from sandbox.trial.report import run  # noqa: PLC0415 (loads the runtime)

    sys.exit(run(folder))


@app.command(hidden=True)
def serve() -> None:
    """The background process itself; `up` starts it."""
    from sandbox.service import run  # noqa: PLC0415 (loads servers and provider SDKs)

    run(Paths.default())
