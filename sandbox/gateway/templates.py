"""Message templates: compiles text with `{variable}` and `{function(arguments)}` into a function.

Apigee documentation, "Message templates". Braces around anything else are text. A function that the
runtime doesn't have is refused when the bundle is loaded.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import json
import re
import time
import uuid
from collections.abc import Callable

from sandbox.gateway import paths
from sandbox.gateway.context import Context, Value
from sandbox.gateway.variables import as_text, getter

Template = Callable[[Context, bool], str]
"""Fills the template; the flag says whether an unresolved variable is left empty or is an error."""


class TemplateError(ValueError):
    """A template that can't be compiled; the message says why."""


class UnresolvedError(Exception):
    """A variable without a value in a template that must not have one; the argument is its name."""


_Part = Callable[[Context, bool], str]
_Argument = Callable[[Context], Value]
_Function = Callable[[list[Value]], str]
_Build = Callable[[list[str]], _Part]

_NAME = re.compile(r"[A-Za-z_][\w.\-]*", re.ASCII)
_CALL = re.compile(r"([A-Za-z_]\w*)\(", re.ASCII)


def compile_template(text: str) -> Template:
    """A function that fills the template. Raises TemplateError and UnsupportedVariableError."""
    parts: list[str | _Part] = []
    position = 0
    while position < len(text):
        brace = text.find("{", position)
        if brace < 0:
            break
        parts.append(text[position:brace])
        part, position = _substitution(text, brace)
        parts.append(part)
    parts.append(text[position:])
    return _joined([part for part in parts if part != ""])


def _joined(parts: list[str | _Part]) -> Template:
    if all(isinstance(part, str) for part in parts):
        constant = "".join(part for part in parts if isinstance(part, str))
        return lambda ctx, lenient: constant
    if len(parts) == 1 and not isinstance(parts[0], str):
        return parts[0]
    return lambda ctx, lenient: "".join(
        [part if isinstance(part, str) else part(ctx, lenient) for part in parts]
    )


def _substitution(text: str, brace: int) -> tuple[str | _Part, int]:
    """What the brace at that position stands for, and where the text goes on."""
    call = _CALL.match(text, brace + 1)
    if call is not None:
        arguments, end = _arguments(text, call.end())
        if end < len(text) and text[end] == "}":
            return _call(call.group(1), arguments), end + 1
        return "{", brace + 1
    name = _NAME.match(text, brace + 1)
    if name is not None and text.startswith("}", name.end()):
        return _variable(name.group()), name.end() + 1
    return "{", brace + 1


def _variable(name: str) -> _Part:
    get = getter(name)

    def fill(ctx: Context, lenient: bool) -> str:
        value = get(ctx)
        if value is None and not lenient:
            raise UnresolvedError(name)
        return as_text(value)

    return fill


def _arguments(text: str, start: int) -> tuple[list[str], int]:
    """The arguments' source text and the position after the closing parenthesis."""
    arguments: list[str] = []
    depth = 0
    quoted = False
    begin = start
    for position in range(start, len(text)):
        character = text[position]
        if character == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif character in "([":
            depth += 1
        elif character in ")]" and depth:
            depth -= 1
        elif character in ",)":
            argument = text[begin:position].strip()
            if argument or arguments or character == ",":
                arguments.append(argument)
            begin = position + 1
            if character == ")":
                return arguments, position + 1
    return arguments, len(text)


def _call(name: str, sources: list[str]) -> _Part:
    if name not in _FUNCTIONS:
        known = ", ".join(sorted(_FUNCTIONS))
        raise TemplateError(f"function {name}() is not supported (supported: {known})")
    build, least, most = _FUNCTIONS[name]
    if not least <= len(sources) <= most:
        raise TemplateError(f"{name}() takes {least} to {most} arguments, not {len(sources)}")
    return build(sources)


def _plain(function: _Function) -> _Build:
    """A function of its arguments' values alone."""

    def build(sources: list[str]) -> _Part:
        arguments = [_argument(source) for source in sources]
        return lambda ctx, lenient: function([read(ctx) for read in arguments])

    return build


def _argument(source: str) -> _Argument:
    if len(source) > 1 and source[0] == source[-1] == "'":
        literal = source[1:-1]
        return lambda ctx: literal
    if re.fullmatch(r"-?\d+", source, re.ASCII):
        number = int(source)
        return lambda ctx: number
    if not _NAME.fullmatch(source):
        raise TemplateError(f"argument {source!r} is neither a variable nor a quoted literal")
    return getter(source)


def _json_path(sources: list[str]) -> _Part:
    path = sources[0].strip("'")
    try:
        find = paths.compile_path(path)
    except ValueError as error:
        raise TemplateError(str(error)) from error
    read = _argument(sources[1])
    want_array = len(sources) > 2 and sources[2].strip("'") == "true"

    def fill(ctx: Context, lenient: bool) -> str:
        try:
            found = find(json.loads(as_text(read(ctx))))
        except (ValueError, RecursionError):
            return ""
        if not want_array and len(found) <= 1:
            return paths.as_text(found[0]) if found else ""
        return json.dumps(found)

    return fill


def _create_uuid(arguments: list[Value]) -> str:
    return str(uuid.uuid4())


def _escape_json(arguments: list[Value]) -> str:
    return json.dumps(as_text(arguments[0]), ensure_ascii=False)[1:-1]


def _first_non_null(arguments: list[Value]) -> str:
    return next((as_text(value) for value in arguments if value is not None), "")


def _decode_base64(arguments: list[Value]) -> str:
    try:
        return base64.b64decode(as_text(arguments[0])).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _substring(arguments: list[Value]) -> str:
    text = as_text(arguments[0])
    bounds = [value if isinstance(value, int) else 0 for value in arguments[1:]]
    start = bounds[0] if bounds[0] >= 0 else len(text) + bounds[0]
    end = bounds[1] if len(bounds) > 1 else len(text)
    return text[max(start, 0) : end if end >= 0 else len(text) + end]


_JAVA_DATE = re.compile(r"'([^']*)'|yyyy|MM|dd|HH|mm|ss|SSS|XXX|[A-Za-z]+")
_DATE_FIELDS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


def _time_format(milliseconds: bool) -> _Build:
    """`timeFormatUTC` and `timeFormatUTCMs`: a Java date pattern over seconds or milliseconds."""

    def build(sources: list[str]) -> _Part:
        pattern = _date_pattern(sources[0])
        read = _argument(sources[1])

        def fill(ctx: Context, lenient: bool) -> str:
            text = as_text(read(ctx))
            if not re.fullmatch(r"\d{1,14}", text, re.ASCII):
                return ""
            whole, rest = divmod(int(text), 1000) if milliseconds else (int(text), 0)
            if whole > _LAST_SECOND:
                return ""
            filled = time.strftime(pattern, time.gmtime(whole))
            return filled.replace(_MILLISECONDS, f"{rest:03}")

        return fill

    return build


_MILLISECONDS = "\ue000"
_LAST_SECOND = 253_402_300_799  # the year 9999's last


def _date_pattern(source: str) -> str:
    """The pattern for strftime of a quoted Java one. Raises TemplateError."""
    if len(source) < 2 or source[0] != "'" or source[-1] != "'":
        raise TemplateError(f"the date pattern {source!r} must be a quoted literal")

    def field(match: re.Match[str]) -> str:
        text = match.group()
        if match.group(1) is not None:
            return (match.group(1) or "'").replace("%", "%%")
        if text in ("SSS", "XXX"):
            return _MILLISECONDS if text == "SSS" else "Z"
        if text not in _DATE_FIELDS:
            raise TemplateError(f"the date pattern {source!r} has {text!r}, which is not supported")
        return _DATE_FIELDS[text]

    return _JAVA_DATE.sub(field, source[1:-1].replace("%", "%%"))


def _digest(algorithm: str, encode: Callable[[bytes], str]) -> _Function:
    def digest(arguments: list[Value]) -> str:
        return encode(hashlib.new(algorithm, as_text(arguments[0]).encode()).digest())

    return digest


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


_FUNCTIONS: dict[str, tuple[_Build, int, int]] = {
    "createUuid": (_plain(_create_uuid), 0, 0),
    "decodeBase64": (_plain(_decode_base64), 1, 1),
    "encodeBase64": (_plain(lambda args: _base64(as_text(args[0]).encode())), 1, 1),
    "encodeHTML": (_plain(lambda args: html.escape(as_text(args[0]))), 1, 1),
    "escapeJSON": (_plain(_escape_json), 1, 1),
    "firstnonnull": (_plain(_first_non_null), 1, 20),
    "jsonPath": (_json_path, 2, 3),
    "sha256Base64": (_plain(_digest("sha256", _base64)), 1, 1),
    "sha256Hex": (_plain(_digest("sha256", bytes.hex)), 1, 1),
    "substring": (_plain(_substring), 2, 3),
    "timeFormatUTC": (_time_format(milliseconds=False), 2, 2),
    "timeFormatUTCMs": (_time_format(milliseconds=True), 2, 2),
    "toLowerCase": (_plain(lambda args: as_text(args[0]).lower()), 1, 1),
    "toUpperCase": (_plain(lambda args: as_text(args[0]).upper()), 1, 1),
}
