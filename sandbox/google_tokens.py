"""Google's tokens as the sandbox makes and reads them. Owns their claims, not who may ask for one.

Access tokens are opaque to clients, as Google's are. ID tokens carry the claims that Google
documents ("OpenID Connect: an ID token's payload", "Get an ID token").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox import world
from sandbox.cloud import Cloud
from sandbox.dataplane import jwts

LIFETIME = 3600
"""Seconds that either kind of token lives, unless an access token is asked for with fewer."""

CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
"""The scope that holds all of Google Cloud's."""

_PREFIX = "ya29.c."
# No ID token has this issuer, so neither kind passes for the other.
_ACCESS_ISSUER = "sandbox:google-access-token"
_ACCOUNT = "gcp:serviceaccount/account:Account"


class UnknownAccountError(ValueError):
    """No service account with that email."""


@dataclass(frozen=True)
class AccessToken:
    """What an access token says: whose it is (an email), and what it may be used for."""

    email: str
    scopes: frozenset[str]


def mint_access_token(
    cloud: Cloud, email: str, scopes: Iterable[str] = (CLOUD_PLATFORM,), seconds: int = LIFETIME
) -> str:
    """An access token for the principal `email` (a service account or a service agent)."""
    now = int(cloud.clock.now())
    claims = {
        "iss": _ACCESS_ISSUER,
        "sub": email,
        "scope": sorted(scopes),
        "iat": now,
        "exp": now + seconds,
    }
    return _PREFIX + cloud.google_key.sign(claims)


def read_access_token(cloud: Cloud, token: str) -> AccessToken | None:
    """What a token says; None where it is forged, foreign or expired."""
    if not token.startswith(_PREFIX):
        return None
    try:
        claims = jwts.verified(token.removeprefix(_PREFIX), cloud.google_key).claims
    except jwts.InvalidTokenError:
        return None
    expires, subject = claims.get("exp"), claims.get("sub")
    if claims.get("iss") != _ACCESS_ISSUER or not isinstance(subject, str):
        return None
    if not isinstance(expires, int) or cloud.clock.now() >= expires:
        return None
    return AccessToken(subject, frozenset(claims["scope"]))


def principal_of(cloud: Cloud, token: str) -> str | None:
    """The email of an access token's principal; None where it is forged, foreign or expired."""
    found = read_access_token(cloud, token)
    return None if found is None else found.email


def mint_id_token(cloud: Cloud, email: str, audience: str, include_email: bool) -> str:
    """An ID token of the service account `email` for `audience`. Raises UnknownAccountError."""
    unique_id = _unique_id(cloud, email)
    now = int(cloud.clock.now())
    claims: dict[str, object] = {
        "aud": audience,
        "azp": unique_id,
        "exp": now + LIFETIME,
        "iat": now,
        "iss": world.GOOGLE_ISSUER,
        "sub": unique_id,
    }
    if include_email:
        claims |= {"email": email, "email_verified": True}
    return cloud.google_key.sign(claims)


def _unique_id(cloud: Cloud, email: str) -> str:
    for account in cloud.store.all(_ACCOUNT):
        if account.body.get("email") == email:
            return str(account.body["uniqueId"])
    raise UnknownAccountError(f"no service account has the email {email}")
