"""PopulateCache: keeps a variable's value in the environment's cache for a time.

Apigee documentation, "PopulateCache policy" and "Limits" (256 KB a value, at least one second). The
end is a number of seconds, a time of the day or a date; dates and times are in UTC here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sandbox.gateway.cache_keys import read_key
from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Message, encoded
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import getter_of, whole_number
from sandbox.gateway.referenced import required
from sandbox.gateway.variables import as_text

_LARGEST = 256 * 1024
_LONGEST_SECONDS = 30 * 24 * 3600

_Lifetime = Callable[[str, float], float | None]
"""Seconds from now (seconds since 1970) until the end that the text means; None for an invalid text."""


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    keys = read_key(element)
    read = getter_of(element, element.need("Source").text())
    lifetime = _expiry(element.need("ExpirySettings"))

    def run(ctx: Context) -> None:
        value = read(ctx)
        now = ctx.runtime.now()
        seconds = lifetime(ctx, now)
        if seconds is None:
            raise Fault("policies.populatecache.InvalidTimeout", f"Invalid timeout in {name}")
        if isinstance(value, Message) or len(encoded(as_text(value))) > _LARGEST:
            text = f"{name}: the value can't be cached: a text of at most {_LARGEST:,} bytes can"
            raise Fault("policies.populatecache.EntryCannotBeCached", text)
        if value is not None:
            ctx.processor.cache.put(keys.key(ctx), value, now, seconds)

    return Compiled(run)


def _expiry(settings: Element) -> Callable[[Context, float], float | None]:
    """How long an entry lives; `<TimeoutInSeconds>` goes before the other two, a `ref` before the text."""
    given = [child for tag in _ENDS for child in settings.children(tag)]
    if not given or len({child.tag for child in given}) < len(given):
        raise settings.error(f"one of {', '.join(_ENDS)} is needed, and each once at most")
    chosen = given[0]
    if chosen.tag != "TimeoutInSeconds" and len(given) > 1:
        raise given[1].error("together with <TimeOfDay> it has no documented meaning")
    for other in given[1:]:
        other.skip_all()
    parse = _ENDS[chosen.tag]
    source = required(chosen)
    if chosen.tag == "TimeoutInSeconds" and source.literal:
        whole_number(chosen, source.literal, 1, _LONGEST_SECONDS)
    elif source.literal and parse(source.literal, 0.0) is None:
        raise chosen.error(f"{source.literal!r} is not of the form {_FORMS[chosen.tag]}")
    return lambda ctx, now: parse(source.text(ctx) or "", now)


def _seconds(text: str, now: float) -> float | None:
    if text.isascii() and text.isdigit() and 0 < int(text[:12]) <= _LONGEST_SECONDS:
        return int(text)
    return None


def _time_of_day(text: str, now: float) -> float | None:
    """Until that time comes next."""
    found = re.fullmatch(r"(\d\d):(\d\d):(\d\d)", text, re.ASCII)
    if found is None:
        return None
    hour, minute, second = map(int, found.groups())
    if hour > 23 or minute > 59 or second > 59:
        return None
    here = datetime.fromtimestamp(now, UTC)
    end = here.replace(hour=hour, minute=minute, second=second, microsecond=0)
    if end <= here:
        end += timedelta(days=1)
    return max(1.0, (end - here).total_seconds())


def _date(text: str, now: float) -> float | None:
    """Until that day begins; a day that is past gives the least lifetime."""
    found = re.fullmatch(r"(\d\d)-(\d\d)-(\d{4})", text, re.ASCII)
    if found is None:
        return None
    month, day, year = map(int, found.groups())
    try:
        end = datetime(year, month, day, tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return min(max(1.0, end - now), _LONGEST_SECONDS)


_ENDS: dict[str, _Lifetime] = {
    "TimeoutInSeconds": _seconds,
    "TimeOfDay": _time_of_day,
    "ExpiryDate": _date,
}
_FORMS = {"TimeOfDay": "HH:mm:ss", "ExpiryDate": "mm-dd-yyyy"}
