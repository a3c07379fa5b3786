"""PopulateCache: keeps a variable's value in the environment's cache for a time.

Apigee documentation, "PopulateCache policy" and "Limits" (256 KB a value, at least one second).
"""

from __future__ import annotations

from sandbox.gateway.cache_keys import read_key
from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Message
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import getter_of, whole_number
from sandbox.gateway.variables import as_text

_LARGEST = 256 * 1024
_LONGEST_SECONDS = 30 * 24 * 3600


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    key_of = read_key(element)
    read = getter_of(element, element.need("Source").text())
    timeout = element.need("ExpirySettings").need("TimeoutInSeconds")
    ref = timeout.attribute("ref")
    seconds_of = getter_of(timeout, ref) if ref is not None else None
    text = timeout.text()
    default = whole_number(timeout, text, 1, _LONGEST_SECONDS) if text or ref is None else None

    def run(ctx: Context) -> None:
        value = read(ctx)
        found = seconds_of(ctx) if seconds_of is not None else None
        seconds = default if found is None else _seconds(as_text(found))
        if seconds is None:
            raise Fault("policies.populatecache.InvalidTimeout", f"Invalid timeout in {name}")
        if isinstance(value, Message) or len(as_text(value).encode()) > _LARGEST:
            text = f"{name}: the value can't be cached: a text of at most {_LARGEST:,} bytes can"
            raise Fault("policies.populatecache.EntryCannotBeCached", text)
        if value is not None:
            ctx.runtime.cache.put(key_of(ctx), value, ctx.runtime.now(), seconds)

    return Compiled(run)


def _seconds(text: str) -> int | None:
    """A positive number of seconds, or None for anything else."""
    if text.isascii() and text.isdigit() and 0 < int(text[:12]) <= _LONGEST_SECONDS:
        return int(text)
    return None
