"""One example of every type of the random provider."""

from __future__ import annotations

from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.examples.example import Example

EXAMPLES: tuple[Example, ...] = (
    # Only in the state: no cloud that could refuse a second one or forget it.
    Example(rig.RANDOM_STRING, {"length": 6}, twice=None, stays=True),
)
