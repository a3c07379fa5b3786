"""A copy that is refreshed in the background, at an interval, and stays when a refresh fails.

The rule that three peers share; each has its own interval and source. A secret that was never
fetched is fetched when it is first asked for.
"""

from __future__ import annotations

import math

from benchmarks.gateway.clouds import Clouds, OutageError, RefusalError
from benchmarks.gateway.peers.peer import Answer


class Polled:
    """A background copy.

    Arguments:
        name: for the report.
        interval: seconds between two refreshes; infinite where there is none.
    """

    def __init__(self, name: str, interval: float = math.inf) -> None:
        self.name = name
        self._interval = interval
        self._kept: dict[str, Answer] = {}
        self._next: dict[str, float] = {}

    def ask(self, now: float, secret: str, clouds: Clouds) -> Answer | None:
        """The copy, after the refreshes that are due by now."""
        if now >= self._next.get(secret, now):
            # It is asked often, so that a refresh is hardly later here than its poll would be.
            self._next[secret] = now + self._interval
            self._refresh(now, secret, clouds)
        return self._kept.get(secret)

    def _refresh(self, at: float, secret: str, clouds: Clouds) -> None:
        try:
            self._kept[secret] = Answer(clouds.fetch(), at)
        except (OutageError, RefusalError):
            # What is kept stays, whatever the failure was; with nothing kept there is nothing.
            return


def external_secrets_operator(interval: float = 3600) -> Polled:
    """External Secrets Operator: the Kubernetes secret stays when a refresh fails.

    External Secrets Operator, "ExternalSecret": `refreshInterval`, 1 h by default.
    """
    return Polled(f"External Secrets Operator, refreshInterval {interval:g} s", interval)


def secrets_store_csi(interval: float = math.inf) -> Polled:
    """Secrets Store CSI driver with the Azure provider: the file in the pod stays.

    Secrets Store CSI Driver, "Auto rotation of mounted contents": off by default; where it is on,
    `rotationPollInterval` is 2 min by default.
    """
    polls = "rotation off" if math.isinf(interval) else f"rotation every {interval:g} s"
    return Polled(f"Secrets Store CSI, {polls}", interval)


def api_management_named_values() -> Polled:
    """Azure API Management's named values from Key Vault: refreshed within four hours.

    Microsoft Learn, "Use named values in Azure API Management policies": "after update in the key
    vault, a named value is updated within 4 hours"; there is no setting for it.
    """
    return Polled("API Management named values", 4 * 3600)
