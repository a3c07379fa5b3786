"""What every endpoint and resource type of the sandbox shares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sandbox import world
from sandbox.clock import Clock
from sandbox.interruptions import Interruptions
from sandbox.journal import Journal
from sandbox.keys import SigningKey
from sandbox.store import Store


@dataclass(frozen=True)
class Cloud:
    """Both clouds' state, time and keys. One per process."""

    store: Store
    clock: Clock
    google_key: SigningKey
    entra_key: SigningKey
    journal: Journal
    interruptions: Interruptions

    @classmethod
    def open(cls, database: Path, pki: Path) -> Cloud:
        """Open (and on first use make) state and keys; the starting world is seeded once."""
        store = Store(database)
        clock = Clock(store)
        world.seed(store, clock)
        return cls(
            store=store,
            clock=clock,
            google_key=SigningKey(pki / "google-signing-key.pem"),
            entra_key=SigningKey(pki / "entra-signing-key.pem"),
            journal=Journal(),
            interruptions=Interruptions(store),
        )
