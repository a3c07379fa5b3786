"""The one list of all checks."""

from __future__ import annotations

from collections.abc import Iterator

from validation.bundles.acceptance import MALFORMED, UNUSED
from validation.bundles.check import Check, Hit
from validation.bundles.checks import (
    caches,
    credentials,
    faults,
    secrets,
    shared_flow,
    structure,
    transport,
    variables,
)
from validation.bundles.model import Bundle

_MODULES = (secrets, credentials, transport, caches, variables, structure, faults, shared_flow)


def _by_acceptance(_: Bundle) -> Iterator[Hit]:
    """Found where acceptances are applied, once all other checks have run."""
    yield from ()


_ALL = (
    Check(
        UNUSED,
        "warning",
        "An acceptance accepts nothing.",
        "Remove the comment: what it was for is gone.",
        "docs/bundle-checks.md",
        _by_acceptance,
    ),
    Check(
        MALFORMED,
        "error",
        "An acceptance names no check, or gives no reason.",
        "Write `<!-- akv: accept AKV101 reason -->`.",
        "docs/bundle-checks.md",
        _by_acceptance,
    ),
    *(check for module in _MODULES for check in module.CHECKS),
)

CHECKS: tuple[Check, ...] = tuple(sorted(_ALL, key=lambda check: check.id))
"""By id."""
