"""Lines of the shared flow's log, as tests write them."""

from __future__ import annotations

from typing import Any

BEGIN = 1_795_000_000.0


def line(
    at: float = 0,
    source: str = "fetched",
    outcome: str = "served",
    vault: int = 40,
    **more: Any,  # noqa: ANN401 - any of a line's values
) -> dict[str, Any]:
    """A line of a call that began `at` seconds after `BEGIN`."""
    start = (BEGIN + at) * 1000
    fetched = source == "fetched"
    return {
        "requestId": "r",
        "proxy": "orders-v1",
        "environment": "dev",
        "operation": "read",
        "secret": "orders-backend-key",
        "version": "v",
        "outcome": outcome,
        "source": source,
        "start": start,
        "googleStart": None,
        "googleEnd": None,
        "entraStart": None,
        "entraEnd": None,
        "vaultStart": start + 1 if fetched else None,
        "vaultEnd": start + 1 + vault if fetched else None,
        "end": start + (vault + 2 if fetched else 1),
        **more,
    }
