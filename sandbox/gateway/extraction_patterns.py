"""`<Pattern>` of ExtractVariables: text with `{variable}` and `*` where something stands.

Apigee documentation, "ExtractVariables policy". In a path, a variable and `*` are one segment's and
`**` is several; elsewhere they take any characters. `%` takes the next character literally.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.gateway.limited import limited
from sandbox.gateway.markup import Element

Match = Callable[[str], "dict[str, str] | None"]
"""The variables' values in a text that the pattern matches as a whole, or None."""

_PIECE = re.compile(r"%(?P<literal>.)|\{(?P<name>[^{}%]*)\}|(?P<wild>\*\*?)", re.DOTALL)
_LONGEST = 1_000


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern; `segments` counts its path segments."""

    match: Match
    names: tuple[str, ...]
    segments: int


def compile_pattern(element: Element, path: bool) -> Pattern:
    """Read a `<Pattern>` element. Raises BundleError."""
    flags = re.IGNORECASE if element.flag("ignoreCase", default=False) else 0
    text = element.text()
    if len(text) > _LONGEST:
        raise element.error(f"a pattern of more than {_LONGEST:,} characters is not supported")
    literals, wilds = _pieces(text)
    names = tuple(wild for wild in wilds if not wild.startswith("*"))
    if not names:
        raise element.error("the pattern has no {variable}")
    for name in names:
        if not name:
            raise element.error("the pattern has braces without a variable's name")
    if len(set(names)) < len(names):
        raise element.error("the pattern names a variable twice")
    match = _in_path(literals, wilds, flags) if path else _in_text(literals, wilds, flags)
    return Pattern(match, names, text.count("/"))


def _pieces(text: str) -> tuple[list[str], list[str]]:
    """Literals, one more than wildcards, and the wildcards between them: names, `*` or `**`."""
    literals, wilds = [""], []
    position = 0
    for piece in _PIECE.finditer(text):
        literals[-1] += text[position : piece.start()] + (piece["literal"] or "")
        position = piece.end()
        if piece["literal"] is None:
            wilds.append(piece["wild"] or piece["name"].strip())
            literals.append("")
    literals[-1] += text[position:]
    return literals, wilds


def _in_path(literals: list[str], wilds: list[str], flags: int) -> Match:
    parts = [re.escape(literals[0])]
    for wild, literal in zip(wilds, literals[1:], strict=True):
        some = ".+" if wild == "**" else "[^/]+"
        parts.append(some if wild.startswith("*") else f"({some})")
        parts.append(re.escape(literal))
    expression = re.compile("".join(parts), flags | re.DOTALL)
    names = [wild for wild in wilds if not wild.startswith("*")]

    def match(text: str) -> dict[str, str] | None:
        found = limited(lambda: expression.fullmatch(text))
        return None if found is None else dict(zip(names, found.groups(), strict=True))

    return match


def _in_text(literals: list[str], wilds: list[str], flags: int) -> Match:
    """Each wildcard ends where the literal after it first occurs, the last one at the end.

    So a text is read once, however long it is. A variable takes one character at least.
    """
    searches = [re.compile(re.escape(literal), flags) for literal in literals]
    size = len(literals[-1])

    def match(text: str) -> dict[str, str] | None:
        start = searches[0].match(text)
        if start is None:
            return None
        position, found = start.end(), {}
        for index, wild in enumerate(wilds):
            least = position + (0 if wild.startswith("*") else 1)
            if index + 1 < len(wilds):
                end = searches[index + 1].search(text, least) if least <= len(text) else None
            else:
                at = len(text) - size
                end = searches[-1].match(text, at) if at >= least else None
            if end is None:
                return None
            if not wild.startswith("*"):
                found[wild] = text[position : end.start()]
            position = end.end()
        return found

    return match
