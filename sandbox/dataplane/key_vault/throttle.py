"""How many requests a vault takes in ten seconds before it answers 429.

Microsoft Learn, "Azure Key Vault service limits": limits by kind of transaction, weighted by the
key's size, for a vault, and five times as much for all vaults of a subscription; "Azure Key Vault
throttling guidance": a request that was answered with 429 doesn't count. Time is the sandbox's
clock, in intervals of ten seconds; counts are gone with the process.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.dataplane.key_vault.vaults import Vault

SECONDS = 10
_SUBSCRIPTION = 5


@dataclass(frozen=True)
class Transaction:
    """A kind of request: what it is counted with, how many a vault takes, and what one weighs."""

    name: str
    limit: int
    weight: int = 1


SECRET_CREATE = Transaction("CREATE secret", 300)
OTHER = Transaction("all other transactions", 4_000)

_RSA_WEIGHTS = {3072: 4, 4096: 8}


def key_create(hardware: bool) -> Transaction:
    """Making a key."""
    return Transaction("HSM key CREATE", 10) if hardware else Transaction("key CREATE", 20)


def key_use(hardware: bool, rsa_size: int | None) -> Transaction:
    """Anything else with a key: 3,072 bits weigh as much as four of 2,048, and 4,096 as eight."""
    weight = _RSA_WEIGHTS.get(rsa_size or 0, 1)
    return Transaction("HSM key", 2_000, weight) if hardware else Transaction("key", 4_000, weight)


class Throttle:
    """The counts of the interval that is now."""

    def __init__(self) -> None:
        self._interval = 0
        self._spent: defaultdict[tuple[str, str], int] = defaultdict(int)

    def count(self, vault: Vault, transaction: Transaction, now: float) -> None:
        """Count one request at `now` (seconds since 1970). Raises VaultError (429)."""
        interval = int(now // SECONDS)
        if interval != self._interval:
            self._interval = interval
            self._spent.clear()
        limits = (
            (vault.incarnation, transaction.limit, "VaultRequestTypeLimitReached"),
            (
                vault.subscription,
                transaction.limit * _SUBSCRIPTION,
                "SubscriptionRequestTypeLimitReached",
            ),
        )
        for counted, limit, reason in limits:
            if self._spent[counted, transaction.name] + transaction.weight > limit:
                raise VaultError(
                    429,
                    "Throttled",
                    "Request was not processed because too many requests were received. Reason:"
                    f" {reason}",
                )
        for counted, _, _ in limits:
            self._spent[counted, transaction.name] += transaction.weight
