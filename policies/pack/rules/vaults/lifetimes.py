"""How long a secret or a key may live: shared by the rules on both."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final

from ...certainty import Certainty, holds
from ...model import Context, Parameter

DAYS: Final = Parameter(
    "days",
    {"type": "integer", "minimum": 1, "maximum": 3650},
    397,
    "How many days ahead its expiry may lie, at most.",
)


def expires_in_time(value: object, context: Context) -> Certainty:
    """Whether an expiry (seconds since 1970) lies ahead, and no further than `DAYS`."""
    today = datetime.combine(context.today, time(), UTC)
    latest = (today + timedelta(days=context.number(DAYS.name) + 1)).timestamp()
    return holds(
        value,
        lambda known: isinstance(known, int | float) and today.timestamp() < known <= latest,
    )
