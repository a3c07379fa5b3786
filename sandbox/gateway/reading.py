"""Compiles texts of a bundle's elements, so that every mistake names its file and element."""

from __future__ import annotations

from sandbox.gateway.conditions import ConditionError, compile_condition
from sandbox.gateway.markup import Element
from sandbox.gateway.model import Condition
from sandbox.gateway.templates import Template, TemplateError, compile_template
from sandbox.gateway.variables import Getter, Setter, UnsupportedVariableError, getter, setter


def condition_of(parent: Element) -> Condition | None:
    """The `<Condition>` of an element, or None where there is none."""
    element = parent.child("Condition")
    if element is None:
        return None
    try:
        return compile_condition(element.text())
    except (ConditionError, UnsupportedVariableError) as error:
        raise element.error(str(error)) from error


def template_of(element: Element, text: str, prefix: str = "{", suffix: str = "}") -> Template:
    """A template that belongs to the element; other delimiters than braces as `compile_template`'s."""
    try:
        return compile_template(text, prefix, suffix)
    except (TemplateError, UnsupportedVariableError) as error:
        raise element.error(str(error)) from error


def getter_of(element: Element, name: str) -> Getter:
    """A variable that the element reads."""
    if not name:
        raise element.error("a variable's name is missing")
    try:
        return getter(name)
    except UnsupportedVariableError as error:
        raise element.error(str(error)) from error


def setter_of(element: Element, name: str) -> Setter:
    """A variable that the element writes."""
    if not name:
        raise element.error("a variable's name is missing")
    try:
        return setter(name)
    except UnsupportedVariableError as error:
        raise element.error(str(error)) from error


def whole_number(element: Element, text: str, least: int, most: int) -> int:
    """A whole number within bounds, both included."""
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < 12):
        raise element.error(f"{text!r} is not a whole number")
    if not least <= int(text) <= most:
        raise element.error(f"{text} is not between {least:,} and {most:,}")
    return int(text)
