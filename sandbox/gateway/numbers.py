"""Numbers of flow variables: their types as Java has them, and how they look as text."""

from __future__ import annotations

import math
import struct
from decimal import Decimal


class Single(float):
    """A Java `float`: 32 bits wide."""

    __slots__ = ()

    def __new__(cls, value: float) -> Single:
        """The nearest 32-bit number."""
        try:
            return super().__new__(cls, struct.unpack("f", struct.pack("f", value))[0])
        except OverflowError:
            return super().__new__(cls, math.copysign(math.inf, value))


def number_text(value: float) -> str:
    """As Java's `toString` writes it: `1.0`, `1.0E10`; whole numbers without a point."""
    if not isinstance(value, float):
        return str(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    number = _shortest(value).normalize()
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        plain = format(number, "f")
        return plain if "." in plain else f"{plain}.0"
    digits = "".join(map(str, number.as_tuple().digits))
    return f"{'-' if value < 0 else ''}{digits[0]}.{digits[1:] or '0'}E{number.adjusted()}"


def _shortest(value: float) -> Decimal:
    """The shortest decimal that is read back as the same number."""
    if isinstance(value, Single):
        for digits in range(1, 10):
            text = f"{value:.{digits}g}"
            if Single(float(text)) == value:
                return Decimal(text)
    return Decimal(repr(float(value)))
