"""What one row of the tables in this folder says of a resource type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.sandbox.controlplane.rig import Deployed, Plain


@dataclass
class Made:
    """What the rows before have made: `made[token]`; `directory` is the program's folder.

    `previews` are the outputs that were foretold, `reads` what a refresh found right after.
    """

    directory: Path
    objects: dict[str, Deployed] = field(default_factory=dict)
    previews: dict[str, Plain] = field(default_factory=dict)
    reads: dict[str, Deployed | None] = field(default_factory=dict)

    def __getitem__(self, token: str) -> Deployed:
        return self.objects[token]


Inputs = Callable[[Made], Plain]


@dataclass(frozen=True)
class Example:
    """One object of a type, with the least inputs that its cloud accepts, and its exceptions.

    A row may use what the rows before it (in its own table, and in the tables before) have made.
    """

    token: str
    inputs: Inputs | Mapping[str, object]
    """The program's inputs, or how they are made of other rows' objects."""
    absent: frozenset[str] = frozenset()
    """Paths of outputs that the SDK declares as always there, though this object has none."""
    twice: str | None = "already exist"
    """What the refusal of a second, equal create says; None where the cloud accepts it."""
    imported: frozenset[str] = frozenset()
    """Inputs that an import can't bring back as the program gave them."""
    gone: str | None = None
    """What the refusal to delete it once more says; None where that is a success."""
    unreadable: str | None = None
    """What the refusal to read it once it is gone says; None where the answer is empty."""
    adopted: str | None = None
    """The id of an object that the world has from the start; such a type can only be read."""
    unplanned: frozenset[str] = frozenset()
    """Outputs that come back though Terraform's plan has nothing in their place."""
    stays: bool = False
    """Whether it is still there after a delete, by the cloud's design."""

    def given(self, made: Made) -> Plain:
        """The program's inputs."""
        return dict(self.inputs(made) if callable(self.inputs) else self.inputs)
