"""Variables that a sample's shell scripts set to fixed texts, so that its requests can be read.

No script is run: an assignment counts where its value is text, the gateway's host, or made of other
variables that count.
"""

from __future__ import annotations

import re
from pathlib import Path

from sandbox.trial.stage import HOST

_ASSIGNED = re.compile(
    r"^[ \t]*(?:export[ \t]+)?([A-Z][A-Z0-9_]*)=(\"[^\"`\n]*\"|'[^'$`\n]*'|[^\"'`\s;&|]*)[ \t]*$",
    re.MULTILINE,
)
_USED = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")
_HOSTS = ("APIGEE_HOST", "RUNTIME_HOST_ALIAS")


def read_settings(folder: Path) -> dict[str, str]:
    """The variables of a sample by name; the gateway's host is among them."""
    known = dict.fromkeys(_HOSTS, HOST)
    assigned: list[tuple[str, str]] = []
    for file in sorted(folder.rglob("*.sh")):
        for name, value in _ASSIGNED.findall(file.read_text(errors="replace")):
            assigned.append((name, value.strip("\"'")))
    for _ in range(3):
        for name, value in assigned:
            filled = fill(value, known)
            if value and not set("$<") & set(filled):
                known.setdefault(name, filled)
    return known


def fill(text: str, known: dict[str, str]) -> str:
    """The text with known variables' values; others stay as they are."""
    return _USED.sub(lambda match: known.get(match[1] or match[2], match[0]), text)


def missing(text: str) -> list[str]:
    """The names of variables that the text still has."""
    return [match[1] or match[2] for match in _USED.finditer(text)]
