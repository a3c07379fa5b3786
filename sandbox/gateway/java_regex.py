"""Regular expressions as java.util.regex reads them, on Python's engine.

Owns the translation and what it refuses: a construct that Java has and Python hasn't, that means
something else in each, or that only Python knows, is an error that names it. Java documentation,
"Class Pattern" and "Class Matcher"; Apigee documentation, "Conditions reference".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from sandbox.gateway.limited import limited

_LONGEST = 5_000
# Without DOTALL a dot stops at each of Java's line terminators, not only at \n.
_DOT = "[^\\n\\r\\u0085\\u2028\\u2029]"
_QUANTIFIER = re.compile(r"\{\d{1,5}(?:,\d{0,5})?\}", re.ASCII)
_LEADING_FLAGS = re.compile(r"\(\?([a-zA-Z]+)\)")
_GROUP = re.compile(r"\(\?(?:(?P<plain>:|=|!|>|<=|<!)|<(?P<name>[A-Za-z][A-Za-z0-9]*)>)")
_SAME_ESCAPES = frozenset("tnrfadDwWsSbB")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ")


class JavaRegexError(ValueError):
    """A pattern that is none, or that can't be carried over; the message says which part."""


@lru_cache(maxsize=2048)
def compile_regex(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled. Raises JavaRegexError."""
    if len(pattern) > _LONGEST:
        raise JavaRegexError(f"a regular expression of more than {_LONGEST:,} characters")
    try:
        return re.compile(_Translator(pattern).translate(), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise JavaRegexError(f"{pattern!r} is not a regular expression: {error}") from error


class _Translator:
    """One pass over the pattern, left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._next = 0
        self._dotall = False
        self._parts: list[str] = []

    def translate(self) -> str:
        self._flags()
        while self._next < len(self._pattern):
            character = self._pattern[self._next]
            handler = self._HANDLERS.get(character)
            if handler is not None:
                handler(self)
            else:
                self._keep(character)
        return "".join(self._parts)

    def _refuse(self, what: str) -> JavaRegexError:
        return JavaRegexError(
            f"{what} in the regular expression {self._pattern!r} at {self._next} is not supported"
        )

    def _keep(self, source: str, written: str | None = None) -> None:
        self._parts.append(source if written is None else written)
        self._next += len(source)

    def _flags(self) -> None:
        match = _LEADING_FLAGS.match(self._pattern)
        if match is not None:
            if not set(match[1]) <= set("ims"):
                raise self._refuse(f"flag {match[0]}")
            self._dotall = "s" in match[1]
            self._keep(match[0])

    def _dot(self) -> None:
        self._keep(".", None if self._dotall else _DOT)

    def _group(self) -> None:
        if not self._pattern.startswith("(?", self._next):
            self._keep("(")
            return
        match = _GROUP.match(self._pattern, self._next)
        if match is None:
            raise self._refuse(f"{self._pattern[self._next : self._next + 4]!r}")
        name = match["name"]
        self._keep(match[0], None if name is None else f"(?P<{name}>")

    def _brace(self) -> None:
        match = _QUANTIFIER.match(self._pattern, self._next)
        if match is None:
            raise self._refuse("a brace that is no quantifier (write \\{)")
        self._keep(match[0])

    def _dollar(self) -> None:
        # Before the last line terminator, too; only MULTILINE would differ, and it is rare.
        self._keep("$", "(?=(?:\\r\\n|[\\n\\r\\u0085\\u2028\\u2029])?\\Z)")

    def _escape(self) -> None:
        text = self._pattern[self._next : self._next + 2]
        if text == "\\Q":
            self._quotation()
        elif text in ("\\k", "\\A", "\\z", "\\Z", "\\G"):
            self._named_escape(text)
        elif text[1:].isdigit():
            self._reference()
        else:
            self._character_escape()

    def _quotation(self) -> None:
        end = self._pattern.find("\\E", self._next)
        stop = len(self._pattern) if end < 0 else end
        literal = self._pattern[self._next + 2 : stop]
        self._parts.append(re.escape(literal))
        self._next = stop if end < 0 else stop + 2

    def _named_escape(self, text: str) -> None:
        if text == "\\k":
            match = re.compile(r"\\k<([A-Za-z][A-Za-z0-9]*)>").match(self._pattern, self._next)
            if match is None:
                raise self._refuse("\\k")
            self._keep(match[0], f"(?P={match[1]})")
        elif text == "\\Z":
            self._next += 1
            self._dollar()
        elif text == "\\G":
            raise self._refuse("\\G")
        else:
            self._keep(text, "\\Z" if text == "\\z" else None)

    def _reference(self) -> None:
        text = self._pattern[self._next : self._next + 3]
        if text[1] == "0" or text[2:].isdigit():
            raise self._refuse(f"{text!r}")
        self._keep(text[:2])

    def _character_escape(self) -> None:
        """An escape that stands for a character or a class of them, in a class or outside."""
        rest = self._pattern[self._next :]
        letter = rest[1:2]
        if match := re.match(r"\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}", rest):
            self._keep(match[0])
        elif letter == "e":
            self._keep("\\e", "\\x1b")
        elif letter in _SAME_ESCAPES and not rest.startswith("\\b{"):
            self._keep(rest[:2])
        elif letter in _PUNCTUATION and letter:
            self._keep(rest[:2], re.escape(letter))
        else:
            raise self._refuse(f"{rest[:2]!r}")

    def _class(self) -> None:
        """A character class; Java's unions and intersections are refused."""
        self._keep("[^" if self._pattern.startswith("[^", self._next) else "[")
        empty = True
        while self._next < len(self._pattern):
            rest = self._pattern[self._next :]
            if rest[0] == "]" and not empty:
                self._keep("]")
                return
            if rest[0] == "[" or rest.startswith(("&&", "--", "\\Q")):
                raise self._refuse(f"{rest[:2]!r} in a character class")
            if rest[0] == "\\":
                if rest[1:2] in ("b", "B"):
                    raise self._refuse(f"{rest[:2]!r} in a character class")
                self._character_escape()
            else:
                # Escaped where Python would warn of set operations to come.
                self._keep(rest[0], f"\\{rest[0]}" if rest[0] in "]|~&" else None)
            empty = False
        raise self._refuse("a character class that is not closed")

    _HANDLERS: dict[str, Callable[[_Translator], None]] = {  # noqa: RUF012  # never changed
        ".": _dot,
        "(": _group,
        "{": _brace,
        "$": _dollar,
        "\\": _escape,
        "[": _class,
    }


_REPLACEMENT = re.compile(r"\\(.)|\$(?:(\d)|\{([A-Za-z][A-Za-z0-9]*)\})|([\\$])", re.DOTALL)


def replace(pattern: str, text: str, replacement: str, first: bool) -> str:
    """`String.replaceAll`, or `replaceFirst`: `$1` and `${name}` stand for groups.

    Raises JavaRegexError for a pattern or a replacement that is none, and Fault (`limited`).
    """
    expression = compile_regex(pattern)

    def expand(match: re.Match[str]) -> str:
        return _REPLACEMENT.sub(lambda part: _expansion(part, match), replacement)

    return limited(lambda: expression.sub(expand, text, count=1 if first else 0))


def _expansion(part: re.Match[str], match: re.Match[str]) -> str:
    escaped, number, name, stray = part.groups()
    if stray is not None:
        raise JavaRegexError(f"the replacement has a {stray!r} that is neither a group nor escaped")
    if escaped is not None:
        return str(escaped)
    try:
        return match[int(number) if number is not None else name] or ""
    except IndexError as error:
        raise JavaRegexError(f"the replacement names the group {number or name}") from error
