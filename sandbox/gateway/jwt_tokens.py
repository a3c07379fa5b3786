"""JWTs as the policies see them: decoding, and the variables that show what is in one.

Apigee documentation, "JWS and JWT policies overview" and "VerifyJWT policy", flow variables. Owns
no check of signature, times or claims.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.gateway.context import Context
from sandbox.gateway.encodings import decode
from sandbox.gateway.jwt_faults import fault
from sandbox.gateway.messages import Value

_LAST_SECOND = 253_402_300_799  # the year 9999's last
_TIMES = {"exp": "expiry", "iat": "issuedat", "nbf": "notbefore"}
_NAMES = {"iss": "issuer", "sub": "subject", "aud": "audience"}


@dataclass(frozen=True)
class Token:
    """A signed JWT, decoded; `signed` is what the signature was made over."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    def time(self, claim: str) -> float | None:
        """A claim that is a time, in seconds since 1970; None where it is absent or no number."""
        value = self.claims.get(claim)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value) if abs(value) <= _LAST_SECOND else math.copysign(math.inf, value)


def decode_token(text: str, policy: str) -> Token:
    """Decode a compact JWT. Raises Fault `FailedToDecode` and `InvalidJsonFormat`."""
    parts = text.split(".")
    try:
        header, claims, signature = (decode(part, "base64url") for part in parts)
        texts = [header.decode(), claims.decode()]
    except ValueError as error:  # not three parts, not base64url, not UTF-8
        raise fault(policy, "FailedToDecode", "the token can't be decoded") from error
    objects = [_object(part, policy) for part in texts]
    signed = text.rpartition(".")[0].encode()
    return Token(objects[0], objects[1], signed, signature)


def _object(text: str, policy: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise fault(policy, "InvalidJsonFormat", "the token holds no JSON") from error
    if not isinstance(found, dict):
        raise fault(policy, "InvalidJsonFormat", "the token's JSON is no object")
    return found


def show(ctx: Context, policy: str, token: Token) -> None:
    """Set the variables `jwt.POLICY.…` to what a token holds."""
    variables: dict[str, Value] = {
        "header-json": _json(token.header),
        "payload-json": _json(token.claims),
        "payload-claim-names": _listed(token.claims),
        "header.algorithm": _value(token.header.get("alg")),
        "header.kid": _value(token.header.get("kid")),
        "header.type": _value(token.header.get("typ")),
    }
    for kind, members in (("header", token.header), ("claim", token.claims)):
        for name, value in members.items():
            variables[f"{kind}.{name}"] = variables[f"decoded.{kind}.{name}"] = _value(value)
    for claim, name in _NAMES.items():
        if claim in token.claims:
            variables[f"claim.{name}"] = _value(token.claims[claim])
    for claim, name in _TIMES.items():
        seconds = token.time(claim)
        if seconds is not None and math.isfinite(seconds):
            variables[f"claim.{name}"] = int(seconds * 1000)
    variables |= _expiry(token.time("exp"), ctx.runtime.now())
    ctx.variables.update({f"jwt.{policy}.{name}": value for name, value in variables.items()})


def _expiry(expires: float | None, now: float) -> dict[str, Value]:
    if expires is None or not math.isfinite(expires) or expires < 0:
        return {}
    left = expires - now
    moment = datetime.fromtimestamp(expires, UTC)
    return {
        "expiry_formatted": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000",
        "is_expired": left <= 0,
        "seconds_remaining": math.floor(left),
        "time_remaining_formatted": _span(left),
    }


def _span(seconds: float) -> str:
    sign = "-" if seconds < 0 else ""
    milliseconds = int(abs(seconds) * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _value(value: object) -> Value:
    """A member as a variable holds it: arrays and objects as JSON."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return _json(value)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _listed(members: Mapping[str, Any]) -> str:
    return f"[{', '.join(members)}]"
