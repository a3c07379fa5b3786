"""Data types of ExtractVariables: what a found value becomes in a flow variable.

Apigee documentation, "ExtractVariables policy": a value that its type can't hold is `UnableToCast`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Value

TYPES = ("string", "boolean", "integer", "long", "float", "double", "nodeset")

_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_BITS = {"integer": 31, "long": 63}


def type_of(element: Element, default: str | None) -> str:
    """The element's attribute `type`. Raises BundleError."""
    kind = element.attribute("type") or default
    if kind is None:
        raise element.error(f'attribute "type" is missing: one of {", ".join(TYPES)}')
    if kind not in TYPES:
        raise element.error(f'type "{kind}" is not one of {", ".join(TYPES)}')
    return kind


def converter(kind: str, policy: str) -> Callable[[str], Value]:
    """How a found text becomes a value of the type; raises Fault where it can't."""

    def refuse(text: str) -> Fault:
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        message = f"ExtractVariables[{policy}]: {shown!r} can't be cast to {kind}"
        return Fault("steps.extractvariables.UnableToCast", message)

    def boolean(text: str) -> Value:
        if text.strip().lower() not in ("true", "false"):
            raise refuse(text)
        return text.strip().lower() == "true"

    def whole(text: str) -> Value:
        limit = 1 << _BITS[kind]
        if not _WHOLE.fullmatch(text.strip()) or not -limit <= int(text) < limit:
            raise refuse(text)
        return int(text)

    def number(text: str) -> Value:
        found = float(text) if _NUMBER.fullmatch(text.strip()) and len(text) < 400 else math.nan
        if not math.isfinite(found):
            raise refuse(text)
        return found

    if kind in _BITS:
        return whole
    return {"boolean": boolean, "float": number, "double": number}.get(kind, lambda text: text)
