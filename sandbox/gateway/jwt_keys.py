"""Keys that VerifyJWT checks signatures with: shared secrets, public keys, certificates, key sets.

Apigee documentation, "VerifyJWT policy". A certificate's validity and issuer are not looked at. A
key set that is fetched is kept for 300 seconds, by each message processor.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from sandbox.gateway import outgoing
from sandbox.gateway.context import Context
from sandbox.gateway.encodings import BINARY, decode, encoding_of
from sandbox.gateway.jwt_faults import fault, resolved
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Message
from sandbox.gateway.referenced import Referenced, private, required

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
Key = bytes | PublicKey
FindKey = Callable[[Context, Mapping[str, Any], str], Awaitable[Key]]
"""The key for a token with that header, by that algorithm. Raises Fault."""

JWKS_SECONDS = 300
_MOST_SETS = 100
_STATE = "key sets"
_LEAST_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
_CURVES = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}


def read_key(element: Element, family: str, policy: str) -> FindKey:
    """The key element that the algorithms' family (HS, RS, PS, ES) needs. Raises BundleError."""
    wanted, other = ("SecretKey", "PublicKey") if family == "HS" else ("PublicKey", "SecretKey")
    if element.child(other) is not None:
        raise element.error(f"<{other}> doesn't go with an algorithm of the {family} family")
    found = element.need(wanted)
    return _secret(found, policy) if family == "HS" else _public(found, policy)


def _secret(element: Element, policy: str) -> FindKey:
    encoding = encoding_of(element, "utf8", BINARY | {"utf8"})
    variable = private(element.need("Value"))
    element.skip("Id")

    async def find(ctx: Context, header: Mapping[str, Any], algorithm: str) -> Key:
        text = resolved(ctx, variable, policy, lenient=False)
        try:
            key = decode(text, encoding)
        except ValueError as error:
            raise fault(policy, "InvalidSecretKey", "the secret key can't be decoded") from error
        least = _LEAST_BYTES[algorithm]
        if len(key) < least:
            why = f"{algorithm} needs a key of {least} bytes at least"
            raise fault(policy, "InsufficientKeyLength", why)
        return key

    return find


def _public(element: Element, policy: str) -> FindKey:
    sources = [child for child in element.every() if child.tag in _READERS]
    for child in element.every():
        if child.tag not in _READERS:
            raise child.unsupported()
    if len(sources) != 1:
        raise element.error(f"exactly one of {', '.join(_READERS)} is needed")
    find = _READERS[sources[0].tag](sources[0], policy)

    async def checked(ctx: Context, header: Mapping[str, Any], algorithm: str) -> Key:
        key = await find(ctx, header)
        is_curve = isinstance(key, ec.EllipticCurvePublicKey)
        if is_curve != algorithm.startswith("ES"):
            raise fault(policy, "WrongKeyType", f"the key is of another type than {algorithm}'s")
        if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name != _CURVES[algorithm]:
            raise fault(policy, "InvalidCurve", f"{key.curve.name} is not {algorithm}'s curve")
        return key

    return checked


_FindPublic = Callable[[Context, Mapping[str, Any]], Awaitable[PublicKey]]


def _value(element: Element, policy: str) -> _FindPublic:
    return _pem(required(element), policy, serialization.load_pem_public_key)


def _certificate(element: Element, policy: str) -> _FindPublic:
    def load(data: bytes) -> object:
        return x509.load_pem_x509_certificate(data).public_key()

    return _pem(required(element), policy, load)


def _pem(source: Referenced, policy: str, load: Callable[[bytes], object]) -> _FindPublic:
    async def find(ctx: Context, header: Mapping[str, Any]) -> PublicKey:
        text = resolved(ctx, source, policy, lenient=False)
        # PEM survives XML's indentation only when each line loses its own.
        lines = "\n".join(line.strip() for line in text.strip().splitlines())
        try:
            key = load(lines.encode())
        except (ValueError, UnsupportedAlgorithm) as error:
            raise fault(policy, "KeyParsingFailed", "the key can't be parsed") from error
        return _supported(key, policy)

    return find


def _supported(key: object, policy: str) -> PublicKey:
    if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return key
    raise fault(policy, "WrongKeyType", "the key is neither an RSA nor an elliptic curve key")


def _jwks(element: Element, policy: str) -> _FindPublic:
    uri, uri_ref = element.attribute("uri"), element.attribute("uriRef")
    if uri is not None or uri_ref is not None:
        source = _address(element, uri, uri_ref)
        return _from_set(lambda ctx: _fetched(ctx, source, policy), policy)
    content = required(element)

    async def given(ctx: Context) -> str:
        return resolved(ctx, content, policy, lenient=False)

    return _from_set(given, policy)


def _address(element: Element, uri: str | None, uri_ref: str | None) -> Referenced:
    """A key set's address: a literal, or the variable that holds it."""
    if uri is not None and uri_ref is not None:
        raise element.error('only one of "uri" and "uriRef" can be given')
    if element.attribute("ref") is not None or element.text():
        raise element.error('"uri" and "uriRef" exclude "ref" and a key set in the text')
    return Referenced.of(element, uri_ref or "", (uri or "").strip())


def _from_set(content: Callable[[Context], Awaitable[str]], policy: str) -> _FindPublic:
    async def find(ctx: Context, header: Mapping[str, Any]) -> PublicKey:
        text = await content(ctx)
        key_id = header.get("kid")
        if not isinstance(key_id, str) or not key_id:
            raise fault(policy, "KeyIdMissing", "the token's header names no key (kid)")
        try:
            keys = json.loads(text)["keys"]
            found = next((key for key in keys if key.get("kid") == key_id), None)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise fault(policy, "KeyParsingFailed", "this is no key set") from error
        if found is None:
            raise fault(policy, "NoMatchingPublicKey", "the key set doesn't have the token's key")
        return _supported(_from_jwk(found, policy), policy)

    return find


def _from_jwk(jwk: dict[str, Any], policy: str) -> object:
    public = {name: value for name, value in jwk.items() if name not in _PRIVATE_MEMBERS}
    try:
        if public.get("kty") == "RSA":
            return RSAAlgorithm.from_jwk(public)
        return ECAlgorithm.from_jwk(public)
    except (InvalidKeyError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise fault(policy, "KeyParsingFailed", "the key set's key can't be parsed") from error


# Members that would make a JWK a private key (RFC 7518, 6.2.2 and 6.3.2).
_PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth"}


async def _fetched(ctx: Context, source: Referenced, policy: str) -> str:
    """The key set at an address. Raises Fault where it can't be had."""
    uri = resolved(ctx, source, policy, lenient=False)
    sets, now = ctx.processor.state(_STATE), ctx.runtime.now()
    kept: tuple[float, str] | None = sets.get(uri)
    if kept is not None and now < kept[0]:
        return kept[1]
    try:
        answer = await outgoing.call(
            ctx.runtime.client, Message("request"), uri, outgoing.Timeouts()
        )
    except outgoing.CallError as error:
        raise fault(policy, "KeyParsingFailed", f"no key set from {uri}: {error}") from error
    if answer.status != 200:
        raise fault(policy, "KeyParsingFailed", f"{uri} answered {answer.status}")
    if len(sets) >= _MOST_SETS:
        sets.clear()
    sets[uri] = (now + JWKS_SECONDS, answer.text())
    return answer.text()


_READERS: dict[str, Callable[[Element, str], _FindPublic]] = {
    "Value": _value,
    "Certificate": _certificate,
    "JWKS": _jwks,
}
