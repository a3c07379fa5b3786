"""Fault variables whose names differ from the policy's element name.

The flow itself sets `TYPE.NAME.failed`; some policies' documentation names other variables beside
it (`JWT.failed`, `ratelimit.NAME.failed`).
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable

from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.model import Run


def marking(run: Run, *names: str) -> Run:
    """`run`, which sets the variables of these names to true where it raises a Fault."""

    def mark(ctx: Context) -> None:
        for name in names:
            ctx.variables[name] = True

    async def finish(ctx: Context, pending: Awaitable[None]) -> None:
        try:
            await pending
        except Fault:
            mark(ctx)
            raise

    def marked(ctx: Context) -> Awaitable[None] | None:
        try:
            pending = run(ctx)
        except Fault:
            mark(ctx)
            raise
        return finish(ctx, pending) if inspect.isawaitable(pending) else None

    return marked
