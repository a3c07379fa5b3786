"""Property sets: the `.properties` files of a bundle, read by `propertyset.SET.KEY`.

Apigee documentation, "Using property sets"; the format is Java's ("Class Properties", `load`).
"""

from __future__ import annotations

import re

from sandbox.gateway.markup import BundleError

_FOLDER = "apiproxy/resources/properties/"
_NAME = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_CONTINUED = re.compile(r"(?<!\\)(?:\\\\)*\\$")
_PAIR = re.compile(r"\s*((?:\\.|[^\s:=\\])*)[ \t\f]*[:=]?[ \t\f]*(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_LETTERS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def read_property_sets(files: dict[str, bytes]) -> dict[str, dict[str, str]]:
    """The properties of each set among a proxy's files. Raises BundleError."""
    return {
        _set_name(file): _properties(file, content)
        for file, content in files.items()
        if file.startswith(_FOLDER)
    }


def is_property_set(file: str) -> bool:
    """Whether the file's place and name are a property set's."""
    return file.startswith(_FOLDER) and file.endswith(".properties") and file.count("/") == 3


def _set_name(file: str) -> str:
    name = file[len(_FOLDER) : -len(".properties")]
    if not _NAME.fullmatch(name):
        raise BundleError(file, "", "a property set's name has letters, digits, - and _ only")
    return name


def _properties(file: str, content: bytes) -> dict[str, str]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise BundleError(file, "", f"not UTF-8 text: {error}") from error
    found: dict[str, str] = {}
    lines = iter(re.split(r"\r\n|\r|\n", text))
    for line in lines:
        logical = line.lstrip(" \t\f")
        if not logical or logical[0] in "#!":
            continue
        while _CONTINUED.search(logical):
            logical = logical[:-1] + next(lines, "").lstrip(" \t\f")
        match = _PAIR.fullmatch(logical)
        if match is not None:
            found[_unescaped(match[1])] = _unescaped(match[2])
    return found


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _character(match[1]), text)


def _character(escape: str) -> str:
    return chr(int(escape[1:], 16)) if len(escape) == 5 else _LETTERS.get(escape, escape)
