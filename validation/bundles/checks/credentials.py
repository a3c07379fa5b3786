"""The check that no credential stands in a bundle."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from validation.bundles.check import DOCUMENTATION, Check, Hit
from validation.bundles.model import Bundle, text_of
from validation.bundles.naming import looks_secret
from validation.bundles.variables import read_by

_SCHEME = re.compile(r"(?:Basic|Bearer)\s+[A-Za-z0-9+/._~-]{6,}=*", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"://[^/{}@\s]+:[^/{}@\s]+@")
_IN_PAYLOAD = re.compile(r"""(?:^|[&"'{,\s])([\w-]+)["']?\s*[=:]\s*["']?([^"'&{}\s,]+)""")
_PLACEHOLDER = re.compile(
    r"[\[(<@$#*%].*|.*\*{3}.*|x+|null|none|undefined|true|false", re.IGNORECASE
)
_NAMED = ("Header", "QueryParam", "FormParam", "Parameter")


def _hard_coded(bundle: Bundle) -> Iterator[Hit]:
    for document in bundle.documents:
        for element in document.elements():
            name = _named_literal(element)
            if name is not None:
                yield Hit(document, element, f"{name} is written out in the bundle")


def _named_literal(element: etree._Element) -> str | None:
    """What the element gives a credential for, where it is given in clear."""
    text = text_of(element)
    if element.tag == "AssignVariable":
        name, value = text_of(element, "Name"), text_of(element, "Value")
        return name if looks_secret(name) and _is_literal(value) else None
    if element.tag == "URL":
        return "a password in the address" if _IN_ADDRESS.search(text) else None
    if element.tag in ("SecretKey", "Password"):
        value = text_of(element, "Value") or text
        return str(element.tag) if _is_literal(value) and not element.get("ref") else None
    if element.tag == "Payload":
        return _in_payload(text)
    return _in_named(element, text) if element.tag in _NAMED else None


def _in_payload(text: str) -> str | None:
    pairs = _IN_PAYLOAD.findall(text)
    return next((name for name, value in pairs if looks_secret(name) and _is_literal(value)), None)


def _in_named(element: etree._Element, text: str) -> str | None:
    name = str(element.get("name"))
    # A shared flow's parameter of that name has a secret's name as often as its value.
    if read_by(element) or (element.tag == "Parameter" and name == "secret"):
        return None
    is_credential = _SCHEME.fullmatch(text) or (looks_secret(name) and _is_literal(text))
    return name if is_credential else None


def _is_literal(value: str) -> bool:
    return len(value) > 1 and not _PLACEHOLDER.fullmatch(value) and "{" not in value


CHECKS = (
    Check(
        "AKV107",
        "error",
        "A credential is written out in the bundle.",
        "Fetch it: `<FlowCallout>` of `azure-key-vault` with the secret's name. Then change it, for "
        "whoever read the bundle has it.",
        f"{DOCUMENTATION}/security/api-security",
        _hard_coded,
    ),
)
