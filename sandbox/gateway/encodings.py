"""How bytes are written as text in policies: hex, base64, base64url, UTF-8.

Apigee documentation, "HMAC policy" and "VerifyJWT policy": names are compared without regard to
case and dashes, `base16` and `hex` mean the same. Padding of base64 may be missing.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from sandbox.gateway.markup import Element
from sandbox.gateway.messages import encoded

_SPACE = re.compile(r"\s+")


def encoding_of(element: Element, default: str, allowed: frozenset[str]) -> str:
    """The element's attribute `encoding`, in one spelling. Raises BundleError."""
    given = element.attribute("encoding")
    if given is None:
        return default
    name = given.strip().lower().replace("-", "")
    name = "hex" if name == "base16" else name
    if name not in allowed:
        raise element.error(f'encoding "{given}" is not one of {", ".join(sorted(allowed))}')
    return name


BINARY = frozenset({"hex", "base64", "base64url"})
"""Encodings that any bytes have."""


def decode(text: str, encoding: str) -> bytes:
    """The bytes that a text stands for. Raises ValueError where it isn't so encoded."""
    return _DECODERS[encoding](text)


def encode(data: bytes, encoding: str) -> str:
    """Bytes as text in one of the encodings of `BINARY`."""
    if encoding == "hex":
        return data.hex()
    if encoding == "base64url":
        return base64.urlsafe_b64encode(data).decode().rstrip("=")
    return base64.b64encode(data).decode()


def _base64(text: str, alternative: bytes | None) -> bytes:
    stripped = text.strip().rstrip("=")
    padded = stripped + "=" * (-len(stripped) % 4)
    try:
        return base64.b64decode(padded.encode("ascii"), alternative, validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(f"not base64: {error}") from error


_DECODERS: dict[str, Callable[[str], bytes]] = {
    "hex": lambda text: bytes.fromhex(_SPACE.sub("", text)),
    "base64": lambda text: _base64(text, None),
    "base64url": lambda text: _base64(text, b"-_"),
    "utf8": encoded,
}
