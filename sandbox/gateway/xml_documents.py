"""XML that comes with requests: parsed without any document type, entity or network access; XPath 1.0.

Owns the limits against hostile texts and expressions. What is made of a finding is the callers'.
"""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

_LONGEST = 5_000


def parse_document(text: str) -> etree._Element:
    """The root of a document. Raises ValueError for a text that is none, or has a document type."""
    parser = etree.XMLParser(
        encoding="utf-8",  # whatever was declared: the text has been decoded already
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    try:
        root = etree.fromstring(text.strip().encode("utf-8", "surrogatepass"), parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not well-formed XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("a document type declaration is not allowed")
    return root


def compile_xpath(expression: str, namespaces: Mapping[str, str]) -> etree.XPath:
    """An XPath, compiled. Raises ValueError."""
    if len(expression) > _LONGEST or "\0" in expression:
        raise ValueError(f"an XPath of more than {_LONGEST:,} characters, or with a null character")
    try:
        return etree.XPath(
            expression, namespaces=dict(namespaces), regexp=False, smart_strings=False
        )
    except (etree.XPathSyntaxError, TypeError, ValueError) as error:
        raise ValueError(f"{expression!r} is not an XPath: {error}") from error


def node_text(node: object) -> str:
    """A found node: an element's XML, anything else's text."""
    if isinstance(node, etree._Element):  # noqa: SLF001  # lxml's only name for the type
        return etree.tostring(node, encoding="unicode", with_tail=False)
    return str(node)
