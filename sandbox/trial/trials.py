"""What a request that comes with a sample led to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["as stated", "not as stated", "answered", "needs", "not sent"]

OUTCOMES: dict[Outcome, str] = {
    "as stated": "answered as the sample states",
    "not as stated": "answered otherwise than the sample states",
    "answered": "answered, where the sample states nothing",
    "needs": "need a host that the sandbox doesn't reach",
    "not sent": "not sent: they need something that only the sample's scripts make",
}


@dataclass(frozen=True)
class Trial:
    """One scenario or request: where it stands, what came of it, in words."""

    where: str
    outcome: Outcome
    detail: str
