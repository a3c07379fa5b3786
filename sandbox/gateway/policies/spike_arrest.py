"""SpikeArrest: refuses messages that come too soon after others.

Apigee documentation, "SpikeArrest policy". A rate is smoothed: `30ps` is one message in each 33 ms,
`12pm` one in each 5 s, by each message processor on its own. With `<UseEffectiveCount>` the
processors of a region count together, over a window that slides, and nothing is smoothed.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import Any

from sandbox.gateway.context import Context
from sandbox.gateway.failures import marking
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import getter_of
from sandbox.gateway.referenced import Referenced, required
from sandbox.gateway.variables import Getter, as_text

_RATE = re.compile(r"([1-9]\d{0,8})(ps|pm)", re.ASCII)
_WEIGHT = re.compile(r"\d{1,9}", re.ASCII)
_SECONDS = {"ps": 1.0, "pm": 60.0}
_SMOOTHED = "spike arrest"
_REGION = "spike arrest of the region"
_SWEEP_AT = 10_000


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    rate = _rate(element.need("Rate"))
    identifier = _reference(element.child("Identifier"))
    weight = _reference(element.child("MessageWeight"))
    effective = element.boolean_of("UseEffectiveCount", default=False)

    def run(ctx: Context) -> None:
        allowed = rate.text(ctx) or ""
        parsed = _parsed(allowed)
        if parsed is None:
            why = f"Failed to resolve the rate {allowed[:40]!r} of SpikeArrest {name}"
            raise _fault("FailedToResolveSpikeArrestRate", why)
        who = as_text(identifier(ctx)) if identifier is not None else ""
        key = (ctx.deployed.environment, ctx.deployed.name, ctx.shared_flow, name, who)
        measured = _weight(ctx, weight)
        passes = _in_window if effective else _smoothed
        if not passes(ctx, key, parsed, measured):
            text = f"Spike arrest violation. Allowed rate : {allowed}"
            raise _fault("SpikeArrestViolation", text, 429)

    return Compiled(marking(run, f"ratelimit.{name}.failed"))


@dataclass(frozen=True)
class _Rate:
    """So many messages in so many seconds."""

    count: int
    seconds: float


def _fault(name: str, text: str, status: int = 500) -> Fault:
    return Fault(f"policies.ratelimit.{name}", text, status)


def _smoothed(ctx: Context, key: object, rate: _Rate, weight: int) -> bool:
    """Whether a message may pass now; if so, the next one has to wait."""
    free: dict[Any, float] = ctx.processor.state(_SMOOTHED)
    now = ctx.runtime.now()
    if now < free.get(key, 0.0):
        return False
    if len(free) >= _SWEEP_AT:
        for old in [known for known, at in free.items() if at <= now]:
            del free[old]
    free[key] = now + weight * rate.seconds / rate.count
    return True


def _in_window(ctx: Context, key: object, rate: _Rate, weight: int) -> bool:
    """Whether the messages of the last second or minute leave room for this one.

    The organization has one region; what its processors share lies with the first of them.
    """
    windows: dict[Any, _Window] = ctx.runtime.processors.all[0].state(_REGION)
    now = ctx.runtime.now()
    if len(windows) >= _SWEEP_AT:
        for old in [known for known, window in windows.items() if window.until <= now]:
            del windows[old]
    return windows.setdefault(key, _Window()).take(now, rate, weight)


class _Window:
    """The weights of what has passed lately, with the times at which they stop counting."""

    def __init__(self) -> None:
        self._passed: deque[tuple[float, int]] = deque()
        self._sum = 0
        self.until = 0.0

    def take(self, now: float, rate: _Rate, weight: int) -> bool:
        while self._passed and self._passed[0][0] <= now:
            self._sum -= self._passed.popleft()[1]
        if self._sum + weight > rate.count:
            return False
        self.until = now + rate.seconds
        self._passed.append((self.until, weight))
        self._sum += weight
        return True


def _weight(ctx: Context, read: Getter | None) -> int:
    """What the message counts for; one where nothing else is said."""
    found = read(ctx) if read is not None else None
    if found is None:
        return 1
    text = as_text(found)
    if not _WEIGHT.fullmatch(text):
        raise _fault("InvalidMessageWeight", f"Invalid message weight value {text[:40]}")
    return int(text)


def _parsed(text: str) -> _Rate | None:
    """A rate such as 30ps; None for what is none."""
    found = _RATE.fullmatch(text)
    return None if found is None else _Rate(int(found[1]), _SECONDS[found[2]])


def _rate(element: Element) -> Referenced:
    source = required(element)
    if source.literal and _parsed(source.literal) is None:
        raise element.error(
            f'"{source.literal}" is no rate: a whole number and ps (per second) or pm (per minute)'
        )
    return source


def _reference(element: Element | None) -> Getter | None:
    return getter_of(element, element.required("ref")) if element is not None else None
