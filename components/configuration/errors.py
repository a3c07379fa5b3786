"""Mistakes in the configuration: what they are and how they read.

Owns the shape of a mistake, the nearest-name suggestion and the report. What counts as a mistake
is decided in `settings`. A report names keys and references, and never repeats a value: somebody
may have pasted a secret into the wrong place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake in a stack's configuration.

    Attributes:
        path: where, as keys joined by dots, such as `environments.alpha.hostnames[0]`.
        problem: what is wrong.
        mend: what to do about it.
    """

    path: str
    problem: str
    mend: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}; {self.mend}"


class ConfigurationError(ValueError):
    """The configuration has mistakes; `mistakes` holds all of them, sorted by path."""

    def __init__(self, stack: str, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        count = len(self.mistakes)
        noun = "mistake" if count == 1 else "mistakes"
        lines = "\n".join(f"  - {mistake}" for mistake in self.mistakes)
        super().__init__(f"Pulumi.{stack}.yaml has {count} {noun}; nothing was deployed:\n{lines}")


def dotted(location: Sequence[str | int]) -> str:
    """The path of a location: keys joined by dots, list positions in brackets."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".")


def nearest(name: str, valid: Iterable[str]) -> str:
    """How to mend a name that isn't one of `valid`: the nearest one, or all of them."""
    names = sorted(valid)
    by_folded = {candidate.casefold(): candidate for candidate in names}
    close = get_close_matches(name.casefold(), by_folded, n=1)
    if close:
        return f"did you mean '{by_folded[close[0]]}'?"
    if not names:
        return "there is none to refer to yet"
    return "use " + (f"'{names[0]}'" if len(names) == 1 else f"one of {', '.join(names)}")
