"""An environment's debug mask: what a debug session shows as asterisks.

Apigee documentation, "Masking and hiding data". Paths apply to the flow's own request, response and
error messages; a message that a policy made is masked by its variables' names (`kvResponse.content`).
Owns the masking of texts; what is recorded is `debug_trace`'s.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import jsonpath
from lxml import etree

from sandbox.gateway.xml_documents import parse_document
from sandbox.store import Body, Store

MASKED = "**********"

_MASK = "gcp:apigee/environmentDebugmask:EnvironmentDebugmask"
_JSON = {"request": "requestJsonPaths", "response": "responseJsonPaths"}
_XML = {"request": "requestXPaths", "response": "responseXPaths", "error": "faultXPaths"}

_log = logging.getLogger(__name__)


def mask_of(store: Store, organization: str, environment: str) -> Mask:
    """The environment's mask as it is now; without one nothing is masked."""
    found = store.get(_MASK, f"organizations/{organization}/environments/{environment}/debugmask")
    return Mask(found.body if found is not None else {})


class Mask:
    """A mask's rules. A path that is none masks nothing, with a word in the log."""

    def __init__(self, body: Body) -> None:
        self._variables = {str(name).lower() for name in body.get("variables") or ()}
        self._json = {kind: list(body.get(key) or ()) for kind, key in _JSON.items()}
        self._xml = {kind: list(body.get(key) or ()) for kind, key in _XML.items()}
        self._namespaces: Mapping[str, str] = body.get("namespaces") or {}

    def hides(self, variable: str) -> bool:
        """Whether the variable's value is masked."""
        return variable.lower() in self._variables

    def content(self, message: str, text: str) -> str:
        """The content of the message of that name, with what the paths find masked."""
        for path in self._json.get(message, ()):
            text = _masked_json(path, text)
        if self._xml.get(message):
            text = _masked_xml(self._xml[message], self._namespaces, text)
        return text


def _masked_json(path: str, text: str) -> str:
    try:
        document: Any = json.loads(text)
        found = [match.parts for match in jsonpath.finditer(path, document)]
    except jsonpath.JSONPathError as error:
        _log.warning("debug mask: %r is not a JSONPath: %s", path, error)
        return text
    except (ValueError, RecursionError):
        return text
    for parts in found:
        if not parts:
            return json.dumps(MASKED)
        holder = document
        for part in parts[:-1]:
            holder = holder[part]
            if holder == MASKED:
                break
        else:
            holder[parts[-1]] = MASKED
    return json.dumps(document) if found else text


def _masked_xml(paths: Sequence[str], namespaces: Mapping[str, str], text: str) -> str:
    try:
        root = parse_document(text)
    except ValueError:
        return text
    for path in paths:
        try:
            found = root.xpath(path, namespaces=dict(namespaces))
        except (etree.XPathError, ValueError) as error:
            _log.warning("debug mask: %r is not an XPath: %s", path, error)
            continue
        for node in found if isinstance(found, list) else ():
            _mask_node(node)
    return etree.tostring(root, encoding="unicode")


def _mask_node(node: Any) -> None:
    if isinstance(node, etree._Element):  # noqa: SLF001 - lxml's only name for the type
        for child in list(node):
            node.remove(child)
        node.text = MASKED
        return
    parent = node.getparent()
    if node.is_attribute:
        parent.set(node.attrname, MASKED)
    elif node.is_tail:
        parent.tail = MASKED
    else:
        parent.text = MASKED
