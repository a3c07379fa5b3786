"""Which names stand for secrets, and which stand for the shared flow. A guess by words, no more."""

from __future__ import annotations

import re

FLOW = "azure-key-vault"
"""The shared flow's name, its cache prefix and its key value map: see `apigee/sharedflows`."""
EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRETS = frozenset(
    (
        *("password", "passwd", "passphrase", "pwd", "secret", "credential", "credentials"),
        *("apikey", "privatekey", "secretkey", "clientsecret"),
        *("accesstoken", "authtoken", "bearertoken", "idtoken", "refreshtoken"),
    )
)
_KEYS = frozenset(
    (
        *("access", "api", "encryption", "hmac", "private"),
        *("secret", "shared", "signing", "subscription"),
    )
)
_TOKENS = frozenset(
    (
        *("access", "auth", "bearer", "client", "id", "identity", "jwt", "oauth", "refresh"),
        *("security", "session", "azure", "entra", "gcp", "google"),
    )
)
_PLAIN = frozenset(
    (
        *("code", "exp", "expiry", "host", "hostname", "id", "ids", "name", "region", "scope"),
        *("seconds", "source", "type", "uri", "url", "version"),
    )
)
_CREDENTIAL_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})


def is_flow(name: str) -> bool:
    """Whether a shared flow's name is the flow's, with or without a stack's name suffix."""
    return name == FLOW or name.startswith(f"{FLOW}-")


def is_private(variable: str) -> bool:
    """Whether Apigee keeps the variable out of debug sessions."""
    return variable.startswith("private.")


def may_be_secret(variable: str) -> bool:
    """Whether a private variable may hold a secret: all do whose name doesn't speak against it."""
    words = [word.lower() for word in _WORD.findall(variable)]
    return is_private(variable) and words[-1] not in _PLAIN


def looks_secret(name: str) -> bool:
    """Whether a name says that it stands for a secret: its last words, in any spelling."""
    message, _, header = name.rpartition(".header.")
    if message and header.lower() in _CREDENTIAL_HEADERS:
        return True
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and words[-1] in ("value", "values"):
        words.pop()
    if not words:
        return False
    before = words[-2] if len(words) > 1 else ""
    if words[-1] == "key":
        return before in _KEYS
    if words[-1] == "token":
        return not before or before in _TOKENS or name.rpartition(".")[2].lower() == "token"
    return words[-1] in _SECRETS
