"""HMAC: computes a message's authentication code, and compares it with an expected one.

Apigee documentation, "HMAC policy". Where both are given, the variable in `<Message ref>` comes
before the text; either is a message template.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from sandbox.gateway.context import Context
from sandbox.gateway.encodings import BINARY, decode, encode, encoding_of
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import encoded
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import setter_of, template_of
from sandbox.gateway.referenced import Referenced, private, referenced, required
from sandbox.gateway.templates import (
    TemplateError,
    UnresolvedError,
    held_template,
)
from sandbox.gateway.variables import UnsupportedVariableError

_ALGORITHMS = ("sha1", "sha224", "sha256", "sha384", "sha512", "md5")
_OUTPUTS = ("hex", "base64", "base64url")
_Bytes = Callable[[Context], bytes]


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    algorithm = _algorithm(element.need("Algorithm"))
    lenient = element.boolean_of("IgnoreUnresolvedVariables", default=False)
    message_of = _message(element.need("Message"), name, lenient)
    key_of = _key(element.need("SecretKey"), name)
    expectation = element.child("VerificationValue")
    expected_of = _expected(expectation, name) if expectation is not None else None
    output = element.child("Output")
    encoding = encoding_of(output, "base64", BINARY) if output is not None else "base64"
    variable = (output.text() if output is not None else "") or f"hmac.{name}.output"
    put = setter_of(output or element, variable)

    def run(ctx: Context) -> None:
        message = message_of(ctx)
        ctx.variables[f"hmac.{name}.message"] = message
        key = key_of(ctx)
        code = hmac.new(key, encoded(message), algorithm).digest()
        put(ctx, encode(code, encoding))
        ctx.variables[f"hmac.{name}.outputencoding"] = encoding
        if expected_of is not None and not hmac.compare_digest(code, expected_of(ctx)):
            raise _fault(name, "HmacVerificationFailed", "the verification value doesn't match")

    return Compiled(run)


def _fault(policy: str, name: str, why: str) -> Fault:
    return Fault(f"steps.hmac.{name}", f"HMAC[{policy}]: {why}", 401)


def _algorithm(element: Element) -> str:
    text = element.text()
    name = text.lower().replace("-", "")
    if name not in _ALGORITHMS:
        raise element.error(f'algorithm "{text}" is not one of {", ".join(_ALGORITHMS)}')
    return name


def _message(element: Element, policy: str, lenient: bool) -> Callable[[Context], str]:
    source = referenced(element, raw=True)
    if not (source.ref or source.literal):
        raise element.error('a text, or the attribute "ref", is missing')
    own = template_of(element, source.literal)

    def message(ctx: Context) -> str:
        held = source.get(ctx) if source.get is not None else None
        try:
            if held is None:
                if source.ref and not source.literal and not lenient:
                    raise UnresolvedError(source.ref)
                return own(ctx, lenient)
            return held_template(source.text(ctx) or "")(ctx, lenient)
        except UnresolvedError as error:
            why = f"unable to resolve variable [{error}]"
            raise _fault(policy, "UnresolvedVariable", why) from error
        except (TemplateError, UnsupportedVariableError) as error:
            why = f"{source.ref} holds no message template"
            raise _fault(policy, "HmacCalculationFailed", why) from error

    return message


def _key(element: Element, policy: str) -> _Bytes:
    encoding = encoding_of(element, "utf8", frozenset({"hex", "base64", "utf8"}))
    source = private(element)

    def key(ctx: Context) -> bytes:
        return _decoded(ctx, source, encoding, policy, "EmptySecretKey")

    return key


def _expected(element: Element, policy: str) -> _Bytes:
    encoding = encoding_of(element, "base64", BINARY)
    source = required(element)

    def expected(ctx: Context) -> bytes:
        return _decoded(ctx, source, encoding, policy, "EmptyVerificationValue")

    return expected


def _decoded(ctx: Context, source: Referenced, encoding: str, policy: str, empty: str) -> bytes:
    text = source.text(ctx)
    if text is None:
        why = f"unable to resolve variable [{source.ref}]"
        raise _fault(policy, "UnresolvedVariable", why)
    try:
        value = decode(text, encoding)
    except ValueError as error:
        why = f"{source.ref or 'the value'} is not {encoding}"
        raise _fault(policy, "HmacCalculationFailed", why) from error
    if not value:
        raise _fault(policy, empty, f"{source.ref or 'the value'} is empty")
    return value
