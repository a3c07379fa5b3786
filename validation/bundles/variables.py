"""Which variables a bundle reads and writes, and where. Judges nothing.

Apigee documentation, "Flow variables reference" and the pages of the policies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from validation.bundles import conditions
from validation.bundles.model import Bundle, Document, text_of

TEMPLATED = (
    *("FormParam", "Header", "LogName", "Message", "Parameter", "Path", "Payload", "QueryParam"),
    *("ReasonPhrase", "StatusCode", "Template", "URL", "Verb"),
)
"""Elements whose text may hold variables in braces."""

_NAME = r"[A-Za-z_][\w.\-]*"
_FUNCTION = re.compile(r"\{\w+\(([^{}]*)\)\}")
_QUOTED = re.compile(r"'[^']*'")
_PATTERN = re.compile(r"\{([\w.\-]+)\}")


@dataclass(frozen=True)
class Use:
    """A variable at one place; `literal` is what it is set to, where that stands in the bundle."""

    document: Document
    element: etree._Element
    variable: str
    literal: str | None = None


def in_template(text: str, prefix: str = "{", suffix: str = "}") -> set[str]:
    """Variables that a message template reads, arguments of its functions too."""
    found = set(re.findall(rf"{re.escape(prefix)}({_NAME}){re.escape(suffix)}", text))
    for arguments in _FUNCTION.findall(text):
        found.update(re.findall(_NAME, _QUOTED.sub("", arguments)))
    return found


def read_by(element: etree._Element) -> set[str]:
    """Variables that one element reads by itself: in its text or its attributes."""
    found = {str(value) for key, value in element.attrib.items() if key in ("ref", "uriRef")}
    if element.tag in ("Ref", "Source") and len(element) == 0:
        found.add(text_of(element))
    elif element.tag in TEMPLATED:
        prefix = str(element.get("variablePrefix") or "{")
        found |= in_template(element.text or "", prefix, str(element.get("variableSuffix") or "}"))
    return found - {""}


def read_within(element: etree._Element) -> set[str]:
    """Variables that an element and all beneath it read."""
    return {name for part in element.iter(etree.Element) for name in read_by(part)}


def reads(bundle: Bundle) -> Iterator[Use]:
    """Every place where a policy, a target or a condition reads a variable."""
    for document in bundle.documents:
        for element in document.elements():
            named = read_by(element)
            if element.tag == "Condition":
                named = conditions.variables(element.text or "")
            for variable in sorted(named):
                yield Use(document, element, variable)


def writes(bundle: Bundle) -> Iterator[Use]:
    """Every place where a policy says which variable it sets. Messages come as their bare name."""
    for policy in bundle.policies.values():
        yield from _WRITERS.get(str(policy.root.tag), _anything)(policy)


def _anything(policy: Document) -> Iterator[Use]:
    """Policies of other types name their variables in one of these."""
    for element in policy.elements("AssignTo", "OutputVariable", "Output", "Response"):
        if text_of(element):
            yield Use(policy, element, text_of(element))
    for element in policy.elements("AssignVariable"):
        yield from _assigned(policy, element)


def _assigned(policy: Document, assign: etree._Element) -> Iterator[Use]:
    has_source = assign.find("Ref") is not None or assign.find("Template") is not None
    value = assign.find("Value")
    literal = text_of(value) if value is not None and not has_source else None
    if text_of(assign, "Name"):
        yield Use(policy, assign, text_of(assign, "Name"), literal)


def _extract(policy: Document) -> Iterator[Use]:
    prefix = text_of(policy.root, "VariablePrefix")
    for element in policy.elements("Variable", "Pattern"):
        names = [str(element.get("name"))] if element.find("Pattern") is None else []
        if element.tag == "Pattern":
            names = _PATTERN.findall(element.text or "")
        for name in names:
            yield Use(policy, element, f"{prefix}.{name}" if prefix else name)


def _key_values(policy: Document) -> Iterator[Use]:
    for element in policy.elements("Get"):
        yield Use(policy, element, str(element.get("assignTo")))


def _callout(policy: Document) -> Iterator[Use]:
    for element in policy.elements("Request", "Response"):
        name = str(element.get("variable") or "") if element.tag == "Request" else text_of(element)
        if name:
            yield Use(policy, element, name)


def _flow(policy: Document) -> Iterator[Use]:
    for element in policy.elements("Parameter"):
        yield Use(policy, element, str(element.get("name")))


_WRITERS = {
    "ExtractVariables": _extract,
    "FlowCallout": _flow,
    "KeyValueMapOperations": _key_values,
    "ServiceCallout": _callout,
}


def carriers(bundle: Bundle) -> set[str]:
    """Messages that a private variable was read from: what they hold is as secret."""
    found = set()
    for policy in bundle.policies_of("ExtractVariables"):
        source = text_of(policy.root, "Source")
        if source and any(use.variable.startswith("private.") for use in _extract(policy)):
            found.add(source)
    return found - {"request", "response", "message"}
