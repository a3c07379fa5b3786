"""Commands that make trouble: hosts that fail, and processes that die at an operation."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.client import Sandbox
from sandbox.interruptions import Moment, Victim
from sandbox.process import SandboxError
from sandbox.terminal import app, connect, out


@app.command()
def interrupt(
    victim: Annotated[Victim, typer.Argument(help="Whose process is killed.")],
    moment: Annotated[
        Moment, typer.Argument(help="Before the cloud acts, or after and before it answers.")
    ] = Moment.AFTER,
    spared: Annotated[int, typer.Option(help="How many operations may pass before.")] = 0,
) -> None:
    """Kill the engine, or the sandbox, at one operation on a resource; then try `recover`.

    Each operation is interrupted once: the same create of the same resource isn't a second time.
    """
    connect().interrupt(victim, moment, spared)
    number = "the next" if spared == 0 else f"number {spared + 1} of the next"
    out.print(
        f"{number} create, update or delete that wasn't interrupted before kills the {victim};"
        " a restart of the sandbox forgets this"
    )


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
        out.print(f"{sandbox.clear_faults(host)} faults switched off")
    _print_faults(sandbox)


def _print_faults(sandbox: Sandbox) -> None:
    for found in sandbox.faults():
        value = f" {found['value']}" if found["value"] else ""
        left = found["requests"]
        until = "until cleared" if left is None else f"for {left} more requests"
        out.print(
            f"{found['host']}  {found['kind']}{value}, {until}, {found['happened']} so far",
            markup=False,
        )
