"""The digests and message authentication codes of message templates.

Apigee documentation, "Message templates", "Hash functions" and "HMAC functions".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence

from sandbox.gateway.messages import Value, encoded
from sandbox.gateway.template_types import Function, TemplateError, failed, of_text
from sandbox.gateway.variables import as_text


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _digests() -> dict[str, Function]:
    found = {}
    for algorithm in ("md5", "sha1", "sha256", "sha384", "sha512"):
        for suffix, encode in (("Hex", bytes.hex), ("Base64", _base64)):
            found[f"{algorithm}{suffix}"] = _digest(algorithm, encode)
    return found


def _digest(algorithm: str, encode: Callable[[bytes], str]) -> Function:
    def change(text: str) -> str:
        return encode(hashlib.new(algorithm, encoded(text), usedforsecurity=False).digest())

    return of_text(change)


def _hmacs() -> dict[str, Function]:
    algorithms = ("Sha224", "Sha256", "Sha384", "Sha512", "Md5", "Sha1")
    return {f"hmac{name}": _hmac(f"hmac{name}", name.lower()) for name in algorithms}


_KEYS: dict[str, Callable[[str], bytes]] = {
    "utf-8": encoded,
    "hex": bytes.fromhex,
    "base16": bytes.fromhex,
    "base64": lambda text: base64.b64decode(text, validate=True),
}
_OUTPUTS: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base16": bytes.hex,
    "base64": _base64,
}


def _hmac(name: str, algorithm: str) -> Function:
    """Key, value, the key's encoding (utf-8), the result's (base64)."""

    def run(arguments: Sequence[Value]) -> str:
        key, value, *encodings = map(as_text, arguments)
        decode, encode = (*encodings, *("utf-8", "base64")[len(encodings) :])
        try:
            secret = _KEYS[decode.lower()](key)
            mac = hmac.new(secret, encoded(value), algorithm).digest()
            return _OUTPUTS[encode.lower()](mac)
        except KeyError as error:
            raise failed(name, f"encoding {error} is not supported") from error
        except ValueError as error:
            raise failed(name, f"the key is not {decode}") from error

    def check(literals: Sequence[Value]) -> None:
        for literal, known in zip(literals[2:], (list(_KEYS), list(_OUTPUTS)), strict=False):
            if literal is not None and as_text(literal).lower() not in known:
                raise TemplateError(f"{name}(): {literal!r} is none of {', '.join(known)}")

    return Function(run, 2, 4, check)


DIGESTS: dict[str, Function] = {**_digests(), **_hmacs()}
