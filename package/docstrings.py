"""What the components' docstrings say, in the schema's words: `vaultId` for `vault_id`.

They have sections in Google's style: a line such as `Attributes:`, then indented entries
`name: text`, or `name, name: text` where one text describes several.
"""

import inspect
import re

_SECTION = re.compile(r"(Arguments|Attributes|Example|Raises):")
_ENTRY = re.compile(r" {4}(\w+(?:, \w+)*): (.+)")
_NAME = re.compile(r"(?<=`)[a-z]+(?:_[a-z]+)+(?=`)")


def camel(name: str) -> str:
    """A name in Python as the schema has it: `vault_id` as `vaultId`."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def summary(documented: type) -> str:
    """What comes before the first section."""
    lines = _lines(documented)
    end = next((at for at, line in enumerate(lines) if _SECTION.fullmatch(line)), len(lines))
    return "\n".join(lines[:end]).strip()


def entries(documented: type, section: str) -> dict[str, str]:
    """The texts of a section's entries, each on one line, by name; none without that section."""
    texts: dict[str, str] = {}
    inside, names = False, list[str]()
    for line in _lines(documented):
        if _SECTION.fullmatch(line):
            inside, names = line == f"{section}:", []
        elif inside and (found := _ENTRY.fullmatch(line)):
            names = found[1].split(", ")
            texts |= dict.fromkeys(names, found[2])
        elif inside and line.strip():
            texts |= {name: f"{texts[name]} {line.strip()}" for name in names}
    return texts


def _lines(documented: type) -> list[str]:
    text = inspect.cleandoc(documented.__doc__ or "")
    return _NAME.sub(lambda name: camel(name[0]), text).splitlines()
