"""Message templates: compiles text with `{variable}` and `{function(arguments)}` into a function.

Apigee documentation, "Message templates". Braces around anything else are text. A function that the
runtime doesn't have is refused when the bundle is loaded (`entities.UnknownStringFunction` there).
What the functions do is `template_functions`'.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from sandbox.gateway.context import Context
from sandbox.gateway.messages import Value
from sandbox.gateway.template_functions import FUNCTIONS
from sandbox.gateway.template_types import TemplateError, check_size
from sandbox.gateway.variables import as_text, getter

__all__ = ["Template", "TemplateError", "UnresolvedError", "compile_template", "held_template"]

Template = Callable[[Context, bool], str]
"""Fills the template; the flag says whether an unresolved variable is left empty or is an error."""


class UnresolvedError(Exception):
    """A variable without a value in a template that must not have one; the argument is its name."""


_Part = Callable[[Context, bool], str]
_Argument = Callable[[Context, bool], Value]

_NAME = re.compile(r"[A-Za-z_][\w.\-]*", re.ASCII)
_VARIABLE = re.compile(r"\{([A-Za-z_][\w.\-]*)(?::([^{}]*))?\}", re.ASCII)
_CALL = re.compile(r"\{([A-Za-z_]\w*)\(", re.ASCII)
_QUOTED = re.compile(r'"[^"]*\{[A-Za-z_][^"]*\}[^"]*"', re.ASCII)


def compile_template(text: str, prefix: str = "{", suffix: str = "}") -> Template:
    """A function that fills the template. Raises TemplateError and UnsupportedVariableError.

    Other delimiters than braces are the legacy ones of a `<Payload>`: around variables only.
    """
    if (prefix, suffix) != ("{", "}"):
        return _joined(_legacy(text, prefix, suffix))
    if _QUOTED.fullmatch(text.strip()):
        raise TemplateError(
            "double quotes around a whole template: the documentation calls them optional, and"
            " doesn't say whether they are part of the text; leave them out"
        )
    parts: list[str | _Part] = []
    position = 0
    while (brace := text.find("{", position)) >= 0:
        parts.append(text[position:brace])
        part, position = _substitution(text, brace)
        parts.append(part)
    parts.append(text[position:])
    return _joined(parts)


@lru_cache(maxsize=256)
def held_template(text: str) -> Template:
    """As `compile_template`, for a template that a variable holds."""
    return compile_template(text)


def _joined(parts: list[str | _Part]) -> Template:
    parts = [part for part in parts if part != ""]
    if all(isinstance(part, str) for part in parts):
        constant = "".join(part for part in parts if isinstance(part, str))
        return lambda ctx, lenient: constant
    if len(parts) == 1 and not isinstance(parts[0], str):
        return parts[0]

    def fill(ctx: Context, lenient: bool) -> str:
        return check_size(
            "".join([part if isinstance(part, str) else part(ctx, lenient) for part in parts])
        )

    return fill


def _legacy(text: str, prefix: str, suffix: str) -> list[str | _Part]:
    if len(prefix) != 1 or len(suffix) != 1:
        raise TemplateError("a variable's prefix and suffix are one character each")
    pattern = rf"{re.escape(prefix)}({_NAME.pattern}){re.escape(suffix)}"
    pieces = re.split(pattern, text, flags=re.ASCII)
    return [_variable(piece, None) if at % 2 else piece for at, piece in enumerate(pieces)]


def _substitution(text: str, brace: int) -> tuple[str | _Part, int]:
    """What the brace at that position stands for, and where the text goes on."""
    variable = _VARIABLE.match(text, brace)
    if variable is not None:
        return _variable(variable[1], variable[2]), variable.end()
    call = _CALL.match(text, brace)
    if call is None:
        return "{", brace + 1
    arguments, end = _arguments(text, call.end())
    if text.startswith("}", end):
        return _call(call[1], arguments), end + 1
    if call[1] in FUNCTIONS:
        raise TemplateError(f"{call[0]}…: the call doesn't end with )}}")
    return "{", brace + 1


def _variable(name: str, default: str | None) -> _Part:
    read = getter(name)

    def fill(ctx: Context, lenient: bool) -> str:
        value = read(ctx)
        if value is None:
            if default is not None:
                return default
            if not lenient:
                raise UnresolvedError(name)
        return as_text(value)

    return fill


def _arguments(text: str, start: int) -> tuple[list[str], int]:
    """The arguments' source text and the position after the closing parenthesis."""
    arguments: list[str] = []
    quoted = False
    begin = start
    for position in range(start, len(text)):
        character = text[position]
        if character == "'":
            quoted = not quoted
        elif not quoted and character in ",)":
            arguments.append(text[begin:position])
            begin = position + 1
            if character == ")":
                return ([] if arguments == [""] else arguments), position + 1
    return arguments, len(text)


def _call(name: str, sources: list[str]) -> _Part:
    function = FUNCTIONS.get(name)
    if function is None:
        known = ", ".join(sorted(FUNCTIONS))
        raise TemplateError(f"function {name}() is not supported (supported: {known})")
    if not function.least <= len(sources) <= function.most:
        wanted = f"{function.least} to {function.most}"
        raise TemplateError(f"{name}() takes {wanted} arguments, not {len(sources)}")
    literals = [_literal(source) for source in sources]
    function.check(literals)
    arguments = [_argument(s, found) for s, found in zip(sources, literals, strict=True)]
    if name == "firstnonnull":
        return lambda ctx, lenient: function.run([read(ctx, True) for read in arguments])
    return lambda ctx, lenient: function.run([read(ctx, lenient) for read in arguments])


def _literal(source: str) -> Value:
    """An argument's fixed value: text in single quotes, a whole number, true or false."""
    if len(source) > 1 and source[0] == source[-1] == "'":
        if ":" in source:
            raise TemplateError(
                f"the literal {source} has a colon, which starts a default value: put the text"
                " into a variable"
            )
        return source[1:-1]
    if re.fullmatch(r"-?\d{1,19}", source, re.ASCII):
        return int(source)
    return source if source in ("true", "false") else None


def _argument(source: str, literal: Value) -> _Argument:
    if literal is not None:
        return lambda ctx, lenient: literal
    name, colon, default = source.partition(":")
    if not _NAME.fullmatch(name) or re.search(r"[\s']", default):
        raise TemplateError(
            f"argument {source!r} is neither a variable nor a literal in single quotes, and no"
            " space may stand around it"
        )
    read = getter(name)

    def value(ctx: Context, lenient: bool) -> Value:
        found = read(ctx)
        if found is None and colon:
            return default
        if found is None and not lenient:
            raise UnresolvedError(name)
        return found

    return value
