"""Requests as they come in: when, for which secret. The same ones in every run.

Secrets are asked for by Zipf's law, as requests of an API are: the second most popular half as often
as the first. Requests come at even intervals, for the clock has to stand still at each of them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

SECRETS = tuple(f"secret-{number:02}" for number in range(1, 21))
_SEED = 20_261_125


@dataclass(frozen=True)
class Asked:
    """One request: seconds since the trace began, and the secret that it needs."""

    at: float
    secret: str


def trace(rate: float, seconds: float) -> Sequence[Asked]:
    """The requests of that many seconds at `rate` a second."""
    chooser = random.Random(_SEED)  # noqa: S311 - the same choice in every run
    weights = [1 / rank for rank in range(1, len(SECRETS) + 1)]
    chosen = chooser.choices(SECRETS, weights, k=round(rate * seconds))
    return [Asked(number / rate, secret) for number, secret in enumerate(chosen)]
