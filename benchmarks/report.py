"""How figures are shown: a table with colours on a terminal, the same in plain text elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.figures import Figure

# In a file or a pipe nothing is cut off at a terminal's 80 columns.
_PLAIN_WIDTH = 140


class Report:
    """Prints progress while measuring, and the figures at the end."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        if not self._console.is_terminal:
            self._console.width = _PLAIN_WIDTH

    def progress(self, text: str) -> None:
        """What is being measured now."""
        self._console.print(f"[dim]measuring {escape(text)}[/]", soft_wrap=True)

    def failure(self, text: str) -> None:
        """Why there is no figure."""
        self._console.print(f"[bold red]not measured:[/] {escape(text)}", soft_wrap=True)

    def figures(self, machine: str, figures: Sequence[Figure]) -> None:
        """The machine's line and a row for each figure, with its verdict where it has a target."""
        style = box.SIMPLE_HEAD if self._console.is_terminal else box.MARKDOWN
        table = Table(box=style)
        table.add_column("figure", no_wrap=True)
        for heading in ("runs", "min", "median", "max", "target"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("", no_wrap=True)
        for figure in figures:
            low, middle, high = min(figure.runs), figure.median, max(figure.runs)
            table.add_row(
                f"{figure.name}, {figure.unit}",
                str(len(figure.runs)),
                *(figure.show(value) for value in (low, middle, high)),
                "" if figure.target is None else str(figure.target),
                _verdict(figure),
            )
        self._console.print(f"\n{escape(machine)}\n", soft_wrap=True)
        self._console.print(table)


def _verdict(figure: Figure) -> str:
    if figure.target is None:
        return ""
    return "[bold red]missed[/]" if figure.missed else "[green]met[/]"
