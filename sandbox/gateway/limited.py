"""Work whose length a request's own text decides: cut off, so that other requests go on.

A regular expression that backtracks, or a path over deep JSON, can take longer than anyone waits,
and nothing else runs meanwhile. The vendor's processors would spend a thread on it, to an effect that
isn't documented. Owns the limit and the alarm, which only the process's main thread can set: on
another thread nothing is cut off.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from functools import lru_cache
from types import FrameType
from typing import TypeVar

from sandbox.gateway.faults import Fault

SECONDS = 1.0
"""Of the processor's time."""

T = TypeVar("T")


class _CutOff(BaseException):  # not an error, and nobody's `except Exception` may have it
    """The alarm has rung."""


_waiting: list[None] = []
"""Not empty while an alarm is set and wanted."""


def limited(work: Callable[[], T]) -> T:
    """Do the work and return what it returns.

    Raises Fault where it takes too long, or nests too deep; the code is the sandbox's own.
    """
    try:
        if _waiting or threading.current_thread() is not threading.main_thread():
            return work()
        return _alarmed(work)
    except _CutOff:
        _waiting.clear()  # should it have rung while `_alarmed` was about to
        text = f"an expression takes more than {SECONDS:g} s for this request"
        raise Fault("messaging.runtime.ExpressionTimedOut", text) from None
    except RecursionError:
        text = "an expression nests too deep for this request"
        raise Fault("messaging.runtime.ExpressionTooDeep", text) from None


def _alarmed(work: Callable[[], T]) -> T:
    _listen()
    _waiting.append(None)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        return work()
    finally:
        # First of all: an alarm from here on is nobody's.
        _waiting.clear()
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


@lru_cache(maxsize=1)
def _listen() -> None:
    signal.signal(signal.SIGVTALRM, _ring)


def _ring(number: int, frame: FrameType | None) -> None:
    if _waiting:
        raise _CutOff
