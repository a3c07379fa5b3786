"""Message processors: the nodes that execute requests, each with a memory of its own.

Owns what a processor doesn't share with the others: its level of the cache, the KVM entries that it
has read, counters of policies. Requests are dealt out in turn, one to each processor, whatever
environment or connection they come by; Apigee's documentation doesn't say how its load balancer
spreads them.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from itertools import cycle
from typing import Any

from sandbox.gateway.caches import Cache, TwoLevelCache
from sandbox.gateway.messages import Value

DEFAULT_COUNT = 2
COUNT_VARIABLE = "APIGEE_KEYVAULT_SANDBOX_PROCESSORS"
_MOST = 64


def count_of(environment: Mapping[str, str]) -> int:
    """The number of processors that a process's environment asks for. Raises ValueError."""
    text = environment.get(COUNT_VARIABLE, str(DEFAULT_COUNT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST):
        raise ValueError(f"{COUNT_VARIABLE} is {text!r}: give a number from 1 to {_MOST}")
    return int(text)


class Processor:
    """One message processor, by its number from 0. Used from the event loop only."""

    def __init__(self, number: int, shared: Cache[Value]) -> None:
        self.number = number
        self.uuid: str = str(uuid.uuid4())
        self.cache = TwoLevelCache(shared)
        self.key_values: Cache[list[str]] = Cache()
        self._states: dict[str, dict[Any, Any]] = {}

    def state(self, name: str) -> dict[Any, Any]:
        """What a policy module keeps in this processor's memory, by a name of its choice.

        Empty at first, and gone when the process ends. The module bounds its size.
        """
        return self._states.setdefault(name, {})


class Processors:
    """The processors of the organization; `count` of them, at least one."""

    def __init__(self, count: int = DEFAULT_COUNT) -> None:
        if count < 1:
            raise ValueError(f"{count} message processors: at least one is needed")
        shared: Cache[Value] = Cache()
        self.all = [Processor(number, shared) for number in range(count)]
        self._turns = cycle(self.all)

    def next(self) -> Processor:
        """The processor that serves the next request."""
        return next(self._turns)
