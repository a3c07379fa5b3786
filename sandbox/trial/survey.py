"""Lists all that the runtime refuses in a bundle, where loading it stops at the first.

What was refused is taken out of a copy and the rest is loaded again, until it loads or nothing more
can be taken out. A refusal that only says what was taken out isn't told again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from sandbox.gateway import bundle
from sandbox.gateway.bundle import Bundle, BundleError
from sandbox.gateway.revisions import Kind
from sandbox.trial.samples import pack

_MOST = 500
# The policies that there are, after one that isn't: the same each time.
_LIST = re.compile(r" \([A-Za-z, ]+ are\)$")
# What stands in for a file that can't be mended: it loads, and keeps the name that others refer to.
_STAND_INS = {
    "MessageLogging": (
        '<MessageLogging name="{}"><CloudLogging><LogName>projects/p/logs/l</LogName>'
        "<Message>m</Message></CloudLogging></MessageLogging>"
    ),
    "policies": (
        '<AssignMessage name="{}"><AssignVariable><Name>a</Name><Value>b</Value></AssignVariable>'
        "</AssignMessage>"
    ),
    "targets": (
        '<TargetEndpoint name="{}"><HTTPTargetConnection><URL>https://stand-in.invalid</URL>'
        "</HTTPTargetConnection></TargetEndpoint>"
    ),
    "proxies": (
        '<ProxyEndpoint name="{0}"><HTTPProxyConnection><BasePath>/stand-in/{1}</BasePath>'
        '</HTTPProxyConnection><RouteRule name="r"/></ProxyEndpoint>'
    ),
    "sharedflows": '<SharedFlow name="{}"/>',
}


@dataclass(frozen=True)
class Refusal:
    """One thing that the runtime refuses. `element` is its path, empty for a file as a whole."""

    file: str
    element: str
    attribute: str
    message: str

    @property
    def where(self) -> str:
        """File beneath the bundle's folder, element and attribute."""
        file = self.file.partition("/")[2] or self.file
        attribute = f" @{self.attribute}" if self.attribute else ""
        return f"{file}: {self.element}{attribute}" if self.element else file


def survey(files: Mapping[str, bytes], kind: Kind) -> tuple[Bundle | None, list[Refusal]]:
    """The bundle, where all of it can be executed, and everything that can't."""
    work = _Copy(dict(files))
    found: list[Refusal] = []
    for _ in range(_MOST):
        try:
            loaded = bundle.load(pack(work.files), kind)
        except BundleError as error:
            if not work.is_known(error):
                message = _LIST.sub("", error.message)
                found.append(Refusal(error.file, error.element, error.attribute, message))
            if not work.take_out(error):
                return None, found
        else:
            return (None if found else loaded), found
    return None, found


@dataclass
class _Copy:
    """The files that are left, and where something was taken out of them."""

    files: dict[str, bytes]
    cut: dict[str, set[tuple[int, ...]]] = field(default_factory=dict)
    attributes: set[tuple[str, tuple[int, ...], str]] = field(default_factory=set)
    stand_ins: set[str] = field(default_factory=set)

    def is_known(self, error: BundleError) -> bool:
        """Whether the error only says that something was taken out."""
        if error.attribute:
            return (error.file, error.position, error.attribute) in self.attributes
        if error.file in self.stand_ins:
            return True
        positions = self.cut.get(error.file, set())
        return any(cut[: len(error.position)] == error.position for cut in positions)

    def take_out(self, error: BundleError) -> bool:
        """Take out what is refused; False where that can't be done."""
        if error.file not in self.files or error.file in self.stand_ins:
            return False
        if not error.element or error.file.count("/") < 2:
            return self.files.pop(error.file) is not None and error.file.count("/") > 1
        root = etree.fromstring(
            self.files[error.file], etree.XMLParser(remove_comments=True, remove_pis=True)
        )
        known = self.is_known(error)
        self.cut.setdefault(error.file, set()).add(error.position)
        node = root
        for index in error.position:
            node = node[index]
        if error.attribute and error.attribute in node.attrib:
            del node.attrib[error.attribute]
            self.attributes.add((error.file, error.position, error.attribute))
        elif (parent := node.getparent()) is None or known:
            return self._stand_in(error.file, root)
        else:
            parent.remove(node)
        self.files[error.file] = etree.tostring(root)
        return True

    def _stand_in(self, file: str, root: etree._Element) -> bool:
        name = root.get("name")
        folder = file.split("/")[1]
        text = _STAND_INS.get(str(root.tag), _STAND_INS.get(folder))
        if not name or text is None:
            return self.files.pop(file) is not None
        escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        self.files[file] = text.format(escaped, len(self.stand_ins)).encode()
        self.stand_ins.add(file)
        return True
