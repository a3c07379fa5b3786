"""The functions of message templates. Owns their names, arguments and results.

Apigee documentation, "Message templates". A function gets its arguments' values: literals of the
template, or variables' values, None for one that has none.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
import uuid
from collections.abc import Sequence

from sandbox.gateway import paths, xpaths
from sandbox.gateway.java_dates import DatePatternError, check_pattern, format_date
from sandbox.gateway.java_regex import JavaRegexError, compile_regex, replace
from sandbox.gateway.messages import Value, encoded
from sandbox.gateway.template_digests import DIGESTS
from sandbox.gateway.template_types import (
    Function,
    TemplateError,
    check_size,
    failed,
    of_text,
)
from sandbox.gateway.variables import as_text


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
        raise failed(function, f"{text!r} is not a whole number")
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
            raise failed(name, str(error)) from error

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
            raise failed(name, str(error)) from error

    def check(literals: Sequence[Value]) -> None:
        if isinstance(literals[0], str):
            try:
                check_pattern(literals[0])
            except DatePatternError as error:
                raise TemplateError(f"{name}(): {error}") from error

    return Function(run, 2, 2, check)


def _random_long(arguments: Sequence[Value]) -> str:
    """Any 64-bit number, or one from the least (and up to the most) that is given."""
    bounds = [_whole("randomLong", value) for value in arguments]
    least, most = (*bounds, *(-(2**63), 2**63 - 1)[len(bounds) :])
    if least > most:
        raise failed("randomLong", f"{least} is more than {most}")
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
    "decodeBase64": of_text(_decode_base64),
    "encodeBase64": of_text(lambda text: base64.b64encode(encoded(text)).decode()),
    "encodeHTML": of_text(lambda text: text.translate(_HTML)),
    "escapeJSON": of_text(lambda text: json.dumps(text, ensure_ascii=False)[1:-1]),
    "escapeXML": of_text(_escape_xml),
    "escapeXML11": of_text(_escape_xml_11),
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
    "toLowerCase": of_text(str.lower),
    "toUpperCase": of_text(str.upper),
    "xpath": Function(_xpath, 2, 12, _check_xpath),
    **DIGESTS,
}
