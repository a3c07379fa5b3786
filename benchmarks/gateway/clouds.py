"""Key Vault and Entra as a scenario has them: what they answer, and how often they were asked.

Shared by the shared flow's rig and by the peers, so that all of them meet the same clouds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


class OutageError(Exception):
    """A cloud doesn't answer."""


class RefusalError(Exception):
    """A cloud answers that this is not allowed."""


@dataclass
class Clouds:
    """The clouds.

    Attributes:
        vault_up, entra_up: whether they answer.
        allowed: whether the identity has its role on the vault.
        version: of every secret, counted up when they are rotated.
        asked: how often each was asked.
    """

    vault_up: bool = True
    entra_up: bool = True
    allowed: bool = True
    version: int = 1
    asked: Counter[str] = field(default_factory=Counter)

    def token(self) -> None:
        """Ask Entra for a token. Raises OutageError."""
        self.asked["entra"] += 1
        if not self.entra_up:
            raise OutageError("entra")

    def read(self) -> int:
        """Ask Key Vault for a secret; the version. Raises OutageError, RefusalError."""
        self.asked["vault"] += 1
        if not self.vault_up:
            raise OutageError("vault")
        if not self.allowed:
            raise RefusalError("vault")
        return self.version

    def fetch(self) -> int:
        """Both, as who keeps no token does. Raises OutageError, RefusalError."""
        self.token()
        return self.read()
