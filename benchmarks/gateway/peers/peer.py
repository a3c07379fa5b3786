"""What a peer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from benchmarks.gateway.clouds import Clouds


@dataclass(frozen=True)
class Answer:
    """A secret's version, and when it was fetched (seconds since the trace began)."""

    version: int
    fetched: float


class Peer(Protocol):
    """One way to resolve secrets, as configured.

    Attributes:
        name: with its settings, for the report.
    """

    name: str

    def ask(self, now: float, secret: str, clouds: Clouds) -> Answer | None:
        """What a request for a secret gets at a time; None: an error."""
