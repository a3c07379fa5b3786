"""Hardened reading of one XML file. Owns the parser's limits; what elements mean is the checks'."""

from __future__ import annotations

from lxml import etree

LARGEST_FILE = 2 * 1024 * 1024
"""Bytes of one XML file or script; Apigee's own files are kilobytes."""


class UnreadableError(Exception):
    """What could not be looked at, and why: `file` as the user sees it, `reason` for the user."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason


def parse(file: str, content: bytes) -> etree._Element:
    """The root element, comments kept. No DTD, no entity of the file's own, no network.

    Raises:
        UnreadableError: for what is too large, not well-formed, or has a document type.
    """
    if len(content) > LARGEST_FILE:
        raise UnreadableError(
            file, f"has {len(content):,} bytes; {LARGEST_FILE:,} are read at most"
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = getattr(error, "msg", str(error))
        raise UnreadableError(file, f"not well-formed XML: {reason}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableError(file, "has a document type declaration, which no bundle needs")
    return root
