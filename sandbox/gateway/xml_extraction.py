"""`<XMLPayload>` of ExtractVariables: XPath 1.0 over a payload, with namespaces and types.

Apigee documentation, "ExtractVariables policy": the axes `parent`, `ancestor`, `following` and
`preceding` are not supported by Apigee, and so are refused here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

from sandbox.gateway.context import Context
from sandbox.gateway.extraction_types import converter, type_of
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.variables import Setter
from sandbox.gateway.xml_documents import compile_xpath, node_text, parse_document

SetterOf = Callable[[Element, str], Setter]
"""How an extracted variable of that name is set (the policy prefixes names)."""

Extract = Callable[[Context, str], None]
"""Extracts from a payload's text."""

_REFUSED = re.compile(r"\b(parent|ancestor|following|preceding)[a-z-]*\s*::|(?<!\.)\.\.(?!\.)")
_XML_TYPE = re.compile(r"(text/xml|application/xml|application/[^/]*\+xml)", re.IGNORECASE)
_WRAPPED = {"string": "string({})", "boolean": "string(boolean({}))", "nodeset": "{}"}


def is_xml(content_type: str) -> bool:
    """Whether a Content-Type is one from whose message XML is extracted."""
    return _XML_TYPE.fullmatch(content_type.partition(";")[0].strip()) is not None


def read_xml_payload(element: Element, policy: str, setter_of: SetterOf) -> Extract:
    """Read the element. Raises BundleError."""
    stop = element.flag("stopPayloadProcessing", default=False)
    namespaces = _namespaces(element.child("Namespaces"))
    variables = [
        _variable(child, policy, namespaces, setter_of) for child in element.children("Variable")
    ]
    if not variables:
        raise element.error("a <Variable> is needed")

    def extract(ctx: Context, text: str) -> None:
        try:
            root = parse_document(text)
            for assign in variables:
                if assign(ctx, root) and stop:
                    return
        except (ValueError, etree.XPathError) as error:
            message = f"Failed to execute the ExtractVariables: {policy}"
            raise Fault("steps.extractvariables.ExecutionFailed", message) from error

    return extract


def _namespaces(element: Element | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for child in element.children("Namespace") if element is not None else ():
        prefix, uri = child.required("prefix"), child.text()
        if prefix in found:
            raise child.error(f'prefix "{prefix}" is declared twice')
        if not uri:
            raise child.error(f'prefix "{prefix}" has no URI')
        found[prefix] = uri
    return found


_Assign = Callable[[Context, "etree._Element"], bool]  # noqa: SLF001  # lxml has no other name


def _variable(
    element: Element, policy: str, namespaces: dict[str, str], setter_of: SetterOf
) -> _Assign:
    put = setter_of(element, element.required("name"))
    kind = type_of(element, None)
    path = element.need("XPath")
    expression = path.text()
    select = _compiled(path, expression, namespaces)
    # A number is what its text says; its type is checked where it is found.
    wrapped = _WRAPPED.get(kind, _WRAPPED["string"]).format(expression)
    evaluate = _compiled(path, wrapped, namespaces)
    is_nodes = isinstance(_tried(path, select), list)
    if kind == "nodeset" and not is_nodes:
        raise path.error(f"{expression!r} finds no nodes, so its type can't be nodeset")
    convert = converter(kind, policy)

    def assign(ctx: Context, root: etree._Element) -> bool:
        if kind != "boolean" and is_nodes and not select(root):
            return False
        found = evaluate(root)
        text = "".join(map(node_text, found)) if isinstance(found, list) else str(found)
        put(ctx, convert(text))
        return True

    return assign


def _compiled(element: Element, expression: str, namespaces: dict[str, str]) -> etree.XPath:
    if not expression:
        raise element.error("the XPath is empty")
    if _REFUSED.search(re.sub(r"\"[^\"]*\"|'[^']*'", "", expression)):
        raise element.error(
            f"{expression!r}: Apigee supports no axis parent, ancestor, following or preceding"
        )
    try:
        return compile_xpath(expression, namespaces)
    except ValueError as error:
        raise element.error(str(error)) from error


def _tried(element: Element, select: etree.XPath) -> object:
    """What the expression finds in an empty document: undeclared names show only now."""
    try:
        return select(etree.Element("none"))
    except etree.XPathError as error:
        raise element.error(f"{select.path!r} is not an XPath: {error}") from error
