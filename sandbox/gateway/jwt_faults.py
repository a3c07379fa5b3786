"""Faults of the JWT policies. Apigee documentation, "VerifyJWT policy", error reference: all 401."""

from __future__ import annotations

from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.referenced import Referenced


def fault(policy: str, name: str, why: str) -> Fault:
    """The fault `steps.jwt.NAME`."""
    return Fault(f"steps.jwt.{name}", f"{why}: policy({policy})", 401)


def resolved(ctx: Context, source: Referenced, policy: str, lenient: bool) -> str:
    """A value that the policy refers to; the empty text where it isn't there and may be missing.

    Raises Fault `UnresolvedVariable`.
    """
    found = source.text(ctx)
    if found is None and not lenient:
        raise fault(policy, "UnresolvedVariable", f"unresolved variable ({source.ref})")
    return found or ""
