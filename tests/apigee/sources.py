"""The bundles' sources as parsed XML, for the tests of this folder. Owns reading, not judging."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).parents[2] / "apigee"
SHARED_FLOW = ROOT / "sharedflows" / "azure-key-vault" / "sharedflowbundle"
PROXY = ROOT / "proxies" / "orders-v1" / "apiproxy"
PROXIES = sorted((ROOT / "proxies").glob("*/apiproxy"))

_FLOW_FOLDERS = ("sharedflows", "proxies", "targets")
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)


@dataclass(frozen=True)
class Bundle:
    """One bundle: its policies by file name, and its flows (endpoints or shared flows) by path."""

    policies: dict[str, etree._Element]
    flows: dict[str, etree._Element]

    def steps(self) -> Iterator[etree._Element]:
        """Every step of every flow, in the order of the files."""
        for flow in self.flows.values():
            yield from flow.iter("Step")

    def elements(self) -> Iterator[tuple[str, etree._Element]]:
        """Every element of the bundle with the name of its file."""
        for name, root in (self.policies | self.flows).items():
            for element in root.iter(etree.Element):
                yield name, element

    def policy(self, name: str) -> etree._Element:
        """The policy of that name."""
        return self.policies[name]

    def step(self, name: str) -> etree._Element:
        """The first step that runs the policy."""
        return next(step for step in self.steps() if step.findtext("Name") == name)


def read(root: Path) -> Bundle:
    """Parse the bundle whose root folder (`apiproxy` or `sharedflowbundle`) is given."""
    policies = {path.stem: _parse(path) for path in sorted((root / "policies").glob("*.xml"))}
    flows = {
        path.relative_to(root).as_posix(): _parse(path)
        for folder in _FLOW_FOLDERS
        for path in sorted((root / folder).glob("*.xml"))
    }
    return Bundle(policies, flows)


def texts(element: etree._Element) -> Iterator[str]:
    """Every text and attribute value beneath an element."""
    for part in element.iter(etree.Element):
        yield part.text or ""
        yield from (str(value) for value in part.attrib.values())


def references(element: etree._Element) -> set[str]:
    """Names of the variables that an element reads: in templates, `ref` attributes and `Ref`s."""
    found: set[str] = set()
    for part in element.iter(etree.Element):
        found.update(str(value) for key, value in part.attrib.items() if key == "ref")
        if part.tag in {"Ref", "Source"}:
            found.add((part.text or "").strip())
        found.update(re.findall(r"\{([\w.\-]+)\}", part.text or ""))
        for arguments in re.findall(r"\{\w+\(([^{}]*)\)\}", part.text or ""):
            found.update(re.findall(r"(?:^|,)([\w.\-]+)", arguments))
    return found


def _parse(path: Path) -> etree._Element:
    return etree.parse(path, _PARSER).getroot()
