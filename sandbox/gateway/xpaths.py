"""XPath over XML text, for templates. Owns the data types of results and hostile input's limits.

Apigee documentation, "Message templates", "XPath function"; XPath 1.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from lxml import etree

_CONVERSIONS = {
    "number": "string(number({}))",
    "boolean": "string(boolean({}))",
    "string": "string({})",
}
_LONGEST = 5_000


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
        found = _compiled(wanted, spaces)(_parsed(source))
    except (ValueError, etree.LxmlError):
        return ""
    if isinstance(found, str):
        return str(found)
    if not isinstance(found, list):
        return ""
    return "".join(map(_text, found[:1] if kind == "node" else found))


def _text(node: object) -> str:
    if isinstance(node, etree._Element):  # noqa: SLF001  # lxml's only name for the type
        return etree.tostring(node, encoding="unicode", with_tail=False)
    return str(node)


@lru_cache(maxsize=512)
def _compiled(expression: str, spaces: tuple[tuple[str, str], ...]) -> etree.XPath:
    if len(expression) > _LONGEST or "\0" in expression:
        raise ValueError(f"an XPath of more than {_LONGEST:,} characters, or with a null character")
    try:
        return etree.XPath(expression, namespaces=dict(spaces), regexp=False, smart_strings=False)
    except (etree.XPathSyntaxError, TypeError, ValueError) as error:
        raise ValueError(f"{expression!r} is not an XPath: {error}") from error


def _parsed(source: str) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    root = etree.fromstring(source.strip().encode(), parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("a document type declaration is not allowed")
    return root
