"""Elements whose value is a literal, or that of the variable in their attribute `ref`.

Apigee documentation, policy references: the variable comes first, and the element's text is what
counts where it isn't set.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.gateway.context import Context
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Value
from sandbox.gateway.reading import getter_of
from sandbox.gateway.templates import UnresolvedError
from sandbox.gateway.variables import Getter, as_text


@dataclass(frozen=True)
class Referenced:
    """What an element says; `ref` and `literal` are empty where they are absent."""

    ref: str
    literal: str
    get: Getter | None

    @classmethod
    def of(cls, element: Element, ref: str, literal: str) -> Referenced:
        """What an element says in attributes of other names. Raises BundleError."""
        if not (ref or literal):
            raise element.error("a value is missing")
        return cls(ref, literal, getter_of(element, ref) if ref else None)

    def value(self, ctx: Context) -> Value:
        """The variable's value, or else the literal; None where there is neither."""
        found = self.get(ctx) if self.get is not None else None
        return found if found is not None else self.literal or None

    def text(self, ctx: Context) -> str | None:
        """As `value`, as text."""
        found = self.value(ctx)
        return None if found is None else as_text(found)

    def needed(self, ctx: Context) -> str:
        """As `text`. Raises UnresolvedError for a variable that isn't set, without a literal."""
        found = self.value(ctx)
        if found is None:
            raise UnresolvedError(self.ref)
        return as_text(found)


def referenced(element: Element, raw: bool = False) -> Referenced:
    """Read an element; `raw` keeps the blanks around its text. Raises BundleError."""
    ref = (element.attribute("ref") or "").strip()
    text = element.raw_text() if raw else element.text()
    return Referenced(ref, text, getter_of(element, ref) if ref else None)


def required(element: Element) -> Referenced:
    """As `referenced`, for an element that must say something. Raises BundleError."""
    found = referenced(element)
    if not (found.ref or found.literal):
        raise element.error('a value, or the attribute "ref", is missing')
    return found


def either(element: Element) -> Referenced:
    """As `required`, for an element in which one excludes the other. Raises BundleError."""
    found = required(element)
    if found.ref and found.literal:
        raise element.error('"ref" and a literal exclude each other')
    return found


def private(element: Element) -> Referenced:
    """A secret: by `ref`, from a variable that begins with `private.`. Raises BundleError."""
    found = referenced(element)
    if found.literal:
        raise element.error('a secret can\'t be written here: name its variable in "ref"')
    if not found.ref.startswith("private."):
        raise element.error('attribute "ref" must name a variable that begins with private.')
    return found
