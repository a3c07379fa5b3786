"""VerifyJWT: checks a signed JWT's signature, times and claims, and shows what is in it.

Apigee documentation, "VerifyJWT policy". Encrypted JWTs are refused. Times are the sandbox's
clock's.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from jwt.algorithms import get_default_algorithms

from sandbox.gateway.context import Context
from sandbox.gateway.failures import marking
from sandbox.gateway.jwt_claims import Check, read_additional, read_registered
from sandbox.gateway.jwt_faults import fault, resolved
from sandbox.gateway.jwt_keys import FindKey, Key, read_key
from sandbox.gateway.jwt_tokens import Token, decode_token, show
from sandbox.gateway.markup import Element
from sandbox.gateway.model import Compiled
from sandbox.gateway.referenced import Referenced, referenced

_FAMILIES = ("HS", "RS", "PS", "ES")
_DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
_ALGORITHMS = [f"{family}{bits}" for family in _FAMILIES for bits in (256, 384, 512)]
_VERIFIERS = get_default_algorithms()
_DEFAULT_SOURCE = "request.header.authorization"
_BEARER = re.compile(r"bearer\s+", re.IGNORECASE)
_SPAN = re.compile(r"(\d{1,9})(s|m|h|d)?", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True)
class _Verification:
    """What the policy asks of a token."""

    policy: str
    source: Referenced
    lenient: bool
    algorithms: tuple[str, ...]
    find_key: FindKey
    claims: tuple[Check, ...]
    headers: tuple[Check, ...]
    known_headers: Referenced | None
    ignore_critical: bool
    ignore_issued: bool
    allowance: int

    async def run(self, ctx: Context) -> None:
        """Verify the token. Raises Fault."""
        valid = f"jwt.{self.policy}.valid"
        ctx.variables[valid] = False
        text = resolved(ctx, self.source, self.policy, self.lenient)
        if self.source.ref == _DEFAULT_SOURCE:
            text = _BEARER.sub("", text.strip(), count=1)
        token = decode_token(text.strip(), self.policy)
        show(ctx, self.policy, token)
        algorithm = self._algorithm(token)
        self._check_critical(ctx, token)
        key = await self.find_key(ctx, token.header, algorithm)
        if not _signed(token, key, algorithm):
            raise fault(self.policy, "InvalidToken", "the signature is not valid")
        self._check_times(ctx, token)
        for check in self.claims:
            check(ctx, token.claims)
        for check in self.headers:
            check(ctx, token.header)
        ctx.variables[valid] = True

    def _algorithm(self, token: Token) -> str:
        algorithm = token.header.get("alg")
        if not algorithm:
            raise fault(self.policy, "NoAlgorithmFoundInHeader", "the token names no algorithm")
        if isinstance(algorithm, str) and algorithm in self.algorithms:
            return algorithm
        several = len(self.algorithms) > 1
        name = "AlgorithmInTokenNotPresentInConfiguration" if several else "AlgorithmMismatch"
        raise fault(self.policy, name, "the token is signed by another algorithm")

    def _check_critical(self, ctx: Context, token: Token) -> None:
        critical = token.header.get("crit")
        if critical is None or self.ignore_critical:
            return
        text = ""
        if self.known_headers is not None:
            text = resolved(ctx, self.known_headers, self.policy, self.lenient)
        known = {name.strip() for name in text.split(",")}
        names = critical if isinstance(critical, list) and critical else [None]
        for name in names:
            if not isinstance(name, str) or name not in known:
                raise fault(self.policy, "UnhandledCriticalHeader", "a critical header is unknown")

    def _check_times(self, ctx: Context, token: Token) -> None:
        now = ctx.runtime.now()
        for claim in ("exp", "nbf", "iat"):
            if claim in token.claims and token.time(claim) is None:
                raise fault(self.policy, "InvalidClaim", f"claim {claim} is no time")
        expires, begins, issued = (token.time(claim) for claim in ("exp", "nbf", "iat"))
        if expires is not None and now >= expires + self.allowance:
            raise fault(self.policy, "TokenExpired", "the token has expired")
        if begins is not None and now < begins - self.allowance:
            raise fault(self.policy, "TokenNotYetValid", "the token is not valid yet")
        if not self.ignore_issued and issued is not None and now < issued - self.allowance:
            raise fault(self.policy, "TokenNotYetValid", "the token was issued in the future")


def _signed(token: Token, key: Key, algorithm: str) -> bool:
    if isinstance(key, bytes):
        made = hmac.new(key, token.signed, _DIGESTS[algorithm]).digest()
        return hmac.compare_digest(made, token.signature)
    return _VERIFIERS[algorithm].verify(token.signed, key, token.signature)


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    kind = element.value_of("Type")
    if kind not in (None, "Signed"):
        raise element.error("<Type> must be Signed: encrypted tokens are not supported")
    algorithms = _algorithms(element.need("Algorithm"))
    lenient = element.boolean_of("IgnoreUnresolvedVariables", default=False)
    source = element.child("Source")
    source_name = source.text() if source is not None else ""
    claims = read_registered(element, name, lenient)
    additional = element.child("AdditionalClaims")
    if additional is not None:
        claims.append(read_additional(additional, name, lenient))
    headers = element.child("AdditionalHeaders")
    known = element.child("KnownHeaders")
    allowance = element.child("TimeAllowance")
    verification = _Verification(
        policy=name,
        source=Referenced.of(source or element, source_name or _DEFAULT_SOURCE, ""),
        lenient=lenient,
        algorithms=algorithms,
        find_key=read_key(element, algorithms[0][:2], name),
        claims=tuple(claims),
        headers=(read_additional(headers, name, lenient),) if headers is not None else (),
        known_headers=referenced(known) if known is not None else None,
        ignore_critical=element.boolean_of("IgnoreCriticalHeaders", default=False),
        ignore_issued=element.boolean_of("IgnoreIssuedAt", default=False),
        allowance=_span(allowance) if allowance is not None else 0,
    )
    return Compiled(marking(verification.run, "JWT.failed"))


def _algorithms(element: Element) -> tuple[str, ...]:
    """The algorithms of the list, which are of one family."""
    found = tuple(name.strip() for name in element.text().split(","))
    for name in found:
        if name not in _ALGORITHMS:
            raise element.error(f'algorithm "{name}" is not one of {", ".join(_ALGORITHMS)}')
    if len({name[:2] for name in found}) > 1:
        raise element.error("algorithms of different families can't stand together")
    return found


def _span(element: Element) -> int:
    """A time span in seconds: `120s`, `2m`, `1h`, `1d`."""
    text = element.text()
    match = _SPAN.fullmatch(text)
    if match is None:
        raise element.error(f"{text!r} is no time span: a number and s, m, h or d")
    return int(match[1]) * _UNITS[match[2] or "s"]
