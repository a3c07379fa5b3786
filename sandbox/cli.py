"""The sandbox's command line. Owns words and exit codes; what the commands do lies in their modules."""

from __future__ import annotations

import json
import math
import shlex
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.markup import escape

from sandbox import process
from sandbox.client import Sandbox
from sandbox.interruptions import Moment, Victim
from sandbox.paths import Paths
from sandbox.process import SandboxError

app = typer.Typer(
    name="sandbox",
    help="Both clouds on one machine: run the program, the policy pack and clients against them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


def main() -> None:
    """Run the command line; a mistake the user can mend is one message and exit code 1."""
    try:
        app()
    except SandboxError as error:
        _err.print(f"[red]error:[/red] {escape(str(error))}")
        sys.exit(1)


@app.command()
def up() -> None:
    """Start the sandbox, or find the one that runs."""
    paths = Paths.default()
    running, new = process.start(paths)
    _out.print(
        f"{'started' if new else 'already running'}: pid {running.pid}, state in {paths.root}"
    )


@app.command()
def down() -> None:
    """Stop the sandbox. Its state stays."""
    stopped = process.stop(Paths.default())
    _out.print("stopped; the state is kept" if stopped else "no sandbox was running")


@app.command()
def status() -> None:
    """Say whether the sandbox runs, where, and what time it is there. Exit code 1 when it doesn't."""
    sandbox = connect()
    facts = sandbox.status()
    now = datetime.fromtimestamp(facts["now"], UTC).isoformat(timespec="seconds")
    _out.print(f"running    pid {facts['pid']}, peak memory {facts['peakMegabytes']} MB")
    _out.print(f"state      {sandbox.paths.root}")
    _out.print(f"proxy      http://{sandbox.running.proxy}")
    _out.print(f"ca         {sandbox.paths.ca_certificate}")
    _out.print(f"its time   {now} ({facts['clockOffsetSeconds']:.0f} s ahead)")
    _out.print(f"calls      {facts['calls']} since it started")


@app.command()
def reset() -> None:
    """Stop the sandbox and delete all of its state: clouds, stacks, keys."""
    paths = Paths.default()
    if paths.root.exists() and not paths.marker.is_file():
        raise SandboxError(f"{paths.root} isn't a sandbox's folder: not deleted")
    process.stop(paths)
    shutil.rmtree(paths.root, ignore_errors=True)
    _out.print(f"deleted {paths.root}")


@app.command()
def recover(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack's name.")],
) -> None:
    """Mend a stack after a crash: unlock, clear what was pending, import what exists but isn't in state."""
    from sandbox.recovery import recover as recover_stack  # noqa: PLC0415 (loads provider SDKs)

    recover_stack(connect(), Path.cwd(), stack, report=_out.print)


@app.command()
def interrupt(
    victim: Annotated[Victim, typer.Argument(help="Whose process is killed.")],
    moment: Annotated[
        Moment, typer.Argument(help="Before the cloud acts, or after and before it answers.")
    ] = Moment.AFTER,
    spared: Annotated[int, typer.Option(help="How many operations may pass before.")] = 0,
) -> None:
    """Kill the engine, or the sandbox, at one operation on a resource; then try `recover`."""
    connect().interrupt(victim, moment, spared)
    number = "the next" if spared == 0 else f"number {spared + 1} of the next"
    _out.print(f"{number} create, update or delete kills the {victim}; a restart forgets this")


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def pulumi(context: typer.Context) -> None:
    """Run the Pulumi CLI in the sandbox's environment: `python -m sandbox pulumi up --stack local`."""
    from sandbox.engine import Engine  # noqa: PLC0415 (loads provider SDKs)

    sandbox = connect()
    sys.exit(Engine(sandbox.paths).run(context.args, Path.cwd()).returncode)


@app.command()
def request(url: Annotated[str, typer.Argument(help="An https URL of the gateway.")]) -> None:
    """Send a GET through the sandbox's network; print the answer, then the calls it caused."""
    sandbox = connect()
    if not url.lower().startswith("https://"):
        raise SandboxError(f"{url}: the clouds are served by https only; give an https:// URL")
    before = sandbox.status()["calls"]
    with sandbox.http() as client:
        try:
            answer = client.get(url)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SandboxError(f"{url}: {error}") from error
    _out.print(f"{answer.status_code} {answer.reason_phrase}", markup=False)
    _out.print(answer.text, markup=False)
    for call in sandbox.calls_after(before):
        _err.print(
            f"  {call['status']} {call['method']} https://{call['host']}{call['path']}"
            f" ({call['milliseconds']:.1f} ms)",
            markup=False,
        )
    sys.exit(0 if answer.is_success else 1)


@app.command()
def env() -> None:
    """Print the variables that point any client at the sandbox: `eval "$(python -m sandbox env)"`."""
    for name, value in connect().environment().items():
        print(f"export {name}={shlex.quote(value)}")


@app.command()
def clock(
    seconds: Annotated[float, typer.Argument(help="How far to move the clock, forward only.")],
) -> None:
    """Move the sandbox's time forward, to let caches expire and grants propagate."""
    if not math.isfinite(seconds):
        raise SandboxError(f"give a number of seconds, not {seconds}")
    sandbox = connect()
    sandbox.advance_clock(seconds)
    now = datetime.fromtimestamp(sandbox.status()["now"], UTC).isoformat(timespec="seconds")
    _out.print(f"its time   {now}")


@app.command("identity-token")
def identity_token(
    service_account: Annotated[str, typer.Argument(help="Email of a Google service account.")],
    audience: Annotated[str, typer.Option(help="The token's audience.")] = (
        "api://AzureADTokenExchange"
    ),
) -> None:
    """Print a Google ID token as a workload under that account would get it."""
    print(connect().identity_token(service_account, audience))


@app.command()
def audit() -> None:
    """Print the vaults' audit rows (AZKVAuditLogs) that can be queried by now, one JSON object a line."""
    _print_lines(connect().audit_rows())


@app.command()
def logs() -> None:
    """Print the gateway's log entries, one JSON object a line."""
    _print_lines(connect().log_entries())


@app.command()
def debug(
    environment: Annotated[str, typer.Argument(help="The Apigee environment.")] = "",
    proxy: Annotated[str, typer.Argument(help="A proxy that is deployed there.")] = "",
    count: Annotated[int, typer.Option(help="How many requests to record, 15 at most.")] = 10,
    session: Annotated[str, typer.Option(help="Print what this session has recorded.")] = "",
) -> None:
    """Start a debug session of a proxy and print its id, or print a session's records as JSON."""
    if bool(session) == bool(environment and proxy):
        raise SandboxError("give an environment and a proxy, or --session with a session's id")
    sandbox = connect()
    if session:
        _print_lines(sandbox.debug_transactions(session))
    else:
        print(sandbox.start_debug(environment, proxy, count))


@app.command("backend-key")
def backend_key() -> None:
    """Print a new API key of the sample backend; earlier keys stay valid."""
    print(connect().issue_backend_key())


@app.command()
def fault(
    host: Annotated[str, typer.Argument(help="A host's name, or a domain: '*.vault.azure.net'.")],
    outage: Annotated[
        bool, typer.Option("--outage", help="Connections end without an answer.")
    ] = False,
    status: Annotated[int | None, typer.Option(help="Answer this, in the cloud's words.")] = None,
    unreadable: Annotated[
        bool, typer.Option("--unreadable", help="Answer 200 with a page of HTML.")
    ] = False,
    latency: Annotated[int | None, typer.Option(help="Answer so many ms later.")] = None,
    requests: Annotated[
        int | None, typer.Option(help="For so many requests; otherwise until cleared.")
    ] = None,
) -> None:
    """Let a host of the clouds fail, until `faults --clear`."""
    asked: list[tuple[str, int | None]] = [
        *([("outage", None)] if outage else []),
        *([("status", status)] if status is not None else []),
        *([("unreadable", None)] if unreadable else []),
        *([("latency", latency)] if latency is not None else []),
    ]
    if len(asked) != 1:
        raise SandboxError("give one of --outage, --status, --unreadable and --latency")
    sandbox = connect()
    sandbox.fault(host, *asked[0], requests)
    _print_faults(sandbox)


@app.command()
def faults(
    clear: Annotated[bool, typer.Option("--clear", help="Switch them off.")] = False,
    host: Annotated[str | None, typer.Option(help="Only this host's, with --clear.")] = None,
) -> None:
    """List the faults that are on, or switch them off."""
    if host is not None and not clear:
        raise SandboxError("--host goes with --clear; without it, all faults are listed")
    sandbox = connect()
    if clear:
        _out.print(f"{sandbox.clear_faults(host)} faults switched off")
    _print_faults(sandbox)


def _print_faults(sandbox: Sandbox) -> None:
    for found in sandbox.faults():
        value = f" {found['value']}" if found["value"] else ""
        left = found["requests"]
        until = "until cleared" if left is None else f"for {left} more requests"
        _out.print(
            f"{found['host']}  {found['kind']}{value}, {until}, {found['happened']} so far",
            markup=False,
        )


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


def connect() -> Sandbox:
    """The running sandbox. Raises SandboxError when none runs."""
    paths = Paths.default()
    return Sandbox(paths, process.require(paths))


def _print_lines(rows: Sequence[object]) -> None:
    for row in rows:
        print(json.dumps(row))
