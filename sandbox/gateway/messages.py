"""HTTP messages as flows see them, and what else a variable holds. Knows no variables' names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from urllib.parse import parse_qsl, urlencode

Kind = Literal["request", "response"]

FORM = "application/x-www-form-urlencoded"


class Message:
    """A request or a response. Header names are compared without regard to case.

    `query` is the raw query string of a request, without the question mark.
    """

    __slots__ = (
        "_headers",
        "content",
        "kind",
        "path",
        "query",
        "reason",
        "status",
        "verb",
        "version",
    )

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind
        self.verb = "GET"
        self.path = ""
        self.query = ""
        self.version = "1.1"
        self.status = 200
        self.reason = ""
        self.content = b""
        self._headers: dict[str, tuple[str, list[str]]] = {}

    def text(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", "replace")

    def header(self, name: str) -> str | None:
        """The first value of a header, or None."""
        found = self._headers.get(name.lower())
        return found[1][0] if found else None

    def header_values(self, name: str) -> list[str]:
        """All values of a header, in order."""
        found = self._headers.get(name.lower())
        return list(found[1]) if found else []

    def header_names(self) -> list[str]:
        """The headers' names as they were written."""
        return [name for name, _ in self._headers.values()]

    def header_items(self) -> list[tuple[str, str]]:
        """Name and value of every header line."""
        return [(name, value) for name, values in self._headers.values() for value in values]

    def set_header(self, name: str, value: str) -> None:
        """Give a header one value instead of any that it has."""
        self._headers[name.lower()] = (name, [value])

    def add_header(self, name: str, value: str) -> None:
        """Give a header a further value."""
        self._headers.setdefault(name.lower(), (name, []))[1].append(value)

    def remove_header(self, name: str) -> None:
        """Drop a header with all its values; nothing happens when it is absent."""
        self._headers.pop(name.lower(), None)

    def clear_headers(self) -> None:
        """Drop every header."""
        self._headers.clear()

    def load_headers(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Replace the headers by lines as they came over the wire."""
        self._headers.clear()
        for name, value in pairs:
            self.add_header(name, value)

    @property
    def is_form(self) -> bool:
        """Whether the content is a form by its type."""
        content_type = (self.header("content-type") or "").partition(";")[0]
        return content_type.strip().lower() == FORM

    def parameters(self, form: bool) -> list[tuple[str, str]]:
        """Query parameters, or form parameters where the content is a form; decoded, in order."""
        if not form:
            return parse_qsl(self.query, keep_blank_values=True)
        if not self.is_form:
            return []
        return parse_qsl(self.text(), keep_blank_values=True)

    def set_parameters(self, form: bool, pairs: list[tuple[str, str]]) -> None:
        """Replace all query or form parameters; a form also sets the content type."""
        if form:
            self.content = urlencode(pairs, errors="replace").encode()
            self.set_header("Content-Type", FORM)
        else:
            self.query = urlencode(pairs, errors="replace")

    def copy(self) -> Message:
        """An independent copy."""
        other = Message(self.kind)
        for name in ("verb", "path", "query", "version", "status", "reason", "content"):
            setattr(other, name, getattr(self, name))
        other.load_headers(self.header_items())
        return other


def encoded(text: str) -> bytes:
    """Text as UTF-8; what no encoding can write becomes a question mark, as in Java."""
    return text.encode("utf-8", "replace")


Value = str | int | float | bool | Message | None
"""What a flow variable can hold."""
