"""How the tour speaks: colours on a terminal, plain text elsewhere. Owns no step of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape


class NotAsTold(Exception):
    """A step turned out otherwise than the tour says."""


def expect(as_told: bool, otherwise: str) -> None:
    """Raise NotAsTold with `otherwise` unless `as_told`."""
    if not as_told:
        raise NotAsTold(otherwise)


class Narrator:
    """Prints headings, facts and verdicts of the tour's steps."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, number: int, total: int, title: str) -> Iterator[None]:
        """A heading, then the step's own lines, then how long it took."""
        self._console.print(f"\n[bold cyan]{number}/{total}  {escape(title)}[/]")
        started = time.monotonic()
        yield
        self._console.print(f"     [dim]{time.monotonic() - started:.1f} s[/]")

    def fact(self, text: str) -> None:
        """Something that was seen to be as told."""
        self._console.print(f"  [green]✓[/]  {escape(text)}")

    def note(self, text: str) -> None:
        """What is being done, or what to make of it."""
        self._console.print(f"     {escape(text)}")

    def calls(self, calls: Sequence[Mapping[str, Any]]) -> None:
        """A table of external calls."""
        for call in calls:
            line = f"{call['status']} {call['method']:<4} https://{call['host']}{call['path']}"
            self._console.print(f"       [dim]{escape(line)}[/]")

    def failure(self, text: str) -> None:
        """Why the tour stops here."""
        self._console.print(f"  [bold red]✗[/]  {escape(text)}")

    def close(self, text: str) -> None:
        """The last line."""
        self._console.print(f"\n[bold]{escape(text)}[/]")
