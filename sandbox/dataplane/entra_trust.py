"""Which client assertions Entra trusts: those that fit a federated credential of the client.

Microsoft Learn, "Workload identity federation" and "Important considerations and restrictions for
federated identity credentials": issuer, subject and audience must each equal the credential's,
case-sensitively and without wildcards; RS256 only. An assertion may be presented again until it
expires: no document asks for a `jti`, and Google's tokens have none.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox import world
from sandbox.cloud import Cloud
from sandbox.dataplane import entra_errors as errors
from sandbox.dataplane import jwts
from sandbox.dataplane.entra_clients import Client
from sandbox.dataplane.entra_errors import EntraError
from sandbox.store import Body

SKEW = 300.0
"""Seconds by which the two issuers' clocks may differ."""

_ALGORITHMS = frozenset({"RS256", "RS384", "RS512"})
_TYPES = frozenset({"jwt", "http://openid.net/specs/jwt/1.0"})


def check_assertion(cloud: Cloud, client: Client, assertion: str) -> None:
    """Raises EntraError unless `assertion` is one that a credential of `client` trusts now."""
    try:
        token = jwts.unverified(assertion)
    except jwts.MalformedError as error:
        raise EntraError(errors.MALFORMED_TOKEN) from error
    _check_header(token.header)
    issuer = _match(client.credentials, _required(token.claims))
    if issuer != world.GOOGLE_ISSUER:
        # The only external issuer whose keys can be read here.
        raise EntraError(errors.ISSUER_UNREACHABLE)
    try:
        jwts.verified(assertion, cloud.google_key)
    except jwts.UnknownKeyError as error:
        raise EntraError(errors.UNKNOWN_KEY, key_id=str(error), issuer=issuer) from error
    except (jwts.BadSignatureError, jwts.WrongAlgorithmError) as error:
        # Google publishes its key for RS256, so no other algorithm's signature fits it.
        raise EntraError(errors.BAD_SIGNATURE) from error
    _check_times(token.claims, cloud.clock.now())


def _check_header(header: dict[str, Any]) -> None:
    if str(header.get("typ", "JWT")).lower() not in _TYPES:
        raise EntraError(errors.WRONG_TYPE)
    algorithm = str(header.get("alg"))
    if algorithm not in _ALGORITHMS:
        raise EntraError(errors.UNSUPPORTED_ALGORITHM, algorithm=algorithm)
    if not header.get("kid"):
        raise EntraError(errors.NO_KEY_ID)


def _required(claims: dict[str, Any]) -> dict[str, str]:
    """The claims that are compared, each a text. Raises EntraError."""
    found = {}
    for name in ("iss", "sub", "aud"):
        claim = claims.get(name)
        if name == "aud" and isinstance(claim, list):
            if len(claim) != 1:
                raise EntraError(errors.MALFORMED_TOKEN)
            claim = claim[0]
        if claim is None or claim == "":
            raise EntraError(errors.MISSING_CLAIM, name=name)
        if not isinstance(claim, str):
            raise EntraError(errors.MALFORMED_TOKEN)
        found[name] = claim
    return found


def _match(credentials: tuple[Body, ...], claims: dict[str, str]) -> str:
    """The issuer of the credential that matches. Raises EntraError for the first difference."""
    issuer, subject, audience = (claims[name] for name in ("iss", "sub", "aud"))
    if not credentials:
        raise EntraError(errors.NOTHING_MATCHES, issuer=issuer, subject=subject, audience=audience)
    candidates = [c for c in credentials if c.get("issuer") == issuer]
    if not candidates:
        raise EntraError(errors.ISSUER_MISMATCH, issuer=issuer)
    same_subject = [c for c in candidates if c.get("subject") == subject]
    if not same_subject:
        folded = {str(c.get("subject")).lower() for c in candidates}
        if subject.lower() in folded:
            raise EntraError(errors.SUBJECT_CASE, subject=subject)
        raise EntraError(errors.SUBJECT_MISMATCH, subject=subject)
    if not any(audience in c.get("audiences", []) for c in same_subject):
        raise EntraError(errors.AUDIENCE_MISMATCH, audience=audience)
    return issuer


def _check_times(claims: dict[str, Any], now: float) -> None:
    times = {name: jwts.seconds(claims, name) for name in ("exp", "nbf", "iat")}
    if any(time is None and claims.get(name) is not None for name, time in times.items()):
        raise EntraError(errors.MALFORMED_TOKEN)
    # Entra shows a time that an assertion lacks as 1970.
    expires = times["exp"] or 0.0
    start = times["iat"] or 0.0 if times["nbf"] is None else times["nbf"]
    # Written so that NaN, which compares false with everything, is refused as well.
    if not (start - SKEW <= now < expires + SKEW):
        raise EntraError(
            errors.OUTSIDE_VALIDITY, now=_iso(now), start=_iso(start), end=_iso(expires)
        )


def _iso(seconds: float) -> str:
    # An assertion may carry any number; what no calendar holds is shown as the number it is.
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    except (ValueError, OverflowError, OSError):
        return repr(seconds)
