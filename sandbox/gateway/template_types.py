"""What a function of message templates is, and how one fails. Owns none of the functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.gateway.faults import Fault
from sandbox.gateway.messages import Value
from sandbox.gateway.variables import as_text
from sandbox.gateway.wire import LARGEST_BODY


class TemplateError(ValueError):
    """A template that can't be compiled; the message says why."""


_Run = Callable[[Sequence[Value]], str]
_Check = Callable[[Sequence[Value]], None]


@dataclass(frozen=True)
class Function:
    """A function, how many arguments it takes, and what of its literals is checked on loading.

    `check` gets the literals, None where an argument is a variable; it raises TemplateError.
    """

    run: _Run
    least: int
    most: int
    check: _Check = lambda literals: None


def of_text(change: Callable[[str], str]) -> Function:
    """A function of one text."""
    return Function(lambda arguments: change(as_text(arguments[0])), 1, 1)


def check_size(text: str) -> str:
    """The text itself. Raises Fault where no message could hold it (Apigee documentation, "Limits")."""
    if len(text) > LARGEST_BODY:
        raise Fault("protocol.http.TooBigBody", "Body buffer overflow", 500)
    return text


def failed(function: str, why: str) -> Fault:
    """What a value that only shows at run time makes wrong. The code is the sandbox's own."""
    return Fault("steps.template.ExecutionFailed", f"{function}(): {why}")
