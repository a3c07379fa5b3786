"""The documents under `docs/`: their tables and their commands, as a reader copies them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_HERE_DOCUMENT = re.compile(r"<<'(\w+)'\n.*?^\1$", re.MULTILINE | re.DOTALL)
# `$(…)`, with parentheses in it up to three deep.
_SUBSTITUTION = re.compile(r"\$\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\)")
_ASSIGNMENT = re.compile(r"[A-Z_]+=")
_ENDS_COMMAND = {"&&", "||", "|", ";", "do", "done", ">", ">>", "in", "#"}


def text(name: str) -> str:
    """A document's text; `README` is the repository's."""
    folder = DOCS.parent if name == "README" else DOCS
    return (folder / f"{name}.md").read_text("utf-8")


def table(name: str, heading: str) -> list[list[str]]:
    """The cells of the first table behind a heading (or any line), without its own headings."""
    lines = text(name).partition(f"\n{heading}")[2].splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("|---"))
    rows = []
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def code(cell: str) -> list[str]:
    """What stands as code in a cell."""
    return re.findall(r"`([^`]+)`", cell)


def blocks(name: str, language: str) -> list[str]:
    """A document's blocks in one language."""
    return [block for fence, block in _FENCE.findall(text(name)) if fence == language]


def _lines(block: str) -> list[str]:
    """A shell block's lines, those that go on joined, without what a command is given to read."""
    return _HERE_DOCUMENT.sub("", block).replace("\\\n", " ").splitlines()


def commands(name: str, program: str) -> list[list[str]]:
    """The words of every command of a program in a document's shell blocks and in its text."""
    prose = _FENCE.sub("", text(name))
    spans = [span for span in re.findall(r"`([^`\n]+)`", prose) if span.startswith(program)]
    lines = [line for block in blocks(name, "sh") for line in _lines(block)]
    return [found for line in (*lines, *spans) for found in _of(program.split(), _words(line))]


def _words(line: str) -> list[str]:
    """A line's words, as the shell splits them; what it substitutes counts as one."""
    return shlex.split(_SUBSTITUTION.sub("SUBSTITUTED", line), comments=True)


def _of(program: list[str], words: list[str]) -> list[list[str]]:
    found, size = [], len(program)
    for at in range(len(words)):
        # Behind a variable that is set for it, too.
        starts = at == 0 or words[at - 1] in _ENDS_COMMAND or _ASSIGNMENT.match(words[at - 1])
        if starts and words[at : at + size] == program:
            rest = words[at + size :]
            end = next((i for i, word in enumerate(rest) if word in _ENDS_COMMAND), len(rest))
            found += [rest[:end]] if end else []
    return found
