"""Headers, query and form parameters of a message, as the elements of AssignMessage name them.

Owns what a list of `<Header>`, `<QueryParam>` or `<FormParam>` selects in a message, indexes
(`name.2`) included, and how the selected lines are changed. Apigee documentation, "AssignMessage
policy".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Message

Part = Literal["Headers", "QueryParams", "FormParams"]

ITEMS: dict[str, str] = {
    "Headers": "Header",
    "QueryParams": "QueryParam",
    "FormParams": "FormParam",
}
"""The tags of the lists and of what stands in them."""

_Pair = tuple[str, str]


def part_of(element: Element) -> Part | None:
    """Which part of a message an element lists, or None when it is no list."""
    if element.tag == "Headers":
        return "Headers"
    if element.tag == "QueryParams":
        return "QueryParams"
    return "FormParams" if element.tag == "FormParams" else None


def items(element: Element) -> list[Element]:
    """What a list element lists, in document order."""
    return element.children(ITEMS[element.tag])


def applies(message: Message, part: Part) -> bool:
    """Whether the message has such a part: a response has neither query nor form parameters."""
    return part == "Headers" or message.kind == "request"


def pairs(message: Message, part: Part) -> list[_Pair]:
    """The part's lines, in order."""
    if part == "Headers":
        return message.header_items()
    return message.parameters(form=part == "FormParams")


def put(message: Message, part: Part, lines: list[_Pair]) -> None:
    """Replace the part's lines."""
    if part == "Headers":
        message.load_headers(lines)
    else:
        message.set_parameters(part == "FormParams", lines)


@dataclass(frozen=True)
class Selection:
    """Lines of a part: those of the names, one of a name's values where an index is given.

    Without any names (None) every line is selected.
    """

    part: Part
    names: frozenset[tuple[str, int | None]] | None

    def split(self, message: Message) -> tuple[list[_Pair], list[_Pair]]:
        """The message's lines that are selected, and the others."""
        selected: list[_Pair] = []
        others: list[_Pair] = []
        seen: Counter[str] = Counter()
        for name, value in pairs(message, self.part):
            key = same(self.part, name)
            seen[key] += 1
            (selected if self._has(key, seen[key]) else others).append((name, value))
        return selected, others

    def _has(self, key: str, index: int) -> bool:
        return self.names is None or (key, None) in self.names or (key, index) in self.names


def same(part: Part, name: str) -> str:
    """What two names of the part have in common when they mean the same."""
    return name.lower() if part == "Headers" else name


def selection(element: Element, part: Part, text_counts: bool) -> Selection:
    """The selection of a list element in `<Copy>` or `<Remove>`. Raises BundleError.

    Each item's text is a boolean that can leave it out, unless `text_counts` is False: then a text
    is allowed and means nothing, as in the documentation's example of `<Copy>`.
    """
    found = items(element)
    names: set[tuple[str, int | None]] = set()
    for item in found:
        name, index = _indexed(item, item.required("name"))
        if not text_counts:
            item.text()
        elif not item.boolean(default=True):
            continue
        names.add((same(part, name), index))
    return Selection(part, frozenset(names) if found else None)


def _indexed(element: Element, text: str) -> tuple[str, int | None]:
    """Split `name.2`. An index below 1 is the documented deployment error InvalidIndex."""
    name, _, last = text.rpartition(".")
    digits = last.removeprefix("-")
    if not (name and digits.isascii() and digits.isdigit() and len(digits) < 9):
        return text, None
    if int(last) < 1:
        raise element.error(f'name "{text}": an index must be 1 or more')
    return name, int(last)
