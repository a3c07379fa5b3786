"""`<AssignVariable>` of AssignMessage and RaiseFault.

Apigee documentation, "AssignMessage policy": of the sources, a template comes before a reference,
and a literal value is what is left when the reference finds nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.gateway.context import Context
from sandbox.gateway.markup import Element
from sandbox.gateway.message_actions import Action
from sandbox.gateway.messages import Message, Value
from sandbox.gateway.reading import getter_of, setter_of, template_of
from sandbox.gateway.templates import (
    TemplateError,
    UnresolvedError,
    held_template,
)
from sandbox.gateway.variables import (
    CannotSetError,
    Setter,
    UnsupportedVariableError,
    as_text,
    getter,
)

_Read = Callable[[Context, bool], Value]


def assign_variable(element: Element) -> Action:
    """The action of one `<AssignVariable>`. Raises BundleError."""
    name_element = element.need("Name")
    name = _name(name_element)
    put: Setter = setter_of(name_element, name)
    value = element.child("Value")
    literal = None if value is None else value.raw_text()
    template, ref = element.child("Template"), element.child("Ref")
    read: _Read
    if template is not None:
        read = _templated(template, name)
        if ref is not None:
            ref.text()
    elif ref is not None and (variable := _name(ref)):
        read = _referenced(getter_of(ref, variable), variable, literal)
    elif literal is not None:
        return lambda ctx, message, lenient: put(ctx, literal)
    elif (found := element.child("PropertySetRef")) is not None:
        read = _property(found)
    else:
        raise element.error("one of <Template>, <Ref>, <Value> and <PropertySetRef> is needed")
    return lambda ctx, message, lenient: put(ctx, read(ctx, lenient))


def _name(element: Element) -> str:
    """A variable's name, which is a literal without braces; may be empty."""
    text = element.text()
    if "{" in text or "}" in text:
        raise element.error(f"{text!r} is no variable's name: leave the braces out")
    return text


def _referenced(get: Callable[[Context], Value], name: str, literal: str | None) -> _Read:
    def read(ctx: Context, lenient: bool) -> Value:
        found = get(ctx)
        if found is None:
            if literal is None and not lenient:
                raise UnresolvedError(name)
            return literal
        return found

    return read


def _templated(element: Element, name: str) -> _Read:
    """A template's text, or the template that a variable holds; the text where it holds none."""
    ref, text = element.attribute("ref"), element.raw_text()
    if not ref:
        return template_of(element, text)
    get = getter_of(element, ref)
    own = template_of(element, text) if text.strip() else None

    def read(ctx: Context, lenient: bool) -> Value:
        held = get(ctx)
        if held is None or isinstance(held, Message):
            if own is None and not lenient:
                raise UnresolvedError(ref)
            return own(ctx, lenient) if own is not None else None
        try:
            fill = held_template(as_text(held))
        except (TemplateError, UnsupportedVariableError) as error:
            raise CannotSetError(name) from error
        return fill(ctx, lenient)

    return read


def _property(element: Element) -> _Read:
    """A property whose set and key a template names, `SET.KEY`."""
    fill = template_of(element, element.text())

    def read(ctx: Context, lenient: bool) -> Value:
        name = f"propertyset.{fill(ctx, lenient)}"
        try:
            found = getter(name)(ctx)
        except UnsupportedVariableError:  # what the template made is no SET.KEY
            found = None
        if found is None and not lenient:
            raise UnresolvedError(name)
        return found

    return read
