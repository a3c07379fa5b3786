"""Long commands with visible progress, and the command's own words where it fails."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tools.setup.errors import SetupError

PLAIN_INTERVAL = 10.0
"""Seconds between lines where the output isn't a terminal."""

TERMINAL_INTERVAL = 0.5
"""Seconds between rewrites of the one line in a terminal."""

SHOWN_ON_FAILURE = 40
"""Lines of a failed command's messages that are shown, counted from the last."""


def say(message: str) -> None:
    """Print one line at once, so that it is seen before a long step."""
    print(message, flush=True)


def run(
    command: Sequence[str | Path],
    label: str,
    *,
    counted: Callable[[str], str | None],
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> None:
    """Run a command to its end and show how it gets on.

    Args:
        command: Program and arguments; stdout and stderr are read together.
        label: What is being done, put before each line of progress.
        counted: Given a line of output, the name of what it counts ("packages compiled"); None for
            a line that is no progress and is kept as a message for the case of failure.
        environ: The command's whole environment; this process's where None.
        directory: The command's working directory; this process's where None.

    Raises:
        SetupError: The command could not be started or failed; its last messages are included.
    """
    try:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise SetupError(f"{label}: {command[0]} can't be started: {error}") from error
    output = _Output(process, counted)
    try:
        _watch(process, label, output)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    output.finish()
    if process.returncode != 0:
        messages = "\n".join(output.messages[-SHOWN_ON_FAILURE:])
        raise SetupError(f"{label}: failed with exit code {process.returncode}\n{messages}")


class _Output:
    """Reads a process's output in a thread: counts progress, keeps messages."""

    def __init__(
        self, process: subprocess.Popen[str], counted: Callable[[str], str | None]
    ) -> None:
        self.messages: list[str] = []
        self._counts: dict[str, int] = {}
        assert process.stdout is not None  # Popen was given PIPE
        self._lines = process.stdout
        self._counted = counted
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for line in self._lines:
            what = self._counted(line.rstrip())
            if what is None:
                self.messages.append(line.rstrip())
            else:
                self._counts[what] = self._counts.get(what, 0) + 1

    def finish(self) -> None:
        """Wait until all output of the ended process has been read."""
        self._thread.join()
        self._lines.close()

    def counts(self) -> str:
        """The counts so far, for a line of progress."""
        return "".join(f", {number} {what}" for what, number in self._counts.copy().items())


def _watch(process: subprocess.Popen[str], label: str, output: _Output) -> None:
    started = time.monotonic()
    terminal = sys.stdout.isatty()
    interval = TERMINAL_INTERVAL if terminal else PLAIN_INTERVAL
    say(f"{label} ...")
    while True:
        try:
            process.wait(timeout=interval)
        except subprocess.TimeoutExpired:
            line = f"{label}: {time.monotonic() - started:.0f} s{output.counts()}"
            if terminal:
                print(f"\r\x1b[K{line}", end="", flush=True)
            else:
                say(line)
        else:
            break
    if terminal:
        print("\r\x1b[K", end="")
    if process.returncode == 0:
        say(f"{label}: done in {time.monotonic() - started:.0f} s")
