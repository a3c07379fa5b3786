"""XPath over XML text, for templates. Owns the data types of results.

Apigee documentation, "Message templates", "XPath function"; XPath 1.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from lxml import etree

from sandbox.gateway.xml_documents import compile_xpath, node_text, parse_document

_CONVERSIONS = {
    "number": "string(number({}))",
    "boolean": "string(boolean({}))",
    "string": "string({})",
}


def check(expression: str) -> None:
    """Raise ValueError where the text is no XPath."""
    _compiled(expression, ())


def evaluate(expression: str, source: str, options: Sequence[str]) -> str:
    """What the expression finds in the XML `source`, as text; nothing where it doesn't match.

    The first option may be a data type (nodeset, node, number, boolean, string); those with a colon
    are namespaces, `prefix:uri`. Several nodes follow one another. Text that is no XPath, or no XML
    without a document type, finds nothing.
    """
    kind = options[0].lower() if options and ":" not in options[0] else "nodeset"
    parts = [option.partition(":") for option in options]
    spaces = tuple((prefix, uri) for prefix, colon, uri in parts if colon)
    wanted = _CONVERSIONS.get(kind, "{}").format(expression)
    try:
        found = _compiled(wanted, spaces)(parse_document(source))
    except (ValueError, etree.LxmlError):
        return ""
    if isinstance(found, str):
        return str(found)
    if not isinstance(found, list):
        return ""
    return "".join(map(node_text, found[:1] if kind == "node" else found))


@lru_cache(maxsize=512)
def _compiled(expression: str, spaces: tuple[tuple[str, str], ...]) -> etree.XPath:
    return compile_xpath(expression, dict(spaces))
