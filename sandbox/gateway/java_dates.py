"""Date patterns as Java's SimpleDateFormat reads them, in UTC and English.

Owns which letters are known; the others are refused. Java documentation, "Class SimpleDateFormat".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_Field = Callable[[datetime], str]

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PIECE = re.compile(r"''|'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'")


class DatePatternError(ValueError):
    """A date pattern that is none, or has a letter that is not supported."""


def format_date(pattern: str, milliseconds: int) -> str | None:
    """A time in milliseconds since 1970 by the pattern; None for one that no calendar here has.

    Raises DatePatternError.
    """
    fields = _compiled(pattern)
    try:
        moment = _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
    return "".join([field(moment) for field in fields])


def check_pattern(pattern: str) -> None:
    """Raise DatePatternError where the pattern is none."""
    _compiled(pattern)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[_Field, ...]:
    return tuple(_field(match, pattern) for match in _PIECE.finditer(pattern))


def _field(match: re.Match[str], pattern: str) -> _Field:
    text, quoted, letter = match[0], match[1], match[2]
    if text == "'":
        raise DatePatternError(f"the date pattern {pattern!r} has a quote that is not closed")
    if letter is None:
        literal = "'" if text == "''" else text if quoted is None else quoted.replace("''", "'")
        return lambda moment: literal
    if letter in _NUMBERS:
        number, width = _NUMBERS[letter], len(text)
        return lambda moment: f"{number(moment):0{width}}"
    if letter in _TEXTS:
        words, width = _TEXTS[letter], len(text)
        return lambda moment: words(moment, width)
    raise DatePatternError(f"the date pattern {pattern!r} has {text!r}, which is not supported")


_NUMBERS: dict[str, Callable[[datetime], int]] = {
    "d": lambda moment: moment.day,
    "D": lambda moment: moment.timetuple().tm_yday,
    "H": lambda moment: moment.hour,
    "k": lambda moment: moment.hour or 24,
    "K": lambda moment: moment.hour % 12,
    "h": lambda moment: moment.hour % 12 or 12,
    "m": lambda moment: moment.minute,
    "s": lambda moment: moment.second,
    "S": lambda moment: moment.microsecond // 1000,
}


def _year(moment: datetime, width: int) -> str:
    return f"{moment.year % 100:02}" if width == 2 else f"{moment.year:0{width}}"


def _month(moment: datetime, width: int) -> str:
    name = _MONTHS[moment.month - 1]
    return f"{moment.month:0{width}}" if width < 3 else name[:3] if width == 3 else name


def _day_name(moment: datetime, width: int) -> str:
    name = _DAYS[moment.weekday()]
    return name if width > 3 else name[:3]


_TEXTS: dict[str, Callable[[datetime, int], str]] = {
    "y": _year,
    "M": _month,
    "E": _day_name,
    "a": lambda moment, width: "AM" if moment.hour < 12 else "PM",
    "z": lambda moment, width: "UTC" if width < 4 else "Coordinated Universal Time",
    "Z": lambda moment, width: "+0000",
    "X": lambda moment, width: "Z",
}
