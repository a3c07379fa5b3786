"""Strict reading of a bundle's XML. Owns the parser's limits and the rule that nothing is ignored.

A reader asks an `Element` for what it understands; `finish` refuses whatever nobody asked for. What
the elements mean is for the readers.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from lxml import etree


class BundleError(Exception):
    """A bundle that can't be executed: which file, which element, what is wrong with it.

    `attribute` is set where one of the element's attributes is wrong; `position` leads to the
    element in the file, by the index of each child element from the root down.
    """

    def __init__(
        self,
        file: str,
        element: str,
        message: str,
        attribute: str = "",
        position: tuple[int, ...] = (),
    ) -> None:
        where = f"{file}: {element}" if element else file
        super().__init__(f"{where}: {message}" if where else message)
        self.file = file
        self.element = element
        self.message = message
        self.attribute = attribute
        self.position = position


class Element:
    """A cursor over one XML element that remembers what has been read of it."""

    def __init__(
        self, file: str, node: etree._Element, path: str = "", position: tuple[int, ...] = ()
    ) -> None:
        self.file = file
        self.tag = str(node.tag)
        self.path = f"{path}/{self.tag}" if path else self.tag
        self._position = position
        self._node = node
        self._text = node.text or ""
        self._attributes = {str(name): str(value) for name, value in node.attrib.items()}
        self._children: list[Element] = []
        self._read: set[int] = set()
        self._stray = ""
        for index, child in enumerate(node):
            self._children.append(Element(file, child, self.path, (*position, index)))
            if (child.tail or "").strip():
                self._stray = self._stray or str(child.tag)

    def error(self, message: str, attribute: str = "") -> BundleError:
        """A BundleError that names this element, and the attribute where one is at fault."""
        return BundleError(self.file, self.path, message, attribute, self._position)

    def unsupported(self) -> BundleError:
        """A BundleError that refuses this element."""
        return self.error("element is not supported by the sandbox's runtime")

    def attribute(self, name: str) -> str | None:
        """The attribute's value, or None."""
        return self._attributes.pop(name, None)

    def required(self, name: str) -> str:
        """The attribute's value. Raises BundleError when it is absent or blank."""
        value = (self.attribute(name) or "").strip()
        if not value:
            raise self.error(f'attribute "{name}" is missing', name)
        return value

    def flag(self, name: str, default: bool) -> bool:
        """A boolean attribute. Raises BundleError for anything but true and false."""
        return self._boolean(self.attribute(name), default, name)

    def child(self, tag: str) -> Element | None:
        """The one child with that tag, or None. Raises BundleError when there are several."""
        found = self.children(tag)
        if len(found) > 1:
            raise self.error(f"<{tag}> is given {len(found)} times; once is allowed")
        return found[0] if found else None

    def need(self, tag: str) -> Element:
        """The one child with that tag. Raises BundleError when it is absent."""
        found = self.child(tag)
        if found is None:
            raise self.error(f"<{tag}> is missing")
        return found

    def children(self, tag: str) -> list[Element]:
        """All children with that tag, in document order."""
        found = [(i, child) for i, child in enumerate(self._children) if child.tag == tag]
        self._read.update(i for i, _ in found)
        return [child for _, child in found]

    def every(self) -> Iterator[Element]:
        """All children in document order; the reader must refuse tags that it doesn't know."""
        self._read.update(range(len(self._children)))
        return iter(self._children)

    @property
    def is_leaf(self) -> bool:
        """Whether there are no child elements."""
        return not self._children

    def raw_text(self) -> str:
        """The element's text as it stands."""
        text, self._text = self._text, ""
        return text

    def text(self) -> str:
        """The element's text without surrounding blanks."""
        return self.raw_text().strip()

    def inner_xml(self) -> str:
        """What stands in the element as it stands: its text or, where it has children, its XML."""
        if self.is_leaf:
            return self.raw_text()
        found = [escape(self._text)]
        found += [etree.tostring(child, encoding="unicode") for child in self._node]
        self._skip_content()
        return "".join(found)

    def boolean(self, default: bool) -> bool:
        """The element's text as a boolean; `default` when it is empty."""
        return self._boolean(self.text() or None, default, "")

    def boolean_of(self, tag: str, default: bool) -> bool:
        """The boolean of the one child with that tag; `default` when it is absent or empty."""
        found = self.child(tag)
        return default if found is None else found.boolean(default)

    def value_of(self, tag: str) -> str | None:
        """The text of the one child with that tag, or None."""
        found = self.child(tag)
        return None if found is None else found.text()

    def skip(self, *tags: str) -> None:
        """Mark children that only describe (a display name, say) as read, whatever is in them."""
        for tag in tags:
            for child in self.children(tag):
                child.skip_all()

    def skip_empty(self, tag: str) -> None:
        """Accept a child that is there but says nothing. Raises BundleError when it does."""
        for child in self.children(tag):
            child.finish()

    def skip_all(self) -> None:
        """Mark the whole element as read."""
        self._attributes.clear()
        self._skip_content()

    def _skip_content(self) -> None:
        self._text = self._stray = ""
        for child in self.every():
            child.skip_all()

    def finish(self) -> None:
        """Raise BundleError for any attribute, element or text that nobody read."""
        for name in self._attributes:
            raise self.error(f'attribute "{name}" is not supported by the sandbox\'s runtime', name)
        if self._text.strip():
            raise self.error("text is not expected here")
        if self._stray:
            raise self.error(f"text after <{self._stray}> has no meaning here")
        for index, child in enumerate(self._children):
            if index not in self._read:
                raise child.unsupported()
            child.finish()

    def _boolean(self, value: str | None, default: bool, attribute: str) -> bool:
        if value is None:
            return default
        if value.strip().lower() not in ("true", "false"):
            what = f'attribute "{attribute}"' if attribute else "value"
            raise self.error(f'{what} "{value}" is neither true nor false', attribute)
        return value.strip().lower() == "true"


def parse(file: str, content: bytes) -> Element:
    """Read one XML file, with no DTD, entity or network access. Raises BundleError."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BundleError(file, "", f"not well-formed XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BundleError(file, "", "a document type declaration is not allowed")
    return Element(file, root)
