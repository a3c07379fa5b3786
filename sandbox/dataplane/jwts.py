"""Reading compact JWTs: signature and shape.

Times and audiences are the caller's to judge, by the sandbox's clock and in its own cloud's words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt

from sandbox.keys import SigningKey

_MAX = 16_384
_UNCHECKED = {
    f"verify_{name}": False
    for name in ("signature", "exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}


class InvalidTokenError(Exception):
    """Not a JWT, or not one that the key signed."""


class MalformedError(InvalidTokenError):
    """Not a compact JWT with JSON header and claims."""


class WrongAlgorithmError(InvalidTokenError):
    """Not RS256: `none` and HMAC never pass, whatever they are computed over."""


class UnknownKeyError(InvalidTokenError):
    """The header names no key of the issuer."""


class BadSignatureError(InvalidTokenError):
    """The named key didn't sign this."""


@dataclass(frozen=True)
class Token:
    """A JWT's two JSON objects."""

    header: dict[str, Any]
    claims: dict[str, Any]


def unverified(text: str) -> Token:
    """Header and claims of `text`, signature unchecked. Raises MalformedError."""
    if len(text) > _MAX:
        raise MalformedError(f"longer than {_MAX} characters")
    try:
        parts = jwt.decode_complete(text, options=_UNCHECKED)  # type: ignore[arg-type] # all literal keys
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise MalformedError(str(error)) from error
    return Token(parts["header"], parts["payload"])


@lru_cache(maxsize=256)
def verified(text: str, key: SigningKey) -> Token:
    """Header and claims of a token that `key` signed with RS256; don't change them, they are shared.

    Remembered for the newest tokens: a client sends the same one with every call, and what a
    signature covers never changes. Times and audience are the caller's to judge, each time.

    Raises MalformedError, WrongAlgorithmError, UnknownKeyError or BadSignatureError.
    """
    token = unverified(text)
    if token.header.get("alg") != "RS256":
        raise WrongAlgorithmError(str(token.header.get("alg")))
    if token.header.get("kid") != key.key_id:
        raise UnknownKeyError(str(token.header.get("kid")))
    try:
        jwt.api_jws.decode(text, key.public_key, algorithms=["RS256"])
    except jwt.InvalidTokenError as error:
        raise BadSignatureError(str(error)) from error
    return token


def seconds(claims: dict[str, Any], name: str) -> float | None:
    """A claim that is a time (seconds since 1970); None where it is absent or no number."""
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        # JSON's integers have no bounds.
        return math.inf if value > 0 else -math.inf
