"""One bundle as parsed XML, for the checks. Owns the shape and plain look-ups; judges nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from lxml import etree


@dataclass(frozen=True)
class Document:
    """One XML file: its path as the user sees it, and its root element."""

    path: str
    root: etree._Element

    @property
    def name(self) -> str:
        """The name that steps use: the root's attribute, else the file's name."""
        return str(self.root.get("name") or PurePosixPath(self.path).stem)

    def elements(self, *tags: str) -> Iterator[etree._Element]:
        """Every element with one of the tags (all, without any), the root too; no comments."""
        yield from self.root.iter(*(tags or (etree.Element,)))


@dataclass(frozen=True)
class Bundle:
    """A proxy (`apiproxy`) or shared flow (`sharedflowbundle`).

    Attributes:
        kind: the name of the bundle's root folder.
        name: as its descriptor has it.
        policies: by the name that steps use.
        proxies: proxy endpoints.
        targets: target endpoints.
        flows: shared flows.
        scripts: the text of all script resources, joined.
        path: the bundle's root folder, as the user sees it.
    """

    kind: str
    name: str
    policies: dict[str, Document]
    proxies: tuple[Document, ...]
    targets: tuple[Document, ...]
    flows: tuple[Document, ...]
    scripts: str
    path: str

    @property
    def endpoints(self) -> tuple[Document, ...]:
        """All files that attach policies."""
        return (*self.proxies, *self.targets, *self.flows)

    @property
    def documents(self) -> tuple[Document, ...]:
        """All files that the checks read."""
        return (*self.policies.values(), *self.endpoints)

    def policies_of(self, *types: str) -> Iterator[Document]:
        """The policies with one of the root elements."""
        for document in self.policies.values():
            if document.root.tag in types:
                yield document

    def steps(self) -> Iterator[tuple[Document, etree._Element]]:
        """Every step of every endpoint, with its file."""
        for document in self.endpoints:
            for step in document.elements("Step"):
                yield document, step

    def conditions(self) -> Iterator[tuple[Document, etree._Element]]:
        """Every condition of every endpoint, with its file."""
        for document in self.endpoints:
            for condition in document.elements("Condition"):
                yield document, condition


def text_of(element: etree._Element | None, path: str = "") -> str:
    """The text of an element, or of its first descendant at a path; blank where there is none."""
    if element is None:
        return ""
    found = element.find(path) if path else element
    return (found.text or "").strip() if found is not None else ""


def is_true(element: etree._Element | None, path: str = "") -> bool:
    """Whether an element, or its first descendant at a path, says true."""
    return text_of(element, path).lower() == "true"


def line_of(element: etree._Element) -> int:
    """The line of an element or comment in its file, from 1."""
    line: int | None = getattr(element, "sourceline", None)
    return line or 1


def continues_on_error(policy: Document) -> bool:
    """Whether a policy's failure lets the request go on."""
    return str(policy.root.get("continueOnError")).strip().lower() == "true"
