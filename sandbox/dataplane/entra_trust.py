"""Whose client assertions Entra trusts: federated credentials of user-assigned identities.

Microsoft Learn, "Workload identity federation": issuer, subject and audience must each equal the
credential's, case-sensitively and without wildcards; RS256 only. A new credential (and a deleted
one) takes `delays.FEDERATED_CREDENTIAL` to spread, an edited one counts at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox import delays, world
from sandbox.cloud import Cloud
from sandbox.dataplane import entra_errors as errors
from sandbox.dataplane import jwts
from sandbox.dataplane.entra_errors import EntraError
from sandbox.store import Body, Store

_IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
_CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"

SKEW = 300.0
"""Seconds by which the two issuers' clocks may differ."""


@dataclass(frozen=True)
class Identity:
    """A user-assigned managed identity as a token's subject."""

    client_id: str
    principal_id: str
    resource_id: str


def identity(store: Store, client_id: str) -> Identity:
    """The identity with that client id. Raises EntraError (700016)."""
    for found in store.all(_IDENTITY):
        if str(found.body.get("clientId", "")).lower() == client_id.lower():
            return Identity(found.body["clientId"], found.body["principalId"], found.id)
    raise EntraError(errors.UNKNOWN_CLIENT, client_id=client_id, tenant=world.TENANT_ID)


def check_assertion(cloud: Cloud, subject: Identity, assertion: str) -> None:
    """Raises EntraError unless `assertion` is one that `subject`'s credentials trust now."""
    try:
        token = jwts.unverified(assertion)
    except jwts.MalformedError as error:
        raise EntraError(errors.MALFORMED_TOKEN, reason=str(error)) from error
    if token.header.get("alg") != "RS256":
        raise EntraError(errors.UNSUPPORTED_ALGORITHM)
    issuer = _match(_credentials(cloud, subject), token.claims)
    if issuer != world.GOOGLE_ISSUER:
        # The only external issuer whose keys can be read here.
        raise EntraError(errors.ISSUER_UNREACHABLE)
    try:
        jwts.verified(assertion, cloud.google_key)
    except jwts.UnknownKeyError as error:
        raise EntraError(errors.UNKNOWN_KEY, key_id=str(error), issuer=issuer) from error
    except jwts.BadSignatureError as error:
        raise EntraError(errors.BAD_SIGNATURE) from error
    _check_times(token.claims, cloud.clock.now())


def _credentials(cloud: Cloud, subject: Identity) -> list[Body]:
    prefix = f"{subject.resource_id}/federatedIdentityCredentials/".lower()
    now = cloud.clock.now()
    effective = cloud.store.in_effect(_CREDENTIAL, now, delays.FEDERATED_CREDENTIAL)
    return [found.body for found in effective if found.id.lower().startswith(prefix)]


def _match(credentials: list[Body], claims: dict[str, Any]) -> str:
    """The issuer of the credential that matches. Raises EntraError for the first difference."""
    issuer, subject, audience = (_text(claims.get(name)) for name in ("iss", "sub", "aud"))
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


def _text(claim: object) -> str:
    """A claim for comparison; a list of audiences counts if it has exactly one."""
    if isinstance(claim, list) and len(claim) == 1:
        claim = claim[0]
    return claim if isinstance(claim, str) else ""


def _check_times(claims: dict[str, Any], now: float) -> None:
    expires = jwts.seconds(claims, "exp")
    if expires is None:
        raise EntraError(errors.MALFORMED_TOKEN, reason="The 'exp' claim is missing or no number.")
    start = jwts.seconds(claims, "nbf")
    if start is None:
        start = jwts.seconds(claims, "iat") or 0.0
    # Written so that NaN, which compares false with everything, is refused as well.
    if not (start - SKEW <= now < expires + SKEW):
        raise EntraError(
            errors.OUTSIDE_VALIDITY, now=_iso(now), start=_iso(start), end=_iso(expires)
        )


def _iso(seconds: float) -> str:
    # An assertion may carry any number; what no calendar holds is shown as the number it is.
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    except (ValueError, OverflowError, OSError):
        return repr(seconds)
