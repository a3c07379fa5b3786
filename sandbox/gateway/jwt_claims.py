"""What VerifyJWT expects of a token's claims and headers.

Apigee documentation, "VerifyJWT policy": `<AdditionalClaims>`, `<AdditionalHeaders>` with their
types and arrays, and the registered claims.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.gateway.context import Context
from sandbox.gateway.jwt_faults import fault, resolved
from sandbox.gateway.markup import Element
from sandbox.gateway.reading import getter_of, template_of
from sandbox.gateway.referenced import Referenced, required
from sandbox.gateway.variables import Getter, as_text

Check = Callable[[Context, Mapping[str, Any]], None]
"""Raises Fault where the claims, or the headers, aren't what is expected."""

_REGISTERED = frozenset({"kid", "iss", "sub", "aud", "iat", "exp", "nbf", "jti"})
_HEADERS_OF_OUR_OWN = frozenset({"alg", "typ"})
_TYPES = ("string", "number", "boolean", "map")


def read_registered(element: Element, policy: str, lenient: bool) -> list[Check]:
    """Checks of issuer, subject, audience and id, where the policy has them. Raises BundleError."""
    checks = []
    for tag, claim, name in (
        ("Issuer", "iss", "JwtIssuerMismatch"),
        ("Subject", "sub", "JwtSubjectMismatch"),
        ("Audience", "aud", "JwtAudienceMismatch"),
        ("Id", "jti", "InvalidClaim"),
    ):
        found = element.child(tag)
        if found is not None:
            checks.append(_registered(required(found), claim, name, policy, lenient))
    return checks


def _registered(source: Referenced, claim: str, name: str, policy: str, lenient: bool) -> Check:
    def check(ctx: Context, claims: Mapping[str, Any]) -> None:
        wanted = resolved(ctx, source, policy, lenient)
        held = claims.get(claim)
        values = held if claim == "aud" and isinstance(held, list) else [held]
        # An empty expectation (an unresolved variable that is ignored) is met by no token.
        if not wanted or wanted not in values:
            raise fault(policy, name, f"claim {claim} is not what is expected")

    return check


def read_additional(element: Element, policy: str, lenient: bool) -> Check:
    """The checks of `<AdditionalClaims>` or `<AdditionalHeaders>`. Raises BundleError."""
    headers = element.tag == "AdditionalHeaders"
    ref = element.attribute("ref")
    if ref is not None and not headers:
        return _object(getter_of(element, ref), ref, policy, lenient)
    checks = [_claim(c, policy, headers, lenient) for c in element.children("Claim")]
    if not checks:
        raise element.error("a <Claim> is needed")

    def check(ctx: Context, held: Mapping[str, Any]) -> None:
        for one in checks:
            one(ctx, held)

    return check


def _object(get: Getter, ref: str, policy: str, lenient: bool) -> Check:
    """Each member of the JSON object that a variable holds is expected."""
    source = Referenced(ref, "", get)

    def check(ctx: Context, held: Mapping[str, Any]) -> None:
        text = resolved(ctx, source, policy, lenient)
        wanted = _parsed(text)
        if not isinstance(wanted, dict):
            raise fault(policy, "InvalidJsonFormat", f"{ref} holds no JSON object")
        for name, value in wanted.items():
            _compare(policy, held, name, value)

    return check


def _claim(element: Element, policy: str, headers: bool, lenient: bool) -> Check:
    name = element.required("name")
    if name in (_HEADERS_OF_OUR_OWN if headers else _REGISTERED):
        raise element.error(f'"{name}" can\'t be the name of an additional claim')
    kind = element.attribute("type") or "string"
    if kind not in _TYPES:
        raise element.error(f'type "{kind}" is not one of {", ".join(_TYPES)}')
    array = element.flag("array", default=False)
    source = required(element)
    template = template_of(element, source.literal) if kind == "map" else None

    def check(ctx: Context, held: Mapping[str, Any]) -> None:
        found = source.get(ctx) if source.get is not None else None
        if found is not None:
            text = as_text(found)
        elif template is not None and source.literal:
            text = template(ctx, lenient)
        else:
            text = resolved(ctx, source, policy, lenient)
        _compare(policy, held, name, _expected(policy, text, kind, array))

    return check


def _expected(policy: str, text: str, kind: str, array: bool) -> object:
    """The value that a text stands for. Raises Fault where it isn't of its type."""
    if not array:
        return _typed(policy, text, kind)
    items = _parsed(text) if text.lstrip().startswith("[") else text.split(",")
    if not isinstance(items, list):
        raise fault(policy, "InvalidClaim", "an expected array is none")
    return [_typed(policy, i.strip(), kind) if isinstance(i, str) else i for i in items]


def _typed(policy: str, text: str, kind: str) -> object:
    if kind == "string":
        return text
    value = _parsed(text)
    if not isinstance(value, _PYTHON[kind]) or (kind == "number" and isinstance(value, bool)):
        raise fault(policy, "InvalidClaim", f"an expected value is no {kind}")
    return value


_PYTHON: dict[str, tuple[type, ...]] = {"number": (int, float), "boolean": (bool,), "map": (dict,)}


def _compare(policy: str, held: Mapping[str, Any], name: str, wanted: object) -> None:
    found = held.get(name)
    # In Python true equals 1; in JSON it doesn't.
    if name not in held or isinstance(found, bool) != isinstance(wanted, bool) or found != wanted:
        raise fault(policy, "InvalidClaim", f"claim {name} is missing or not what is expected")


def _parsed(text: str) -> object:
    """A JSON text's value; None for what is no JSON."""
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found
