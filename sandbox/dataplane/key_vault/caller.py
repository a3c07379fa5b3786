"""Who calls a vault: the checks on an Entra access token, by the sandbox's clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from sandbox import world
from sandbox.cloud import Cloud
from sandbox.dataplane import jwts
from sandbox.dataplane.key_vault.errors import VaultError

AUDIENCE = "https://vault.azure.net"
ISSUER = f"https://sts.windows.net/{world.TENANT_ID}/"
SKEW = 300.0
"""Seconds by which Entra's clock and the vault's may differ."""


@dataclass(frozen=True)
class Caller:
    """The principal behind a checked token."""

    object_id: str
    app_id: str
    claims: dict[str, Any]

    @property
    def description(self) -> str:
        """As Key Vault names a caller in its refusals."""
        return f"appid={self.app_id};oid={self.object_id};iss={ISSUER}"


def authenticate(cloud: Cloud, request: Request) -> Caller:
    """The caller of `request`. Raises VaultError (401)."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise VaultError.unauthorized("AKV10000: Request is missing a Bearer or PoP token.")
    claims = _verified(cloud, text.strip())
    if claims.get("aud") != AUDIENCE:
        raise VaultError.unauthorized(
            f"AKV10022: Invalid audience. Expected {AUDIENCE}, found: {claims.get('aud')}."
        )
    if claims.get("iss") != ISSUER or claims.get("tid") != world.TENANT_ID:
        raise VaultError.unauthorized(
            f"AKV10032: Invalid issuer. Expected one of {ISSUER}, found {claims.get('iss')}."
        )
    _check_times(claims, cloud.clock.now())
    object_id, app_id = claims.get("oid"), claims.get("appid")
    if not isinstance(object_id, str) or not isinstance(app_id, str):
        raise VaultError.unauthorized("Error validating token: it names no object id or no app id.")
    return Caller(object_id, app_id, claims)


def _verified(cloud: Cloud, text: str) -> dict[str, Any]:
    try:
        return jwts.verified(text, cloud.entra_key).claims
    except jwts.MalformedError as error:
        raise VaultError.unauthorized(
            "Error validating token: it is no well-formed JWT."
        ) from error
    except jwts.WrongAlgorithmError as error:
        raise VaultError.unauthorized(
            f"Error validating token: algorithm {error}, not RS256."
        ) from error
    except jwts.UnknownKeyError as error:
        raise VaultError.unauthorized(
            "AKV10046: Unable to resolve the key used for signature validation."
        ) from error
    except jwts.BadSignatureError as error:
        raise VaultError.unauthorized(
            "Error validating token: IDX10511: Signature validation failed."
        ) from error


def _check_times(claims: dict[str, Any], now: float) -> None:
    starts, expires = jwts.seconds(claims, "nbf"), jwts.seconds(claims, "exp")
    # Written so that NaN, which compares false with everything, is refused as well.
    if expires is None or not now < expires + SKEW:
        raise VaultError.unauthorized(
            "Error validating token: IDX10223: Lifetime validation failed. The token is expired."
        )
    if starts is not None and not now >= starts - SKEW:
        raise VaultError.unauthorized(
            "Error validating token: IDX10222: Lifetime validation failed. The token is not yet"
            " valid."
        )
