"""Values of outputs that are known without an engine."""

import asyncio
from collections.abc import Callable, Mapping

import pulumi


def resolved(make: Callable[[], Mapping[str, pulumi.Input[str]]]) -> dict[str, str | None]:
    """What `make` returns, outputs replaced by their values. They are made in a loop of their own."""

    async def values() -> dict[str, str | None]:
        return {
            key: await value.future() if isinstance(value, pulumi.Output) else str(value)
            for key, value in make().items()
        }

    return asyncio.run(values())
