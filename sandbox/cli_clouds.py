"""Commands that look at both clouds and play what no cloud offers: time, tokens, keys, records."""

from __future__ import annotations

import math
import shlex
import sys
from datetime import UTC, datetime
from typing import Annotated

import httpx
import typer

from sandbox.process import SandboxError
from sandbox.terminal import app, connect, err, out, print_lines


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
    out.print(f"{answer.status_code} {answer.reason_phrase}", markup=False)
    out.print(answer.text, markup=False)
    for call in sandbox.calls_after(before):
        err.print(
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
    out.print(f"its time   {now}")


@app.command("access-token")
def access_token(
    service_account: Annotated[str, typer.Argument(help="Email of a Google service account.")],
) -> None:
    """Print a Google access token as a workload under that account would get it."""
    print(connect().access_token(service_account))


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
    print_lines(connect().audit_rows())


@app.command()
def logs() -> None:
    """Print the gateway's log entries, one JSON object a line."""
    print_lines(connect().log_entries())


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
        print_lines(sandbox.debug_transactions(session))
    else:
        print(sandbox.start_debug(environment, proxy, count))


@app.command("backend-key")
def backend_key() -> None:
    """Print a new API key of the sample backend; earlier keys stay valid."""
    print(connect().issue_backend_key())
