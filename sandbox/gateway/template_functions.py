"""The functions of message templates. Owns their names, arguments and results.

Apigee documentation, "Message templates". A function gets its arguments' values: literals of the
template, or variables' values, None for one that has none.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.gateway import paths, xpaths
from sandbox.gateway.faults import Fault
from sandbox.gateway.java_dates import DatePatternError, check_pattern, format_date
from sandbox.gateway.java_regex import JavaRegexError, compile_regex, replace
from sandbox.gateway.messages import Value
from sandbox.gateway.variables import as_text
from sandbox.gateway.wire import LARGEST_BODY


class TemplateError(ValueError):
    """A template that can't be compiled; the message says why."""


_Run = Callable[[Sequence[Value]], str]
_Check = Callable[[Sequence[Value]], None]


@dataclass(frozen=True)
class Function:
    """A function, how many arguments it takes, and what of its literals is checked on loading.

    `check` gets the literals, None where an argument is a variable; it raises TemplateError.
    """

    run: _Run
    least: int
    most: int
    check: _Check = lambda literals: None


def check_size(text: str) -> str:
    """The text itself. Raises Fault where no message could hold it (Apigee documentation, "Limits")."""
    if len(text) > LARGEST_BODY:
        raise Fault("protocol.http.TooBigBody", "Body buffer overflow", 500)
    return text


def _failed(function: str, why: str) -> Fault:
    """What a value that only shows at run time makes wrong. The code is the sandbox's own."""
    return Fault("steps.template.ExecutionFailed", f"{function}(): {why}")


def _of_text(change: Callable[[str], str]) -> Function:
    return Function(lambda arguments: change(as_text(arguments[0])), 1, 1)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode_base64(text: str) -> str:
    """Text that isn't base64 gives nothing, base64url included."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


_XML = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&apos;"})
_HTML = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&#39;"})
_NOT_IN_XML_1 = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_XML_11 = re.compile("[\x00\ud800-\udfff\ufffe\uffff]")
_ESCAPED_IN_XML_11 = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")


def _escape_xml(text: str) -> str:
    return _NOT_IN_XML_1.sub("", text).translate(_XML)


def _escape_xml_11(text: str) -> str:
    kept = _NOT_IN_XML_11.sub("", text).translate(_XML)
    return _ESCAPED_IN_XML_11.sub(lambda match: f"&#{ord(match[0])};", kept)


def _whole(function: str, value: Value) -> int:
    text = as_text(value)
    if not re.fullmatch(r"-?\d{1,19}", text, re.ASCII):
        raise _failed(function, f"{text!r} is not a whole number")
    return int(text)


def _substring(arguments: Sequence[Value]) -> str:
    """Indexes below zero count from the end; what lies beyond the text is left out."""
    text = as_text(arguments[0])
    bounds = [_whole("substring", value) for value in arguments[1:]]
    start, end = [
        min(max(at if at >= 0 else len(text) + at, 0), len(text)) for at in (*bounds, len(text))[:2]
    ]
    return text[start:end]


def _replace(name: str, first: bool) -> Function:
    def run(arguments: Sequence[Value]) -> str:
        text, pattern, value = map(as_text, arguments)
        try:
            return check_size(replace(pattern, text, value, first))
        except JavaRegexError as error:
            raise _failed(name, str(error)) from error

    def check(literals: Sequence[Value]) -> None:
        if isinstance(literals[1], str):
            try:
                compile_regex(literals[1])
            except JavaRegexError as error:
                raise TemplateError(f"{name}(): {error}") from error

    return Function(run, 3, 3, check)


def _time_format(name: str, milliseconds: bool) -> Function:
    """A date pattern over seconds or milliseconds; what isn't a time gives nothing."""

    def run(arguments: Sequence[Value]) -> str:
        pattern, text = map(as_text, arguments)
        if not re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
            return ""
        try:
            return format_date(pattern, int(text) * (1 if milliseconds else 1000)) or ""
        except DatePatternError as error:
            raise _failed(name, str(error)) from error

    def check(literals: Sequence[Value]) -> None:
        if isinstance(literals[0], str):
            try:
                check_pattern(literals[0])
            except DatePatternError as error:
                raise TemplateError(f"{name}(): {error}") from error

    return Function(run, 2, 2, check)


def _digests() -> dict[str, Function]:
    found = {}
    for algorithm in ("md5", "sha1", "sha256", "sha384", "sha512"):
        for suffix, encode in (("Hex", bytes.hex), ("Base64", _base64)):
            found[f"{algorithm}{suffix}"] = _digest(algorithm, encode)
    return found


def _digest(algorithm: str, encode: Callable[[bytes], str]) -> Function:
    def change(text: str) -> str:
        return encode(hashlib.new(algorithm, text.encode(), usedforsecurity=False).digest())

    return _of_text(change)


def _hmacs() -> dict[str, Function]:
    algorithms = ("Sha224", "Sha256", "Sha384", "Sha512", "Md5", "Sha1")
    return {f"hmac{name}": _hmac(f"hmac{name}", name.lower()) for name in algorithms}


_KEYS: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
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
            mac = hmac.new(secret, value.encode(), algorithm).digest()
            return _OUTPUTS[encode.lower()](mac)
        except KeyError as error:
            raise _failed(name, f"encoding {error} is not supported") from error
        except ValueError as error:
            raise _failed(name, f"the key is not {decode}") from error

    def check(literals: Sequence[Value]) -> None:
        for literal, known in zip(literals[2:], (list(_KEYS), list(_OUTPUTS)), strict=False):
            if literal is not None and as_text(literal).lower() not in known:
                raise TemplateError(f"{name}(): {literal!r} is none of {', '.join(known)}")

    return Function(run, 2, 4, check)


def _random_long(arguments: Sequence[Value]) -> str:
    """Any 64-bit number, or one from the least (and up to the most) that is given."""
    bounds = [_whole("randomLong", value) for value in arguments]
    least, most = (*bounds, *(-(2**63), 2**63 - 1)[len(bounds) :])
    if least > most:
        raise _failed("randomLong", f"{least} is more than {most}")
    return str(least + secrets.randbelow(most - least + 1))


def _first_non_null(arguments: Sequence[Value]) -> str:
    return next((as_text(value) for value in arguments if value is not None), "")


def _json_path(arguments: Sequence[Value]) -> str:
    """The first of what is found, or with a third argument of true all of it as an array."""
    path, source, *rest = map(as_text, arguments)
    try:
        found = paths.compile_path(path)(json.loads(source))
    except (ValueError, RecursionError):
        return ""
    if not found:
        return ""
    wanted = found if rest == ["true"] else found[0]
    if isinstance(wanted, str):
        return wanted
    return json.dumps(wanted, separators=(",", ":"), ensure_ascii=False)


def _check_json_path(literals: Sequence[Value]) -> None:
    if isinstance(literals[0], str):
        try:
            paths.compile_path(literals[0])
        except ValueError as error:
            raise TemplateError(str(error)) from error


def _xpath(arguments: Sequence[Value]) -> str:
    expression, source, *options = map(as_text, arguments)
    return xpaths.evaluate(expression, source, options)


def _check_xpath(literals: Sequence[Value]) -> None:
    if isinstance(literals[0], str):
        try:
            xpaths.check(literals[0])
        except ValueError as error:
            raise TemplateError(str(error)) from error


FUNCTIONS: dict[str, Function] = {
    "createUuid": Function(lambda arguments: str(uuid.uuid4()), 0, 0),
    "decodeBase64": _of_text(_decode_base64),
    "encodeBase64": _of_text(lambda text: _base64(text.encode())),
    "encodeHTML": _of_text(lambda text: text.translate(_HTML)),
    "escapeJSON": _of_text(lambda text: json.dumps(text, ensure_ascii=False)[1:-1]),
    "escapeXML": _of_text(_escape_xml),
    "escapeXML11": _of_text(_escape_xml_11),
    "firstnonnull": Function(_first_non_null, 1, 20),
    "jsonPath": Function(_json_path, 2, 3, _check_json_path),
    "randomLong": Function(_random_long, 0, 2),
    "replaceAll": _replace("replaceAll", first=False),
    "replaceFirst": _replace("replaceFirst", first=True),
    "substring": Function(_substring, 2, 3),
    "timeFormat": _time_format("timeFormat", milliseconds=False),
    "timeFormatMs": _time_format("timeFormatMs", milliseconds=True),
    "timeFormatUTC": _time_format("timeFormatUTC", milliseconds=False),
    "timeFormatUTCMs": _time_format("timeFormatUTCMs", milliseconds=True),
    "toLowerCase": _of_text(str.lower),
    "toUpperCase": _of_text(str.upper),
    "xpath": Function(_xpath, 2, 12, _check_xpath),
    **_digests(),
    **_hmacs(),
}
