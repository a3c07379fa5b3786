"""`<JSONPayload>` of ExtractVariables: JSONPath over a payload, with types.

Apigee documentation, "ExtractVariables policy". A path may hold variables in braces. A path that
finds nothing is `InvalidJSONPath` unless unresolved variables are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from sandbox.gateway import paths
from sandbox.gateway.context import Context
from sandbox.gateway.extraction_types import converter, type_of
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.reading import template_of
from sandbox.gateway.variables import Setter

SetterOf = Callable[[Element, str], Setter]
"""How an extracted variable of that name is set (the policy prefixes names)."""

Extract = Callable[[Context, str], None]
"""Extracts from a payload's text."""

_Assign = Callable[[Context, object], None]
_FindIn = Callable[[Context, object], list[object]]


def is_json(content_type: str) -> bool:
    """Whether a Content-Type is the one from whose message JSON is extracted."""
    return content_type.partition(";")[0].strip().lower() == "application/json"


def read_json_payload(element: Element, policy: str, setter_of: SetterOf, lenient: bool) -> Extract:
    """Read the element. Raises BundleError."""
    variables = [_variable(c, policy, setter_of, lenient) for c in element.children("Variable")]
    if not variables:
        raise element.error("a <Variable> is needed")

    def extract(ctx: Context, text: str) -> None:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            message = f"Failed to execute the ExtractVariables: {policy}"
            raise Fault("steps.extractvariables.ExecutionFailed", message) from error
        for assign in variables:
            assign(ctx, document)

    return extract


def _variable(element: Element, policy: str, setter_of: SetterOf, lenient: bool) -> _Assign:
    put = setter_of(element, element.required("name"))
    kind = type_of(element, "string")
    path_element = element.need("JSONPath")
    path = path_element.text()
    if not path:
        raise path_element.error("the JSONPath is empty")
    find = (
        _templated(path_element, path, policy, lenient)
        if "{" in path
        else _fixed(path_element, path)
    )
    convert = converter(kind, policy)

    def assign(ctx: Context, document: object) -> None:
        found = find(ctx, document)
        if not found:
            if lenient:
                return
            message = f"Invalid JSON path {path} in ExtractVariables {policy}"
            raise Fault("steps.extractvariables.InvalidJSONPath", message)
        value = found[0] if len(found) == 1 else found
        if kind == "nodeset":
            put(ctx, json.dumps(value))
        else:
            put(ctx, None if value is None else convert(paths.as_text(value)))

    return assign


def _fixed(element: Element, path: str) -> _FindIn:
    try:
        find = paths.compile_path(path)
    except ValueError as error:
        raise element.error(str(error)) from error
    return lambda ctx, document: find(document)


def _templated(element: Element, path: str, policy: str, lenient: bool) -> _FindIn:
    fill = template_of(element, path)

    def find(ctx: Context, document: object) -> list[object]:
        filled = fill(ctx, lenient)
        try:
            return paths.compile_path(filled)(document)
        except ValueError as error:
            message = f"ExtractVariables[{policy}]: {filled!r} is no JSON path"
            raise Fault("steps.extractvariables.JsonPathParsingFailure", message) from error

    return find
